"""A site whose pages carry the guard as the proxy would put it there, with the notice, and an endpoint for choices.

The proxy's own part is as small as can be: what is in the page comes from ``banner``, who the visitor is from one
cookie. A test that only uses ``url``, ``pages`` and ``files`` runs just as well against a proxied address.
"""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from urllib.parse import parse_qs

from holdback.banner.guard.config import GuardConfig, guard_file, guard_script, guard_tag
from holdback.banner.notice.notice import STYLE
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.rules.model import ASKED, Purpose, Regime, Released, Service

from .listing import notices_of_all
from .recording import Recorder, Reply, Request, recording
from .services import Rules

PREFIX = "/_hb"
HELD_FILE, RELEASED_FILE = f"{PREFIX}/guard-0.js", f"{PREFIX}/guard-1.js"
TRACKER = Service(
    "acme",
    "Acme Metrics",
    Purpose.ANALYTICS,
    hosts=("tracker.test", "*.acme.example", "mixed.test/held"),
    paths=("/acme/collect", "*/2/httpapi"),
    cookies=("acme_*", "_acme"),
    storage=("acme:*", "acme_db"),
)
EVERY_PURPOSE = frozenset(ASKED)


@dataclass(frozen=True)
class Facts:
    """What the guard is told."""

    services: tuple[Service, ...]
    granted: tuple[str, ...] = ()
    counts: bool = False
    free_cookies: tuple[str, ...] = ()
    free_storage: tuple[str, ...] = ()


@dataclass
class Site:
    """A running site. ``pages`` and ``files`` map paths to what lies there."""

    services: Sequence[Service]
    pages: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    external: bool = False
    whole: bool = False
    policy: str = ""
    guarded: bool = True
    recorder: Recorder = field(default_factory=lambda: Recorder(0))

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self.recorder.port

    def url(self, path: str = "/", host: str = "shop.test") -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    def received(self, part: str) -> list[str]:
        """Bodies of the requests that contain *part*."""
        return [request.body.decode("latin-1") for request in self.recorder.received(part)]

    def answer(self, request: Request) -> Reply:
        """Serve a page, a file, or what lies under the prefix."""
        released = self._released(request)
        html = ("Content-Type", "text/html; charset=utf-8")
        if request.path == f"{PREFIX}/choice":
            return self._choice(request)
        if request.path == f"{PREFIX}/choices":
            return _json(self._state(request, released))
        if request.path == f"{PREFIX}/guard.js":
            return Reply(guard_script(self._config(released)), lines=[("Content-Type", "text/javascript")])
        if request.path in {HELD_FILE, RELEASED_FILE}:
            config = self._config(self._all() if request.path == RELEASED_FILE else Released())
            return Reply(guard_file(config, STYLE), lines=[("Content-Type", "text/javascript")])
        if request.path in self.files:
            kind, body = self.files[request.path]
            return Reply(body, lines=[("Content-Type", kind)])
        if request.path in self.pages:
            policy = [("Content-Security-Policy", self.policy)] if self.policy else []
            return Reply(
                self._page(request, released), lines=[html, *policy, ("Cache-Control", "private, no-cache")]
            )
        return Reply(b"", 404 if request.method == "GET" else 204)

    def _page(self, request: Request, released: Released) -> bytes:
        markup = self.pages[request.path]
        markup = live(markup) if released.services or not self.guarded else inert(markup, self._names())
        if not self.guarded:
            return markup.encode()
        nonce = match[1] if (match := re.search(r"'nonce-([^']+)'", self.policy)) else None
        file = RELEASED_FILE if released.services else HELD_FILE
        head = guard_tag(self._config(released), nonce=nonce, file=file, outline=not self.whole)
        if self.external:
            head = f'<script src="{PREFIX}/guard.js"></script>'.encode()
        notice = b"" if "frame" in request.get("sec-fetch-dest") else self._notice(request, released, nonce)
        return b"<!doctype html><html><head>" + head + b"</head><body>" + notice + markup.encode()

    def _names(self) -> str:
        """What the services' scripts define, as a held one says it."""
        return " ".join(
            f"{service.id}={','.join(service.globals)}" for service in self.services if service.globals
        )

    def _notice(self, request: Request, released: Released, nonce: str | None) -> bytes:
        notices = notices_of_all(SiteInfo("Shop"), Rules({service.id: service for service in self.services}))
        return notices.pick("en", Regime.OPT_IN, False, request.host).fragment(
            action=f"http://{request.host}{PREFIX}/choice",
            token="token",
            state=released,
            open=_answered(request) is None,
            nonce=nonce,
        )

    def _config(self, released: Released) -> GuardConfig:
        held = tuple(service for service in self.services if not released.allows(service))
        told = released.services and any("gtag" in service.globals for service in self.services)
        granted = tuple(purpose.value for purpose in EVERY_PURPOSE) if told else ()
        return GuardConfig(PREFIX, Facts(held, granted))

    def _released(self, request: Request) -> Released:
        if _answered(request) == "all":
            return self._all()
        return Released()

    def _all(self) -> Released:
        return Released(EVERY_PURPOSE, frozenset(service.id for service in self.services))

    def _choice(self, request: Request) -> Reply:
        action = parse_qs(request.body.decode())["action"][0]
        answered = "all" if action == "accept-all" else "none"
        cookie = ("Set-Cookie", f"hb={answered}; Path=/; HttpOnly; SameSite=Lax")
        request.headers.append(("cookie", f"hb={answered}"))
        if "json" not in request.get("accept"):
            return Reply(b"", 303, [cookie, ("Location", request.get("referer"))])
        return _json(self._state(request, self._released(request)), cookie)

    def _state(self, request: Request, released: Released) -> object:
        status = "all" if released.services else "none"
        return {
            "state": {"purposes": sorted(released.purposes), "status": status, "label": f"stands: {status}"},
            "released": sorted(released.services),
            "guard": self._config(released).value(),
            "reload": False,
        }


