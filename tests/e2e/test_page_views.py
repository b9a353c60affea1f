"""A page view is a page that a person looks at, once: not what is fetched ahead, nor what a machine reads."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import choose
from tests.support.holdback_process import Holdback
from tests.support.http_client import Lines
from tests.support.origin import HTML, PAGE, Origin
from tests.support.processes import until
from tests.support.recording import Reply, Request
from tests.support.visitor import Visitor

VISIT: Lines = (("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html"))
NO_VIEWS: dict[str, Lines] = {
    "prerender": [("Sec-Purpose", "prefetch;prerender")],
    "prefetch": [("Sec-Purpose", "prefetch")],
    "by-a-proxy": [("Sec-Purpose", "prefetch;anonymous-client-ip")],
    "safari": [("Purpose", "prefetch")],
    "firefox": [("X-Moz", "prefetch")],
    "preview": [("X-Purpose", "preview")],
}
BOTS: dict[str, Lines] = {
    "google": [("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")],
    "card": [("User-Agent", "facebookexternalhit/1.1")],
    "curl": [("User-Agent", "curl/8.14.1")],
}
VIEWS: dict[str, Lines] = {
    "phone": [("User-Agent", "Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/150.0 Mobile Safari/537.36")],
    "other-purpose": [("Sec-Purpose", "fetch")],
}


@pytest.fixture(scope="module")
def visitor(proxy: Holdback) -> Visitor:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    return visitor


def views(proxy: Holdback, *, by_bots: bool = False) -> list[str]:
    """The paths that were looked at, by people or by bots."""
    found = [event for event in proxy.events() if event["event"] == "page view"]
    return [event["path"] for event in found if (event["device"] == "bot") is by_bots]


def test_what_counts(proxy: Holdback, origin: Origin, visitor: Visitor) -> None:
    for name, lines in {**NO_VIEWS, **VIEWS, **BOTS, "last": ()}.items():
        origin.pages[f"/{name}"] = Reply(PAGE, lines=[HTML])
        assert visitor.get(f"/{name}", [*VISIT, *lines]).status == 200
    until(lambda: "/last" in views(proxy), "the last view")
    assert sorted(path for path in views(proxy) if path != "/") == ["/last", "/other-purpose", "/phone"]
    assert sorted(views(proxy, by_bots=True)) == ["/card", "/curl", "/google"]


def test_what_answers_a_form_is_looked_at_once(proxy: Holdback, origin: Origin, visitor: Visitor) -> None:
    origin.pages["/sent"] = Reply(PAGE, lines=[HTML])
    origin.pages["/led"] = Reply(b"", 303, [("Location", "/sent")])
    form = ("Content-Type", "application/x-www-form-urlencoded")
    assert visitor.post("/sent", b"a=b", [*VISIT, form]).status == 200
    assert visitor.post("/led", b"a=b", [*VISIT, form]).status == 303
    fetched = [("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors"), form]
    assert visitor.post("/sent", b"a=b", fetched).status == 200
    visitor.get("/after-forms", VISIT)
    until(lambda: "/after-forms" in views(proxy), "the last view")
    assert [path for path in views(proxy) if path in ("/sent", "/led")] == ["/sent"]


def test_a_page_that_the_browser_has_counts_too(proxy: Holdback, origin: Origin, visitor: Visitor) -> None:
    origin.pages["/kept"] = Reply(PAGE, lines=[HTML, ("ETag", '"1"')])
    tag = visitor.get("/kept", VISIT).get("etag")
    origin.pages["/kept"] = Reply(b"", 304, [("ETag", '"1"')])
    assert visitor.get("/kept", [*VISIT, ("If-None-Match", tag)]).status == 304
    assert visitor.get("/kept", [*VISIT, ("If-None-Match", '"picture"')]).status == 304
    visitor.get("/end", VISIT)
    until(lambda: "/end" in views(proxy), "the last view")
    assert views(proxy).count("/kept") == 2


def test_a_page_fetched_ahead_is_not_taken_for_one_that_was_seen(
    proxy: Holdback, origin: Origin, visitor: Visitor
) -> None:
    origin.pages["/ahead"] = Reply(PAGE, lines=[HTML, ("ETag", '"1"')])
    ahead = visitor.get("/ahead", [*VISIT, ("Sec-Purpose", "prefetch")])
    assert "data-view" in ahead.text
    visitor.get("/ahead", [*VISIT, ("If-None-Match", ahead.get("etag"))])
    assert origin.last.get("if-none-match") == ""
    assert "data-view" not in Visitor(proxy).get("/ahead", [*VISIT, ("Sec-Purpose", "prefetch")]).text


# -- in a browser -------------------------------------------------------------------------------------------

RULES = b'<script type="speculationrules">{"%b": [{"urls": ["/go-%b"], "eagerness": "immediate"}]}</script>'


@pytest.mark.browser
@pytest.mark.parametrize("how", ["prerender", "prefetch"])
def test_a_page_fetched_ahead_counts_when_it_is_shown(
    how: str, proxy: Holdback, origin: Origin, browser: Browser
) -> None:
    rules = RULES % (how.encode(), how.encode())
    start = PAGE.replace(b"</head>", rules + b"</head>").replace(
        b"<h1>", f'<a id="next" href="/go-{how}">x</a>'.encode()
    )
    origin.pages[f"/start-{how}"] = Reply(start, lines=[HTML])
    origin.pages[f"/go-{how}"] = Reply(PAGE.replace(b"Shop", b"Gone"), lines=[HTML])

    def ahead() -> list[Request]:
        return [one for one in origin.recorder.received(f"/go-{how}") if one.get("sec-purpose")]

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{proxy.url}/")
    choose(page, "accept-all")
    until(lambda: [cookie for cookie in context.cookies() if cookie["name"] == "hb"], "the choice")
    page.goto(f"{proxy.url}/start-{how}")
    until(ahead, "it is fetched ahead")
    page.wait_for_timeout(500)
    assert f"/go-{how}" not in json.dumps(proxy.events())
    page.click("#next")
    page.wait_for_url(f"**/go-{how}")
    until(lambda: f"/go-{how}" in views(proxy), "the view")
    page.wait_for_timeout(500)
    assert views(proxy).count(f"/go-{how}") == 1
    assert len(origin.recorder.received(f"/go-{how}")) == 1
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_the_page_on_which_a_visitor_agrees_counts_with_where_they_came_from(
    proxy: Holdback, origin: Origin, page: Page
) -> None:
    """It is where their campaign's link led, and no page that they see later says so."""
    origin.pages["/landing"] = Reply(PAGE, lines=[HTML])
    before = views(proxy).count("/landing")
    page.goto(
        f"{proxy.url}/landing?utm_source=news&utm_campaign=spring", referer="https://search.example/q?secret"
    )
    page.wait_for_timeout(300)
    assert views(proxy).count("/landing") == before
    choose(page, "accept-all")
    until(lambda: views(proxy).count("/landing") == before + 1, "the view")
    page.reload()
    until(lambda: views(proxy).count("/landing") == before + 2, "the second view")
    first = next(event for event in proxy.events() if event["path"] == "/landing")
    assert (first["source"], first["campaign"], first["referrer"]) == ("news", "spring", "search.example")


