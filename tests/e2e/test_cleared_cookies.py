"""A logout that clears the site's cookies leaves the choice, where a page or a redirect can bring it back."""

from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.support.chromium import Console
from tests.support.engines import choose
from tests.support.holdback_process import Holdback
from tests.support.http_client import Lines
from tests.support.origin import HTML, PAGE, Origin
from tests.support.processes import until
from tests.support.recording import Reply
from tests.support.visitor import Visitor

CLEARS = ("Clear-Site-Data", '"cache", "cookies"')
VISIT: Lines = (("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html"))
OWN = ("Sec-Fetch-Site", "same-origin")


def led(location: str, status: int = 302, clears: tuple[str, str] = CLEARS) -> Reply:
    return Reply(b"", status, [("Location", location), clears])


def agreed(proxy: Holdback) -> Visitor:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    return visitor


def token_for(proxy: Holdback, origin: Origin) -> str:
    origin.pages["/logout"] = led("/bye?a=1#b")
    location = agreed(proxy).get("/logout", [*VISIT, OWN]).get("location")
    assert location.startswith("/_hb/again?as=")
    assert location.endswith("&to=/bye%3Fa%3D1#b")
    return location.partition("?as=")[2].partition("&")[0]


def test_a_redirect_goes_by_way_of_us(proxy: Holdback, origin: Origin) -> None:
    token = token_for(proxy, origin)
    answer = Visitor(proxy).get(f"/_hb/again?as={token}&to={quote('/bye?a=1')}", [OWN])
    assert (answer.status, answer.get("location")) == (303, "/bye?a=1")
    assert answer.get("set-cookie").startswith("hb=")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "none")],
        [("Origin", "http://evil.test")],
        [("Origin", "null")],
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_else_brings_a_choice(proxy: Holdback, origin: Origin, lines: Lines, method: str) -> None:
    token = token_for(proxy, origin)
    answer = proxy.fetch(f"/_hb/again?as={token}&to=//evil.test", lines, method=method)
    assert answer.get("set-cookie") == ""
    assert answer.get("location") in ("", "/")


def test_neither_another_token_nor_a_choice_that_was_taken_back(proxy: Holdback, origin: Origin) -> None:
    token = token_for(proxy, origin)
    for broken in (token[:-1], "x" + token, "", "a.b", f"{token}x"):
        assert proxy.fetch(f"/_hb/again?as={broken}", [OWN]).get("set-cookie") == ""
    visitor = agreed(proxy)
    cookie = ("Cookie", f"hb={visitor.signed}")
    assert proxy.fetch(f"/_hb/again?as={token}", [OWN, cookie]).get("set-cookie") == ""
    location = visitor.get("/logout", [*VISIT, OWN]).get("location")
    visitor.choose("reject-all")
    assert proxy.fetch(location.partition("#")[0], [OWN]).get("set-cookie") == ""


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (led("https://login.test/out"), VISIT),
        (led("/bye", clears=("Clear-Site-Data", '"cache", "storage"')), VISIT),
        (led("/bye"), [("Sec-Fetch-Dest", "empty")]),
        (led("/bye", 200), VISIT),
    ],
)
def test_what_is_left_alone(proxy: Holdback, origin: Origin, reply: Reply, lines: Lines) -> None:
    origin.pages["/logout"] = reply
    location = dict(reply.lines)["Location"]
    assert agreed(proxy).get("/logout", [*lines, OWN]).get("location") == location
    assert Visitor(proxy).get("/logout", [*VISIT, OWN]).get("location") == location


def names(context: BrowserContext) -> set[str]:
    return {cookie["name"] for cookie in context.cookies()}


@pytest.mark.browser
@pytest.mark.both_engines
@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("how", ["redirect", "page"])
def test_in_a_browser(
    proxy: Holdback, origin: Origin, context: BrowserContext, how: str, everything: bool
) -> None:
    clears = ("Clear-Site-Data", '"*"' if everything else '"cookies"')
    link = PAGE.replace(b"<h1>", b'<a id="out" href="/out">Sign out</a><h1>')
    session = ("Set-Cookie", "sessionid=1; Path=/")
    origin.pages["/"] = Reply(link, lines=[HTML, session])
    origin.pages["/out"] = (
        led("/bye", clears=clears) if how == "redirect" else Reply(PAGE, lines=[HTML, clears])
    )
    page = context.new_page()
    console = Console(page)
    page.goto(proxy.url)
    choose(page, "accept-all")
    until(lambda: "hb" in names(context), "the choice")
    page.goto(proxy.url)
    assert names(context) >= {"hb", "sessionid"}
    page.click("#out")
    page.wait_for_url("**/bye" if how == "redirect" else "**/out")
    until(lambda: "hb" in names(context), "the choice again")
    assert "sessionid" not in names(context)
    assert urlsplit(page.url).path == ("/bye" if how == "redirect" else "/out")
    assert console.errors == []
