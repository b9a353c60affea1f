"""A page that a service worker answers with is one like any other, however the worker came by it.

What a worker fetches tells of itself by little, and may be shown when the visitor has long answered.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.support.engines import browser_asked_for, buttons, choose
from tests.support.guarded import collector
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin, origin_running
from tests.support.processes import until
from tests.support.recording import Recorder, Reply
from tests.support.services import ACME
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

WORKER = """
addEventListener('install', (event) => {
  skipWaiting();
  event.waitUntil(caches.open('kept').then((cache) => cache.addAll(['/app/kept'])));
});
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
const WAYS = {
  passed: (request) => fetch(request),
  options: (request) => fetch(request, { cache: 'no-store' }),
  url: (request) => fetch(request.url),
  anew: (request) => fetch(new Request(request.url, { headers: request.headers, credentials: 'include' })),
  kept: (request) => caches.match(request.url),
  stored: async (request) => {
    const cache = await caches.open('stored');
    const kept = await cache.match(request.url);
    if (kept) return kept;
    const answer = await fetch(request);
    await cache.put(request.url, answer.clone());
    return answer;
  },
};
addEventListener('fetch', (event) => {
  const how = WAYS[new URL(event.request.url).pathname.split('/').pop()];
  if (how && event.request.mode == 'navigate') event.respondWith(how(event.request));
});
"""
WAYS = ["passed", "options", "url", "anew", "kept"]
START = b"""<!doctype html><title>x</title><script>
navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)
  .then(() => { document.title = 'ready' })</script>"""
APP = """<!doctype html><html><head><title>app</title><script src="http://tracker.test:PORT/a.js"></script></head>
<body><h1>app</h1><img src="http://cdn.test:PORT/own.gif"><script>
document.cookie = 'acme_id=1; path=/';
fetch('http://tracker.test:PORT/called', {method: 'POST'}).catch(() => {});
</script></body></html>"""


@pytest.fixture(scope="module")
def tracker() -> Iterator[Recorder]:
    with collector() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def origin(tracker: Recorder) -> Iterator[Origin]:
    with origin_running() as running:
        running.pages["/start"] = Reply(START, lines=[HTML])
        running.pages["/worker.js"] = Reply(WORKER.encode(), lines=[("Content-Type", "text/javascript")])
        for way in [*WAYS, "stored"]:
            running.pages[f"/app/{way}"] = Reply(
                APP.replace("PORT", str(tracker.port)).encode(), lines=[HTML]
            )
        yield running


@pytest.fixture(scope="module")
def proxy(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(origin.url, tmp_path_factory.mktemp("workers") / "data", config=ACME) as running:
        yield running


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_asked_for(request, tmp_path_factory, {"*.test": "127.0.0.1"}) as running:
        yield running


@pytest.fixture
def page(browser: Browser, proxy: Holdback, tracker: Recorder) -> Iterator[Page]:
    """A page of the site, which its service worker is in charge of."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{proxy.url}/start")
        page.wait_for_function("document.title == 'ready' && !!navigator.serviceWorker.controller")
        tracker.forget()
        yield page


def names(page: Page) -> set[str]:
    return {str(cookie["name"]) for cookie in page.context.cookies()}


@pytest.mark.parametrize("way", WAYS)
def test_it_asks_and_holds_and_the_site_works(
    page: Page, proxy: Holdback, tracker: Recorder, way: str
) -> None:
    page.goto(f"{proxy.url}/app/{way}")
    tracker.wait("/own.gif")
    until(lambda: "Accept all" in buttons(page), "the notice")
    assert page.locator("hb-notice").count() == 1
    page.wait_for_timeout(200)
    assert [request.path for request in tracker.requests] == ["/own.gif"]
    assert "acme_id" not in names(page)
    choose(page, "accept-all")
    for path in ("/a.js", "/called"):
        tracker.wait(path)
    until(lambda: "acme_id" in names(page), "the cookie")