def inert(markup: str, names: str = "") -> str:
    """What the rewriter makes of markup in which ``held:NAME="…"`` marks what is held of the test's service.

    Its scripts would have defined *names*.
    """
    markup = re.sub(r"<(\w+)([^>]*) held:([\w:-]+)=", r'<\1 data-hb="acme"\2 data-hb-\3=', markup)
    markup = markup.replace("<script held:inline", '<script data-hb="acme"')
    told = f' data-hb-names="{names}"' if names else ""
    return markup.replace('<script data-hb="acme"', f'<script data-hb="acme"{told} type="text/plain"')


def live(markup: str) -> str:
    """The same markup as the site itself sends it."""
    return re.sub(r" held:(inline)?", " ", markup)


def _answered(request: Request) -> str | None:
    found = re.findall(r"(?:^|[;,] )hb=(\w+)", request.get("cookie"))
    return found[-1] if found else None


def _json(value: object, *lines: tuple[str, str]) -> Reply:
    return Reply(json.dumps(value).encode(), lines=[("Content-Type", "application/json"), *lines])


@contextmanager
def guarded_site(*services: Service, **fields: object) -> Iterator[Site]:
    """Run a site with *services* until the block ends."""
    site = Site(services, **fields)  # type: ignore[arg-type]
    with recording(lambda request: site.answer(request)) as site.recorder:
        yield site


@contextmanager
def collector(tls: SSLContext | None = None) -> Iterator[Recorder]:
    """A tracker's server: it says thank you to everybody, from every origin."""

    def thank(request: Request) -> Reply:
        origin = request.get("origin") or "*"
        cors = [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Headers", request.get("access-control-request-headers") or "*"),
            ("Set-Cookie", "acme_server=1"),
        ]
        kind, body = _KINDS.get(re.split(r"[./]", request.path)[-1], ("application/json", b'{"status":"Ok"}'))
        return Reply(body, lines=[*cors, ("Content-Type", kind)])

    with recording(thank, tls=tls) as recorder:
        yield recorder


SETTINGS = b'{"integrations":{"Segment.io":{"apiKey":"k"}}}'
"""What Segment's library asks for before it starts."""
_KINDS = {
    "settings": ("application/json", SETTINGS),
    "js": ("text/javascript", b"(self.ran ||= []).push(document.currentScript?.src.split('/').pop())"),
    "html": ("text/html", b"<p>tracker"),
    "css": ("text/css", b"body { color: rgb(1, 2, 3) }"),
    "gif": ("image/gif", base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")),
}
