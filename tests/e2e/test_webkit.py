"""In the engine of every iPhone a visitor is asked, trackers are held, and a choice counts: by keyboard alone."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.guarded import collector
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Recorder, Reply
from tests.support.services import ACME
from tests.support.webkit import WebKitPage, webkit_driver

pytestmark = [pytest.mark.browser, pytest.mark.long]

PAGE = """<!doctype html><html><head><title>Shop</title>
<script>var errors = []; addEventListener('error', (event) => errors.push(event.message ?? event.target.src), true);
addEventListener('unhandledrejection', (event) => errors.push(`${event.reason}`))</script>
<script src="T/a.js"></script></head><body><h1>Shop</h1><img src="/own.gif" alt=""><script>
document.cookie = 'acme_id=1'; document.cookie = 'own=1'; indexedDB.open('acme_kept');
fetch('T/called', {method: 'POST', body: 'x'}); navigator.sendBeacon('T/beacon'); new Image().src = 'T/a.gif';
var f = document.createElement('iframe'); document.body.append(f); f.contentWindow.fetch('T/frame');
document.body.insertAdjacentHTML('beforeend', '<img src="T/b.gif"><div style="background: url(T/c.gif)">a</div>');
var s = document.createElement('script'); s.src = 'T/b.js'; document.head.append(s);
new Worker(URL.createObjectURL(new Blob(["fetch('T/worker')"])));
</script></body></html>"""
SENT = {"/a.js", "/b.js", "/called", "/beacon", "/a.gif", "/b.gif", "/c.gif", "/frame"}
WORKER = """
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => event.request.mode == 'navigate' && event.respondWith(fetch(HOW)));
"""
REGISTERS = b"""<!doctype html><title>x</title><script>
navigator.serviceWorker.register(location.search.slice(1)).then(() => navigator.serviceWorker.ready)</script>"""
GIF = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
REJECT, ACCEPT = ["Tab"] * 3 + ["Enter"], ["Tab"] * 4 + ["Enter"]
"""The keys that lead from the beginning of a page to a button of the notice."""
OPEN, WITHDRAW = ["Tab", "Enter"], ["Tab", "Tab", "Enter"]
"""Those that open the control of who has agreed, and lead from there to the button that takes it back."""


@pytest.fixture(scope="module")
def tracker() -> Iterator[Recorder]:
    with collector() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def proxy(origin: Origin, data: Path, tracker: Recorder) -> Iterator[Holdback]:
    page = PAGE.replace("T/", f"http://tracker.localhost:{tracker.port}/")
    origin.pages["/"] = origin.pages["/app"] = Reply(page.encode(), lines=[HTML])
    origin.pages["/own.gif"] = Reply(b64decode(GIF), lines=[("Content-Type", "image/gif")])
    origin.pages["/start"] = Reply(REGISTERS, lines=[HTML])
    for name, how in (("passed", "event.request"), ("anew", "event.request.url")):
        worker = WORKER.replace("HOW", how).encode()
        origin.pages[f"/{name}.js"] = Reply(worker, lines=[("Content-Type", "text/javascript")])
    config = ACME.replace("tracker.test", "tracker.localhost") + 'storage = ["acme_*"]\n'
    with serving(origin.url, data, config=config) as running:
        yield running


@pytest.fixture(scope="module")
def driver() -> Iterator[str]:
    with webkit_driver() as running:
        yield running


@pytest.fixture
def page(driver: str, tracker: Recorder) -> Iterator[WebKitPage]:
    page = WebKitPage(driver)
    tracker.forget()
    yield page
    page.close()


def asked(recorder: Recorder) -> set[str]:
    return {request.path for request in recorder.requests}


def databases(page: WebKitPage) -> list[str]:
    names: list[str] = page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    return names


def ask(page: WebKitPage, url: str) -> None:
    """Go to a page, and wait for its notice."""
    page.goto(url)
    until(page.is_asked, "the notice")


def settled(page: WebKitPage) -> None:
    page.evaluate("new Promise((done) => setTimeout(done, 500))")


def test_trackers_are_held_until_the_visitor_agrees(
    page: WebKitPage, proxy: Holdback, origin: Origin, tracker: Recorder
) -> None:
    ask(page, proxy.url)
    settled(page)
    assert asked(tracker) == set()
    assert page.cookies() == {"own"}
    assert databases(page) == []
    assert "/own.gif" in asked(origin.recorder)
    page.press(*ACCEPT)
    until(lambda: asked(tracker) >= SENT, "what was held")
    assert page.cookies() == {"own", "acme_id", "hb"}
    assert not page.is_asked()
    assert page.evaluate("errors") == []
    tracker.forget()
    page.goto(proxy.url)
    until(lambda: asked(tracker) >= {*SENT, "/worker"}, "nothing is held")
    assert databases(page) == ["acme_kept"]
    assert not page.is_asked()


def test_a_refusal_holds(page: WebKitPage, proxy: Holdback, tracker: Recorder) -> None:
    ask(page, proxy.url)
    page.press(*REJECT)
    until(lambda: "hb" in page.cookies(), "the choice")
    page.goto(f"{proxy.url}/app")
    settled(page)
    assert not page.is_asked()
    assert asked(tracker) == set()
    assert page.cookies() == {"own", "hb"}
    assert page.evaluate("errors") == []


def test_a_choice_arrives_though_the_visitor_goes_on(page: WebKitPage, proxy: Holdback) -> None:
    ask(page, proxy.url)
    settled(page)
    with proxy.process.paused():
        page.press(*REJECT)
        page.evaluate("void setTimeout(() => location.assign('/app'))")
    until(lambda: page.url.endswith("/app"), "the next page")
    until(lambda: "hb" in page.cookies(), "the choice")


def test_a_withdrawal_takes_away_what_trackers_kept(
    page: WebKitPage, proxy: Holdback, tracker: Recorder
) -> None:
    ask(page, proxy.url)
    page.press(*ACCEPT)
    until(lambda: "acme_id" in page.cookies(), "the tracker's cookie")
    page.goto(f"{proxy.url}/app")
    settled(page)
    page.press(*OPEN)
    until(page.is_asked, "the open control")
    page.press(*WITHDRAW)
    until(lambda: not page.is_asked() and "acme_id" not in page.cookies(), "the withdrawal")
    settled(page)
    tracker.forget()
    page.goto(proxy.url)
    settled(page)
    assert asked(tracker) == set()
    assert page.cookies() == {"own", "hb"}


@pytest.mark.parametrize("way", ["passed", "anew"])
def test_a_page_that_a_service_worker_fetches(
    page: WebKitPage, proxy: Holdback, tracker: Recorder, way: str
) -> None:
    page.goto(f"{proxy.url}/start?/{way}.js")
    until(lambda: page.evaluate("!!navigator.serviceWorker.controller"), "the worker")
    ask(page, f"{proxy.url}/app")
    settled(page)
    assert asked(tracker) == set()
    page.press(*ACCEPT)
    until(lambda: asked(tracker) >= SENT, "what was held")
