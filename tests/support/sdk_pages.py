"""Real SDKs, as npm has them, on one page each: the owner's set-up code, and how to make them send something.

Each lies on the site's own host, as bundlers put it there, so that no rule of markup can stop it: what is held is held
by what it does.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "sdks"


@dataclass(frozen=True)
class Sdk:
    """One SDK.

    In *setup*, ``HOST`` stands for the collector's origin; *send* makes it report an event called ``hello``; *vendor*
    is the host that it calls by itself where ``HOST`` is not set; *sent* is in the path of what it posts; a *module* is
    imported under that name.
    """

    service: str
    file: str
    setup: str
    send: str
    vendor: str
    sent: tuple[str, ...]
    cookies: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    module: str = ""

    @property
    def code(self) -> bytes:
        """The SDK's file."""
        return (FOLDER / "node_modules" / self.file).read_bytes()

    def page(self, host: str) -> str:
        """A page that loads it and sends one event at once; ``again()`` sends another."""
        code = f"{self.setup.replace('HOST', json.dumps(host))};{self.send};window.again = () => {self.send}"
        if self.module:
            return f'<script type="module">import * as {self.module} from "/sdk/{self.service}.js";{code}</script>'
        return f'<script src="/sdk/{self.service}.js"></script><script>{code}</script>'


SDKS = {
    sdk.service: sdk
    for sdk in (
        Sdk(
            "posthog",
            "posthog-js/dist/array.full.no-external.js",
            "posthog.init('phc_test', {api_host: HOST, ui_host: HOST, request_batching: true,"
            " disable_session_recording: true, advanced_disable_decide: false})",
            "posthog.capture('hello')",
            "https://us.i.posthog.com",
            ("/e/", "/i/v0/e/"),
            ("ph_*", "dmn_chk_*"),
            ("ph_*", "__ph_*"),
        ),
        Sdk(
            "mixpanel",
            "mixpanel-browser/dist/mixpanel.umd.js",
            "mixpanel.init('0123456789abcdef0123456789abcdef', {api_host: HOST, batch_flush_interval_ms: 300})",
            "mixpanel.track('hello')",
            "https://api-js.mixpanel.com",
            ("/track/",),
            ("mp_*",),
            ("__mp*", "mp_*", "mixpanelBrowserDb"),
        ),
        Sdk(
            "amplitude",
            "@amplitude/analytics-browser/lib/scripts/amplitude-min.umd.js",
            "amplitude.init('0123456789abcdef0123456789abcdef', {serverUrl: HOST + '/2/httpapi',"
            " flushIntervalMillis: 200, fetchRemoteConfig: false, autocapture: false})",
            "amplitude.track('hello')",
            "https://api2.amplitude.com",
            ("/2/httpapi",),
            ("AMP_*",),
            ("AMP_*",),
        ),
        Sdk(
            "segment",
            "@segment/analytics-next/dist/umd/index.js",
            "var analytics = AnalyticsNext.AnalyticsBrowser.load({writeKey: 'k', cdnURL: HOST},"
            " {integrations: {'Segment.io': {apiHost: HOST.replace(/^https?:../, '') + '/v1',"
            " protocol: HOST.split(':')[0]}}})",
            "analytics.track('hello')",
            "https://api.segment.io",
            ("/v1/t",),
            ("ajs_*",),
            ("ajs_*",),
        ),
        Sdk(
            "snowplow",
            "@snowplow/browser-tracker/dist/index.umd.min.js",
            "var snowplow = snowplowBrowserTracking; snowplow.newTracker('sp', HOST, {appId: 'shop'})",
            "snowplow.trackSelfDescribingEvent({event: {schema: 'iglu:com.acme/hello/jsonschema/1-0-0', data: {}}})",
            "https://collector.snowplow.io",
            ("/com.snowplowanalytics.snowplow/tp2",),
            ("_sp_*",),
            ("snowplowOutQueue_*",),
        ),
        Sdk(
            "plausible",
            "@plausible-analytics/tracker/plausible.js",
            "plausible.init({domain: 'shop.test', endpoint: HOST + '/api/event', autoCapturePageviews: false,"
            " captureOnLocalhost: true})",
            "plausible.track('hello', {})",
            "https://plausible.io",
            ("/api/event",),
            module="plausible",
        ),
    )
}


def installed() -> bool:
    """Whether the SDKs are there; where npm is, they are installed first (``make test`` does the same)."""
    if not (FOLDER / "node_modules").is_dir() and (npm := shutil.which("npm")):
        subprocess.run([npm, "ci", "--silent"], cwd=FOLDER, check=True)
    return (FOLDER / "node_modules").is_dir()
