"""What a browser shows as a page has no live tracker in it, whatever the site calls it; in Chromium and in Firefox."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page

from tests.support.chromium import chromium
from tests.support.firefox import showing
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Recorder, Reply, recording

pytestmark = pytest.mark.browser

TRACKER = "tracker.test"
CONFIG = """
[[service]]
name = "Acme"
purpose = "analytics"
hosts = ["tracker.test"]
"""
PAGE = b"""<!doctype html><html><head><title>x</title><script src="http://tracker.test/analytics.js?%b">
</script></head><body><img src="http://tracker.test/collect?%b"><img src="/seen?%b"></body></html>"""
XML = b"""<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title>
<script src="http://tracker.test/analytics.js?%b"/></head>
<body><img src="http://tracker.test/collect?%b"/><img src="/seen?%b"/></body></html>"""
DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg"><script href="http://tracker.test/analytics.js?%b"/>
<image href="http://tracker.test/collect?%b"/><image href="/seen?%b"/></svg>"""
MATH = b"""<math xmlns="http://www.w3.org/1998/Math/MathML"><script xmlns="http://www.w3.org/1999/xhtml"
src="http://tracker.test/analytics.js?%b"/><img xmlns="http://www.w3.org/1999/xhtml"
src="http://tracker.test/collect?%b"/><img xmlns="http://www.w3.org/1999/xhtml" src="/seen?%b"/></math>"""
PART = b"--x\r\nContent-Type: text/html\r\n\r\n" + PAGE + b"\r\n--x--\r\n"

CASES: dict[str, tuple[bytes, int, list[str]]] = {
    "html": (PAGE, 200, ["text/html"]),
    "none": (PAGE, 200, []),
    "empty": (PAGE, 200, [""]),
    "part": (PAGE, 206, ["text/html"]),
    "missing": (PAGE, 404, ["text/html"]),
    "unknown": (PAGE, 200, ["unknown/unknown"]),
    "application-unknown": (PAGE, 200, ["application/unknown"]),
    "star": (PAGE, 200, ["*/*"]),
    "no-slash": (PAGE, 200, ["html"]),
    "space": (PAGE, 200, ["text html"]),
    "space-before-slash": (PAGE, 200, ["text /html"]),
    "two-lines": (PAGE, 200, ["text/plain", "text/html"]),
    "two-lines-back": (PAGE, 200, ["text/html", "text/plain"]),
    "list": (PAGE, 200, ["text/plain, text/html"]),
    "list-back": (PAGE, 200, ["text/html, text/plain"]),
    "more-behind": (PAGE, 200, ["text/html text/plain"]),
    "xhtml": (XML, 200, ["application/xhtml+xml"]),
    "xml": (XML, 200, ["text/xml"]),
    "xsl": (XML, 200, ["text/xsl"]),
    "application-xml": (XML, 200, ["application/xml"]),
    "two-lines-xml": (XML, 200, ["text/plain", "application/xml"]),
    "plus-xml": (XML, 200, ["application/vnd.shop+xml"]),
    "xml-without-type": (XML, 200, []),
    "svg": (DRAWING, 200, ["image/svg+xml"]),
    "mathml": (MATH, 200, ["application/mathml+xml"]),
    "mixed": (PART, 200, ["multipart/x-mixed-replace; boundary=x"]),
    "plain": (PAGE, 200, ["text/plain"]),
    "octets": (PAGE, 200, ["application/octet-stream"]),
}
SHOWN_BY_ALL = {"html", "none", "part", "missing", "two-lines", "xhtml", "xml", "svg"}


@pytest.fixture(scope="module")
def tracker() -> Iterator[Recorder]:
    with recording(lambda _request: Reply(b"", lines=[("Content-Type", "text/javascript")])) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def site(origin: Origin) -> Origin:
    for name, (body, status, types) in CASES.items():
        mark = name.encode()
        lines = [("Content-Type", value) for value in types]
        origin.pages[f"/{name}"] = Reply(body % (mark, mark, mark), status, lines)
    return origin