MOVES = """
<a id="app" href="#">x</a>
<script>
  const go = (path) => history.pushState(null, '', path);
  app.onclick = () => { go('/app/1'); go('/app/1'); go('/app/1?sort=price'); go('#top'); go('/app/2'); };
</script>"""


@pytest.mark.browser
def test_a_page_that_a_script_brings_counts_once(proxy: Holdback, origin: Origin, page: Page) -> None:
    origin.pages["/app"] = Reply(PAGE.replace(b"<h1>", MOVES.encode() + b"<h1>"), lines=[HTML])

    before = len([path for path in views(proxy) if path.startswith("/app")])

    def seen() -> list[str]:
        return [path for path in views(proxy) if path.startswith("/app")][before:]

    page.goto(f"{proxy.url}/app")
    page.click("#app")
    page.wait_for_timeout(500)
    assert seen() == [], "nobody has agreed"
    choose(page, "accept-all")
    until(lambda: seen() == ["/app/2"], "the page that is there now")
    page.click("#app")
    # They are sent in the same moment, so either may be first.
    until(lambda: sorted(seen()[1:]) == ["/app/1", "/app/2"], "two pages")
    page.go_back()
    page.go_back()
    until(lambda: len(seen()) == 4, "the page that they went back to")
    assert seen()[3] == "/app/1"
    page.context.clear_cookies()
    page.goto(f"{proxy.url}/app")
    page.evaluate("history.pushState(null, '', '/app/3')")
    page.wait_for_timeout(500)
    assert len(seen()) == 4
