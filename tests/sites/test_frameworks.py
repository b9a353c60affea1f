"""Turbo, htmx, React and Workbox, as npm has them: pages that they drive do the same with Holdback in front as without.

Each is used as a visitor uses it, and what the page shows, what fails on its console and what the site is asked for are
compared: with Holdback before a choice, after everything was allowed and after everything was refused, and without it.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.chromium import Console
from tests.support.engines import browser_asked_for, choose
from tests.support.holdback_process import Holdback
from tests.support.processes import until
from tests.support.recording import Recorder, Reply, Request, recording
from tests.support.sdk_pages import FOLDER, installed

if TYPE_CHECKING:
    from .conftest import Put

pytestmark = [pytest.mark.site, pytest.mark.browser, pytest.mark.xdist_group("frameworks")]

HTML = ("Content-Type", "text/html; charset=utf-8")
SCRIPT = ("Content-Type", "text/javascript")
STREAM = ("Content-Type", "text/vnd.turbo-stream.html; charset=utf-8")
FILES = {
    "/turbo.js": "@hotwired/turbo/dist/turbo.es2017-umd.js",
    "/htmx.js": "htmx.org/dist/htmx.js",
    "/react.js": "react-18/umd/react.production.min.js",
    "/react-dom.js": "react-dom-18/umd/react-dom.production.min.js",
    **{
        f"/workbox/workbox-{name}.prod.js": f"workbox-{name}/build/workbox-{name}.prod.js"
        for name in ("core", "routing", "strategies", "precaching")
    },
    "/workbox/workbox-sw.js": "workbox-sw/build/workbox-sw.js",
}
_BESIDE = re.compile("/favicon[.]ico|/sw[.]js|/workbox/workbox-")
"""What a browser asks for in its own time: a worker whose guard has changed with the choice is installed anew."""
TRACKER = '<script src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>'
"""The tracker on every page: held before a choice, so the page must do without it."""


def _page(title: str, body: str, head: str) -> Reply:
    page = f"<!doctype html><html><head><title>{title}</title>{head}</head><body><h1>{title}</h1>{body}</body></html>"
    return Reply(page.encode(), lines=[HTML])


TURBO = f'<script src="/turbo.js"></script>{TRACKER}'
HTMX = f'<script src="/htmx.js"></script>{TRACKER}'
WORKBOX = f"{TRACKER}<script>navigator.serviceWorker.register('/sw.js')</script>"
REACT = """
const { createElement: e, useState } = React;
function App() {
  const [count, setCount] = useState(0);
  return e('html', null,
    e('head', null, e('title', null, 'Whole'), e('script', { async: true, src: TRACKER })),
    e('body', null, e('h1', null, 'Whole'),
      e('button', { id: 'count', onClick: () => setCount(count + 1) }, 'count ' + count)));
}
window.rendered = document.querySelector('h1');
window.wrong = [];
ReactDOM.hydrateRoot(document, e(App), { onRecoverableError: (error) => wrong.push(error.message) });
"""
"""An application makes the document whole (Remix): React 18 begins anew where it meets another's element."""
SW = """
importScripts('/workbox/workbox-sw.js');
workbox.setConfig({ debug: false, modulePathPrefix: '/workbox/' });
for (const name of ['routing', 'strategies', 'precaching']) workbox.loadModule('workbox-' + name);
workbox.precaching.precacheAndRoute([{ url: '/kept.txt', revision: '1' }]);
workbox.routing.registerRoute(({ request }) => request.mode == 'navigate', new workbox.strategies.NetworkFirst());
workbox.routing.registerRoute(/data.json/, new workbox.strategies.StaleWhileRevalidate());
self.skipWaiting();
workbox.core.clientsClaim();
"""