@pytest.mark.parametrize("again", ["going there", "reloading"])
@pytest.mark.parametrize("way", WAYS)
def test_an_answer_stands_though_the_page_is_an_old_one(
    page: Page, proxy: Holdback, tracker: Recorder, way: str, again: str
) -> None:
    def come_again() -> None:
        tracker.forget()
        if again == "reloading":
            page.reload()
        else:
            page.goto(f"{proxy.url}/start")
            page.goto(f"{proxy.url}/app/{way}")

    page.goto(f"{proxy.url}/app/{way}")
    until(lambda: "Accept all" in buttons(page), "the notice")
    choose(page, "accept-all")
    tracker.wait("/called")
    come_again()
    for path in ("/a.js", "/called"):
        tracker.wait(path)
    until(lambda: "Accept all" not in buttons(page) and "Withdraw" in buttons(page), "nobody is asked again")
    with page.expect_navigation():
        choose(page, "withdraw")
    page.wait_for_timeout(300)
    come_again()
    tracker.wait("/own.gif")
    until(lambda: "Withdraw" not in buttons(page), "the page knows")
    page.wait_for_timeout(300)
    assert [request.path for request in tracker.requests] == ["/own.gif"]
    assert "acme_id" not in names(page)


def test_what_it_kept_while_they_agreed_goes_with_a_withdrawal(
    page: Page, proxy: Holdback, tracker: Recorder
) -> None:
    page.goto(f"{proxy.url}/app/passed")
    choose(page, "accept-all")
    tracker.wait("/called")
    for _ in ("from the site", "as it was kept"):
        tracker.forget()
        page.goto(f"{proxy.url}/app/stored")
        for path in ("/a.js", "/called"):
            tracker.wait(path)
    with page.expect_navigation():
        choose(page, "withdraw")
    for _ in ("once", "twice"):
        page.wait_for_timeout(300)
        tracker.forget()
        page.goto(f"{proxy.url}/app/stored")
        tracker.wait("/own.gif")
    page.wait_for_timeout(300)
    assert [request.path for request in tracker.requests] == ["/own.gif"]
    assert "acme_id" not in names(page)
    assert page.evaluate("caches.open('stored').then((cache) => cache.keys()).then((all) => all.length)") == 1


def test_who_goes_elsewhere_while_the_page_asks_gets_there(page: Page, proxy: Holdback) -> None:
    """Firefox gives the page's request up when they leave: that must not bring the page back."""
    asked: list[Route] = []
    page.route("**/_hb/choices", lambda route: asked.append(route))
    page.goto(f"{proxy.url}/app/kept")
    until(lambda: page.wait_for_timeout(20) or asked, "the page asks")
    page.evaluate("void (location.href = '/start?next')")
    page.wait_for_url("**/start?next")
    page.wait_for_timeout(1500)
    assert page.url.endswith("/start?next")


def test_what_the_proxy_said_before_a_choice_does_not_undo_it(
    page: Page, proxy: Holdback, tracker: Recorder
) -> None:
    asked: list[Route] = []
    page.route("**/_hb/choices", lambda route: asked.append(route))
    page.goto(f"{proxy.url}/app/passed")
    until(lambda: page.wait_for_timeout(20) or asked, "the page asks")
    before = proxy.fetch("/_hb/choices", [("Accept", "application/json")]).text
    choose(page, "accept-all")
    until(lambda: page.wait_for_timeout(20) or tracker.received("/called"), "what was held")
    asked[0].fulfill(body=before, content_type="application/json")
    page.wait_for_timeout(300)
    assert "Withdraw" in buttons(page)
    assert "acme_id" in names(page)


def test_what_a_worker_calls_itself_is_the_visitors(origin: Origin, proxy: Holdback) -> None:
    """Only a page is kept for anybody: a call to a tracker of the site's own, to which they agreed, arrives."""
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    visitor.headers = [
        ("Accept", "*/*"),
        ("Referer", f"{proxy.url}/partytown/worker.js"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "same-origin"),
    ]
    visitor.get("/acme/collect?v=1")
    assert origin.last.target == "/acme/collect?v=1"
    page = visitor.get("/app/kept")
    assert "data-hb-src" in page.text
    assert "hb-notice" in page.text