@pytest.fixture(scope="module")
def proxy(origin: Origin, data: Path) -> Iterator[Holdback]:
    with serving(origin.url, data, config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tracker: Recorder) -> Iterator[Browser]:
    with chromium({TRACKER: f"127.0.0.1:{tracker.port}"}) as running:
        yield running


def visit(page: Page, address: str) -> None:
    with suppress(Error):  # a download is no page
        page.goto(address, wait_until="load")
    page.wait_for_timeout(150)


def asked(tracker: Recorder, name: str) -> bool:
    return any(request.target.endswith(f"?{name}") for request in list(tracker.requests))


def test_nothing_is_asked_of_a_tracker_in_chromium(
    browser: Browser, site: Origin, proxy: Holdback, tracker: Recorder
) -> None:
    def through(base: str) -> set[str]:
        tracker.forget()
        page = browser.new_context().new_page()
        for name in CASES:
            visit(page, f"{base}/{name}")
        page.context.close()
        return {name for name in CASES if asked(tracker, name)}

    assert through(site.url) >= SHOWN_BY_ALL
    assert through(proxy.url) == set()


def test_nothing_is_asked_of_a_tracker_in_firefox(
    site: Origin, proxy: Holdback, tracker: Recorder, tmp_path: Path
) -> None:
    def through(base: str, folder: str) -> set[str]:
        tracker.forget()
        site.recorder.forget()
        with showing([f"{base}/{name}" for name in CASES], tmp_path / folder, tracker.port):
            # Each page asks for a picture of the site's own behind the tracker's.
            until(
                lambda: all(site.recorder.received(f"/seen?{name}") for name in SHOWN_BY_ALL),
                "the pages' own pictures",
                30,
            )
        return {name for name in CASES if asked(tracker, name)}

    assert through(site.url, "direct") >= SHOWN_BY_ALL
    assert through(proxy.url, "held") == set()


WORKER = b"""self.addEventListener('install', () => skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('fetch', (event) => { if (event.request.mode === 'navigate') event.respondWith(%b) });"""
KEPT = b"""caches.open('v').then((cache) => cache.match(event.request.url).then((found) => found
    ?? cache.add(event.request.url).then(() => cache.match(event.request.url))))"""
APP = b"""<!doctype html><html><head><meta charset=utf-8><title>app</title></head><body><h1>app</h1><script>
var s = document.createElement('script'); s.src = 'http://track' + 'er.test/analytics.js?%b';
document.head.append(s);
new Image().src = 'http://track' + 'er.test/collect?%b';
navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)
  .then(() => { document.title = 'ready' });
</script></body></html>"""


@pytest.mark.parametrize("answers", [b"fetch(event.request)", KEPT], ids=["network first", "from a cache"])
def test_a_page_that_a_service_worker_answers_with_holds_trackers(
    browser: Browser, origin: Origin, proxy: Holdback, tracker: Recorder, answers: bytes
) -> None:
    origin.pages["/worker.js"] = Reply(WORKER % answers, lines=[("Content-Type", "text/javascript")])
    for name in ("one", "two"):
        origin.pages[f"/{name}"] = Reply(APP % (name.encode(), name.encode()), lines=[HTML])
    tracker.forget()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{proxy.url}/one")
    page.wait_for_function("document.title == 'ready' && navigator.serviceWorker.controller")
    origin.recorder.forget()
    page.goto(f"{proxy.url}/two")
    page.wait_for_timeout(500)
    told = origin.recorder.received("/two")[0]
    assert told.get("sec-fetch-dest") == "empty"
    assert page.locator("h1").inner_text() == "app"
    if answers != KEPT:
        assert page.locator("hb-notice").count() == 1
    context.close()
    assert [str(request) for request in tracker.requests] == []