PAGES = {
    "/turbo/one": _page(
        "One",
        '<a id="on" href="/turbo/two">on</a><turbo-frame id="f"><a id="in" href="/turbo/framed">in</a></turbo-frame>'
        '<form id="send" method="post" action="/turbo/add"><button>add</button></form><ul id="list"></ul>',
        TURBO,
    ),
    "/turbo/two": _page("Two", '<a id="back" href="/turbo/one">back</a>', TURBO),
    "/turbo/framed": _page("Framed", '<turbo-frame id="f"><p id="within">within</p></turbo-frame>', TURBO),
    "/turbo/add": Reply(
        b'<turbo-stream action="append" target="list"><template><li>added</li></template></turbo-stream>',
        lines=[STREAM],
    ),
    "/htmx/one": _page(
        "Parts",
        '<button id="get" hx-get="/htmx/part" hx-target="#into">get</button><div id="into"></div>'
        '<form id="send" hx-post="/htmx/said" hx-target="#said"><input name="word" value="hello">'
        "<button>say</button></form>"
        '<p id="said"></p><div hx-boost="true"><a id="on" href="/htmx/two">on</a></div>',
        HTMX,
    ),
    "/htmx/two": _page("Boosted", '<p id="there">there</p>', HTMX),
    "/htmx/part": Reply(b'<p id="part">a part <script>window.ran = 1</script></p>', lines=[HTML]),
    "/react/one": Reply(
        f"<!doctype html><html><head><title>Whole</title>{TRACKER.replace(' src', ' async src')}</head><body>"
        '<h1>Whole</h1><button id="count">count 0</button><script src="/react.js"></script>'
        '<script src="/react-dom.js"></script><script src="/app.js"></script></body></html>'.encode(),
        lines=[HTML],
    ),
    "/app.js": Reply(
        REACT.replace("TRACKER", "'https://www.googletagmanager.com/gtag/js?id=G-1'").encode(), lines=[SCRIPT]
    ),
    "/workbox/one": _page("Kept", '<p id="state"></p>', WORKBOX),
    "/sw.js": Reply(SW.encode(), lines=[SCRIPT]),
    "/kept.txt": Reply(b"kept", lines=[("Content-Type", "text/plain")]),
    "/data.json": Reply(b'{"n": 1}', lines=[("Content-Type", "application/json")]),
}


def _answer(request: Request) -> Reply:
    if file := FILES.get(request.path):
        return Reply((FOLDER / "node_modules" / file).read_bytes(), lines=[SCRIPT])
    if request.path == "/htmx/said":
        return Reply(f"said {request.body.decode()}".encode(), lines=[HTML])
    return PAGES.get(request.path, Reply(b"", 404))


def _turbo(page: Page, base: str) -> list[str]:
    page.goto(f"{base}/turbo/one")
    page.click("#in")
    page.wait_for_selector("#within")
    page.click("#send button")
    page.wait_for_selector("#list li")
    shown = [page.inner_text("#within"), page.inner_text("#list")]
    page.evaluate("window.kept = 'the same document'")
    page.click("#on")
    page.wait_for_selector("#back")
    shown += [page.inner_text("h1"), page.title(), page.evaluate("window.kept")]
    page.click("#back")
    page.wait_for_selector("#on")
    page.go_back()
    page.wait_for_selector("#back")
    return [*shown, page.inner_text("h1"), page.evaluate("window.kept")]


def _htmx(page: Page, base: str) -> list[str]:
    page.goto(f"{base}/htmx/one")
    page.click("#get")
    page.wait_for_selector("#part")
    page.click("#send button")
    page.wait_for_function("document.querySelector('#said').textContent.includes('said')")
    shown = [page.inner_text("#into"), page.inner_text("#said"), str(page.evaluate("window.ran"))]
    page.click("#on")
    page.wait_for_selector("#there")
    return [*shown, page.inner_text("h1"), page.title()]


def _react(page: Page, base: str) -> list[str]:
    page.goto(f"{base}/react/one")
    page.click("#count")
    page.wait_for_function("document.querySelector('#count').textContent == 'count 1'")
    is_kept = page.evaluate("[rendered.isConnected, ...wrong]")
    return [json.dumps(is_kept), page.inner_text("h1"), page.title()]


def _workbox(page: Page, base: str) -> list[str]:
    page.goto(f"{base}/workbox/one")
    page.wait_for_function("navigator.serviceWorker.controller")
    kept = page.evaluate("fetch('/kept.txt').then(answer => answer.text())")
    data = page.evaluate("fetch('/data.json').then(answer => answer.json())")
    page.reload()
    page.wait_for_function("navigator.serviceWorker.controller")
    page.context.set_offline(True)
    again = page.evaluate("fetch('/data.json').then(answer => answer.json())")
    page.reload()
    offline = page.inner_text("h1")
    page.context.set_offline(False)
    return [kept, json.dumps(data), json.dumps(again), offline]


