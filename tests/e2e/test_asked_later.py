"""A visitor who closes the notice without an answer is asked again in the next session, not on the next page."""

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import choose
from tests.support.engines import buttons
from tests.support.holdback_process import Holdback
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor

LATER = ("Cookie", "own=1; hb-later=1")
OPEN = '<details class="n" open>'


def test_the_site_never_sees_it(proxy: Holdback, origin: Origin) -> None:
    page = proxy.fetch("/", [("Accept", "text/html"), LATER]).text
    assert origin.last.get("cookie") == "own=1"
    assert OPEN not in page
    assert '<details class="n">' in page
    assert OPEN in proxy.fetch("/", [("Accept", "text/html")]).text


def test_it_is_no_answer(proxy: Holdback, origin: Origin) -> None:
    visitor = Visitor(proxy, jar={"hb-later": "1", "_ga": "GA1.1.1.1"})
    visitor.get("/")
    assert origin.last.get("cookie") == ""
    assert visitor.signed == ""
    assert visitor.choose("accept-all").status == 303


@pytest.mark.browser
@pytest.mark.both_engines
def test_in_a_browser(proxy: Holdback, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(proxy.url)
    assert "Accept all" in buttons(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(lambda: "hb-later" in {one["name"] for one in context.cookies()}, "it is remembered")
    assert [one["expires"] for one in context.cookies()] == [-1]
    page.goto(f"{proxy.url}/next")
    assert "Accept all" not in buttons(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "Accept all" in buttons(page)
    page.go_back()
    page.wait_for_load_state("networkidle")
    other = browser.new_context().new_page()
    other.goto(proxy.url)
    other.goto(f"{proxy.url}/next")
    other.go_back()
    other.wait_for_load_state("networkidle")
    assert "Accept all" in buttons(other)
    assert other.context.cookies() == []


@pytest.mark.browser
def test_after_an_answer_the_focus_is_on_what_says_it(proxy: Holdback, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(proxy.url)
    choose(page, "reject-all")
    session = page.context.new_cdp_session(page)

    def focused() -> list[str]:
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        return [
            one["name"]["value"]
            for one in nodes
            if any(p["name"] == "focused" and p["value"]["value"] for p in one.get("properties", []))
            and one["role"]["value"] != "RootWebArea"
        ]

    until(lambda: focused() == ["Privacy choices : Nothing optional is allowed"], "the focus")
    assert "hb-later" not in {one["name"] for one in page.context.cookies()}
