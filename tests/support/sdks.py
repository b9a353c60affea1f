"""The real SDKs of six analytics services on a small shop's page, set up in the three ways that sites use.

The scripts come from npm (``tests/sdks``). One server stands for the shop, one for every other host; both keep what
they received, and answer an SDK's calls as its service does.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

from .origin import HTML
from .recording import Recorder, Reply, Request, recording

MODULES = Path(__file__).parents[1] / "sdks" / "node_modules"
SCRIPTS = {
    "posthog": "posthog-js/dist/array.full.no-external.js",
    "mixpanel": "mixpanel-browser/dist/mixpanel.umd.js",
    "amplitude": "@amplitude/analytics-browser/lib/scripts/amplitude-min.umd.js",
    "segment": "@segment/analytics-next/dist/umd/index.js",
    "snowplow": "@snowplow/browser-tracker/dist/index.umd.min.js",
    "plausible": "@plausible-analytics/tracker/plausible.js",
}
SERVICES = tuple(SCRIPTS)
PATHS = {"snowplow": "/com.snowplowanalytics.snowplow/"}
"""What tells a service's calls from others on the same host, where its SDK can't be given a path."""
LEFT_BEHIND = (
    "ph_",
    "__ph",
    "mp_",
    "__mp",
    "AMP_",
    "ajs_",
    "_sp_",
    "snowplow",
    "persisted-queue:",
    "_ga",
    "_gid",
)
"""How the names of what they keep in a browser begin, and two cookies that the shop itself sets for a tracker."""

_START = """
posthog.init('phc_holdbacktest', {api_host: '%(posthog)s', opt_out_useragent_filter: true,
  request_batching: false, disable_session_recording: true});
mixpanel.init('holdbacktest', {api_host: '%(mixpanel)s', track_pageview: true, batch_requests: false});
amplitude.init('holdbacktest', {serverUrl: '%(amplitude)s/2/httpapi', flushIntervalMillis: 10});
window.segment = AnalyticsNext.AnalyticsBrowser.load({writeKey: 'holdbacktest',
  cdnSettings: {integrations: {'Segment.io': {apiKey: 'holdbacktest', apiHost: '%(segment)s/v1'.split('://')[1],
  protocol: '%(segment)s'.split('://')[0]}}}});
segment.page();
window.snowplow = snowplowBrowserTracking;
snowplow.newTracker('sp', '%(snowplow)s', {appId: 'shop', cookieSecure: false});
snowplow.trackPageView();
"""
_START_PLAUSIBLE = """
import {init, track} from './plausible.script.js';
window.__plausible = true;
window.plausibleTrack = track;
init({domain: 'shop.test', endpoint: '%(plausible)s/api/event'});
"""
_BUY = """
window.buy = () => {
  posthog.capture('bought'); mixpanel.track('bought'); amplitude.track('bought'); segment.track('bought');
  snowplow.trackStructEvent({category: 'shop', action: 'bought'}); plausibleTrack('bought', {});
};
"""


@dataclass(frozen=True)
class Setup:
    """One way of setting up: the page's body, and where each service's collector is."""

    page: bytes
    collectors: Mapping[str, str]

    def calls(self, recorder: Recorder, service: str) -> list[Request]:
        """The calls to *service* that *recorder* received, its scripts not counted."""
        place = self.collectors[service].split("://", 1)[-1] + PATHS.get(service, "")
        return [request for request in recorder.received(place) if not request.path.endswith(".script.js")]


def bundled(collectors: Mapping[str, str]) -> Setup:
    """The SDKs are part of the shop's own bundle: nothing in the markup gives them away."""
    page = _page("/static", '<script src="/static/start.script.js"></script>')
    return Setup(page, collectors)


def by_vendor(hosts: Mapping[str, str]) -> Setup:
    """Each script comes from its vendor's host; the page starts it inline, as their instructions say."""
    page = _page("", f"<script>{_START % hosts}</script>", hosts)
    return Setup(page, hosts)


def _page(folder: str, start: str, hosts: Mapping[str, str] | None = None) -> bytes:
    sources = {name: f"{hosts[name] if hosts else folder}/{name}.script.js" for name in SERVICES}
    scripts = [f'<script src="{source}"></script>' for name, source in sources.items() if name != "plausible"]
    module = sources["plausible"].replace("plausible.script", "plausible-start.script")
    scripts += [start, f'<script type="module" src="{module}"></script>', f"<script>{_BUY}</script>"]
    return f"<!doctype html><head><title>Shop</title>{''.join(scripts)}</head><body><h1>Shop</h1></body>".encode()


@dataclass
class Stage:
    """The shop and the rest of the internet, with the set-up that is played."""

    shop: Recorder
    internet: Recorder
    setup: Setup | None = None

    @property
    def played(self) -> Setup:
        """The set-up."""
        assert self.setup is not None
        return self.setup

    def calls(self, service: str) -> list[Request]:
        """Every call to *service*, wherever its collector is."""
        return self.played.calls(self.shop, service) + self.played.calls(self.internet, service)

    def forget(self) -> None:
        """Begin again with nothing received."""
        self.shop.forget()
        self.internet.forget()


@contextmanager
def stage(tls: SSLContext | None = None) -> Iterator[Stage]:
    """A shop, and a server for all other hosts (with *tls* if given), until the block ends."""
    current: list[Stage] = []

    def shop(request: Request) -> Reply:
        if request.path == "/":
            lines = [HTML, *(("Set-Cookie", line) for line in SET_BY_THE_SHOP)]
            return Reply(current[0].played.page, lines=lines)
        return internet(request)

    def internet(request: Request) -> Reply:
        cors = [
            ("Access-Control-Allow-Origin", request.get("origin") or "*"),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Headers", request.get("access-control-request-headers") or "*"),
            ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ]
        if request.method == "OPTIONS":
            return Reply(status=204, lines=cors)
        kind, body = _answer(request, current[0].played)
        return Reply(body, lines=[("Content-Type", kind), *cors])

    with recording(shop) as own, recording(internet, tls=tls) as others:
        current.append(Stage(own, others))
        yield current[0]


SET_BY_THE_SHOP = (
    "sessionid=s3cr3t; Path=/; HttpOnly",
    "_ga=GA1.1; Path=/; HttpOnly; Max-Age=99999",
    "_gid=GA1.2; Path=/; Domain=shop.test; Max-Age=99999",
)


def _answer(request: Request, setup: Setup) -> tuple[str, bytes]:
    if request.path.endswith(".script.js"):
        return "text/javascript", _script(request.path.rsplit("/", 1)[-1].removesuffix(".script.js"), setup)
    if request.path.endswith("/2/httpapi"):
        answer = {"code": 200, "events_ingested": 1, "payload_size_bytes": 1, "server_upload_time": 1}
        return "application/json", json.dumps(answer).encode()
    if "/flags" in request.path:
        return "application/json", b'{"flags": {}, "errorsWhileComputingFlags": false, "requestId": "1"}'
    if "/track" in request.path:
        return "application/json", b'{"error": null, "status": 1}'
    return "application/json", b'{"success": true, "status": "Ok"}'


def _script(name: str, setup: Setup) -> bytes:
    if name == "start":
        return (_START % setup.collectors).encode()
    if name == "plausible-start":
        return (_START_PLAUSIBLE % setup.collectors).encode()
    return (MODULES / SCRIPTS[name]).read_bytes()
