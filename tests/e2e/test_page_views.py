"""A page view is a page that a person looks at: not what is fetched ahead, nor what a machine reads."""

import json

import pytest
from playwright.sync_api import Browser

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


def views(proxy: Holdback) -> list[str]:
    return [event["path"] for event in proxy.events() if event["event"] == "page view"]


def test_what_counts(proxy: Holdback, origin: Origin, visitor: Visitor) -> None:
    for name, lines in {**NO_VIEWS, **VIEWS, "last": ()}.items():
        origin.pages[f"/{name}"] = Reply(PAGE, lines=[HTML])
        assert visitor.get(f"/{name}", [*VISIT, *lines]).status == 200
    until(lambda: "/last" in views(proxy), "the last view")
    assert sorted(path for path in views(proxy) if path != "/") == ["/last", "/other-purpose", "/phone"]


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
