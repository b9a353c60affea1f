"""The site: pages with every route, and the files by which they start. It holds nothing back itself."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.recording import Recorder, Reply, Request, recording

from .table import EVERY, ROUTES, SCRIPTS, SITE, Route

TRACKER = "tracker.test"
PAGES = ("markup", "documents", "script", "alone")
"""The pages of a visit; ``/without`` is for a visitor without JavaScript."""
HTML = ("Content-Type", "text/html; charset=utf-8")
SCRIPT = ("Content-Type", "text/javascript")
_OWN = {
    "html": (HTML[1], b"<!doctype html><title>own</title><p>own"),
    "gif": ("image/gif", b"GIF89a\x01\0\x01\0\0\0\0;"),
    "json": ("application/json", b"{}"),
    "svg": ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "txt": ("text/plain", b"own"),
    "mp4": ("video/mp4", b""),
}
_BARRIER = """
addEventListener('load', async () => {
  const settled = self.pending ?? [];
  await Promise.race([Promise.all(settled), new Promise((done) => setTimeout(done, 1500))]);
  new Worker('/barring.js?%(page)s');
});
"""
# Where the workers of the routes are, the page's last request comes from, a worker in a worker.
_BARRING = "new Worker('/barred.js' + location.search)"
_BARRED = "setTimeout(() => fetch('/barrier/' + location.search.slice(1)), 300)"
_CLONING = """{
  const [, id] = document.currentScript.src.split('?');
  document.body.append(document.getElementById(id).content.cloneNode(true));
}"""
_SUBMITTING = """{
  const found = document.getElementById(document.currentScript.src.split('?')[1]);
  const button = found.querySelector?.('button');
  if (button) button.click();
  else if (found.submit) found.submit();
  else found.click();
}"""


@dataclass
class RouteSite:
    """A running site. *port* is the tracker's own, *ports* are those that single routes have there."""

    port: int
    ports: Mapping[str, int]
    recorder: Recorder = field(default_factory=lambda: Recorder(0))

    def arrived(self) -> set[str]:
        """The names of the routes that reached the held path of the site itself."""
        found = (
            re.match(r"/acme/(?:collect|%63ollect)/([a-z0-9-]+)", r.path)
            for r in list(self.recorder.requests)
        )
        return {match[1] for match in found if match}

    def answer(self, request: Request) -> Reply:
        """One request."""
        first, _, rest = request.path.lstrip("/").partition("/")
        name = re.split(r"[.]", rest)[0]
        if request.path == "/":
            return _page("<p>A quiet page")
        if first in (*PAGES, "without") and not rest:
            return _page(self._page(first))
        if first == "alone":
            return _page(self._scripts([ROUTES[rest].place], only=rest))
        if first == "document":
            return self._document(ROUTES[rest])
        if first == "site":
            return self._script(rest)
        if first == "set-cookie":
            return Reply(
                b"", 204, [("Set-Cookie", f"acme_{name.removeprefix('acme_')}=1; Path=/; Max-Age=9999")]
            )
        if first == "redirect":
            return Reply(b"", 302, [("Location", self._at(rest))])
        generated = self._generated(first, name)
        if generated is not None:
            return generated
        found = re.match(r"own\.(\w+)$", first)
        if found:
            kind, body = _OWN[found[1]]
            return Reply(body, lines=[("Content-Type", kind)])
        return Reply(b"nothing here", 404, [("Content-Type", "text/plain")])

    def _at(self, name: str) -> str:
        return f"http://{TRACKER}/r/{name}"

    def _generated(self, first: str, name: str) -> Reply | None:
        """Files of the site that are written for one route."""
        at = self._at(name)
        joined = f"[{', '.join(map(json.dumps, re.findall('.{1,9}', at)))}].join('')"
        key = json.dumps(name)
        scripts = {
            "worker": f"fetch({joined}, {{mode: 'no-cors'}})",
            "importing": f"importScripts({joined} + '.js')",
            "module": f"import {json.dumps(at + '.js')}",
            "nesting": f"new Worker('/worker/{name}.js')",
            "baking": f"cookieStore.set({key}, '1')",
            "storing": f"indexedDB.open({key})",
            "messages.js": "onmessage = ({data}) => fetch(data)",
            "barring.js": _BARRING,
            "barred.js": _BARRED,
            "cloning.js": _CLONING,
            "submitting.js": _SUBMITTING,
        }
        if first in scripts:
            return Reply(scripts[first].encode(), lines=[SCRIPT, ("Service-Worker-Allowed", "/")])
        if first == "fragment":
            return Reply(f'<img src="{at}.gif" alt="">'.encode(), lines=[HTML])
        if first == "style":
            return Reply(
                f"body {{ background: url({at}.gif) }}".encode(), lines=[("Content-Type", "text/css")]
            )
        if first == "picture":
            text = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{at}.gif"/></svg>'
            return Reply(text.encode(), lines=[("Content-Type", "image/svg+xml")])
        return None

    def _script(self, file: str) -> Reply:
        if not file.startswith("barrier-"):
            text = (SITE / file).read_text("utf-8")
            if file == "runtime.js":
                text = (
                    f"self.collectorPort = {self.port}; self.ports = {json.dumps(dict(self.ports))};\n{text}"
                )
            return Reply(text.encode(), lines=[SCRIPT])
        page = file.removeprefix("barrier-").removesuffix(".js")
        return Reply((_BARRIER % {"page": page}).encode(), lines=[SCRIPT])

    def _page(self, page: str) -> str:
        barrier = f'<script src="/site/barrier-{page}.js"></script>'
        if page == "script":
            return self._scripts(SCRIPTS) + barrier
        if page == "alone":
            frames = (f"/alone/{route.name}" for route in EVERY if route.alone)
        elif page == "documents":
            frames = (f"/document/{route.name}" for route in EVERY if route.place == "document")
        else:
            place = "noscript" if page == "without" else page
            return "\n".join(self._filled(route) for route in EVERY if route.place == place) + barrier
        return "".join(f'<iframe src="{frame}"></iframe>' for frame in frames) + barrier

    def _scripts(self, files: "list[str] | tuple[str, ...]", only: str = "") -> str:
        runtime = f'<script src="/site/runtime.js" data-only="{only}"></script>'
        return runtime + "".join(f'<script src="/site/{file}.js"></script>' for file in files)

    def _filled(self, route: Route) -> str:
        text = route.code.replace("{at}", self._at(route.name)).replace("{port}", str(self.port))
        return text.replace("{own-port}", str(self.ports.get(route.name, 0)))

    def _document(self, route: Route) -> Reply:
        name, _, value = route.more.partition(": ")
        line = [(name, value.replace("{at}", self._at(route.name)))] if name else []
        kind = [] if name == "Content-Type" else [HTML]
        body = self._filled(route)
        if name != "Content-Type" or "html;" in value:
            body = f"<!doctype html>{body}"
        return Reply(body.encode("utf-16le" if "utf-16" in value else "utf-8"), lines=[*kind, *line])


def _page(body: str) -> Reply:
    return Reply(f"<!doctype html><html><head><title>Shop</title></head><body>{body}".encode(), lines=[HTML])


@contextmanager
def site_of_routes(port: int, ports: Mapping[str, int]) -> Iterator[RouteSite]:
    """Run the site until the block ends."""
    site = RouteSite(port, ports)
    with recording(lambda request: site.answer(request)) as site.recorder:
        yield site