USES: dict[str, Callable[[Page, str], list[str]]] = {
    "turbo": _turbo,
    "htmx": _htmx,
    "react": _react,
    "workbox": _workbox,
}


@dataclass
class Seen:
    """What came of a use: what the page showed, what failed, and what the site was asked for."""

    shown: list[str]
    errors: list[str]
    asked: list[str]


@pytest.fixture(scope="module")
def site() -> Iterator[Recorder]:
    assert installed(), "the packages are not there: npm ci in tests/sdks"
    with recording(_answer) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: Recorder, behind_holdback: "Put") -> Holdback:
    return behind_holdback(f"http://127.0.0.1:{site.port}")


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_asked_for(request, tmp_path_factory, {"*.test": "127.0.0.1"}) as running:
        yield running


def _answer_for_the_tracker(context: BrowserContext) -> None:
    """With Holdback it is not asked before a choice; without it this is its answer."""
    context.route("https://*/**", lambda route: route.fulfill(body="", content_type="text/javascript"))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(locale="en-GB") as context:
        _answer_for_the_tracker(context)
        yield context


def _visited(page: Page, base: str, name: str) -> None:
    """A first visit, at which an answer is given: what a service worker has fetched by then is not asked for again."""
    page.goto(f"{base}/{name}/one")
    if name == "workbox":
        page.wait_for_function("navigator.serviceWorker.controller")


def _used(page: Page, site: Recorder, base: str, name: str) -> Seen:
    console = Console(page)
    site.requests.clear()
    shown = USES[name](page, base)
    asked = sorted({f"{one.method} {one.path}" for one in site.requests if not _BESIDE.match(one.path)})
    return Seen(shown, console.errors, asked)


@pytest.mark.both_engines("long")
@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("answer", ["", "accept-all", "reject-all"])
def test_it_does_the_same_with_holdback(
    context: BrowserContext, browser: Browser, site: Recorder, proxy: Holdback, name: str, answer: str
) -> None:
    with browser.new_context(locale="en-GB") as alone:
        _answer_for_the_tracker(alone)
        if answer:
            _visited(alone.new_page(), f"http://127.0.0.1:{site.port}", name)
        without = _used(alone.new_page(), site, f"http://127.0.0.1:{site.port}", name)
    base = f"http://127.0.0.1:{proxy.port}"
    page = context.new_page()
    if answer:
        _visited(page, base, name)
        choose(page, answer)
        page.wait_for_timeout(300)
        page = context.new_page()
    with_holdback = _used(page, site, base, name)
    assert with_holdback.shown == without.shown
    assert with_holdback.errors == without.errors == []
    assert with_holdback.asked == without.asked
    if not answer:
        assert page.locator("hb-notice").count() == 1, "the notice is there to the end"


def test_a_page_that_turbo_brings_is_looked_at_once(
    context: BrowserContext, site: Recorder, proxy: Holdback
) -> None:
    """It is fetched, even ahead when a link is pointed at, and the address changes: no document is asked for."""
    base, before = f"http://127.0.0.1:{proxy.port}", len(_views(proxy))
    page = context.new_page()

    def seen() -> list[str]:
        page.wait_for_timeout(20)  # Playwright answers for the tracker only while it is asked something
        return _views(proxy)[before:]

    page.goto(f"{base}/turbo/one")
    choose(page, "accept-all")
    until(lambda: seen() == ["/turbo/one"], "the page on which they agree")
    page.hover("#on")
    page.wait_for_timeout(300)
    page.click("#on")
    page.wait_for_selector("#back")
    page.click("#back")
    page.wait_for_selector("#on")
    until(lambda: sorted(seen()[1:]) == ["/turbo/one", "/turbo/two"], "two more pages")
    page.wait_for_timeout(500)
    assert len(seen()) == 3


def _views(proxy: Holdback) -> list[str]:
    found = [event for event in proxy.events() if event["event"] == "page view"]
    return [event["path"] for event in found if event["path"].startswith("/turbo")]
