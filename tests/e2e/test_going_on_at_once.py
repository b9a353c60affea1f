"""A visitor who goes on before their choice is answered: it counts, and they come to where they wanted to go."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.support.engines import buttons, choose
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, PAGE, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

WAYS = {
    "a link": "document.getElementById('next').click()",
    "an address": "location.assign('/next')",
    "a reload": "location.reload()",
    "a form": "document.forms[0].submit()",
}


def choices(proxy: Holdback) -> int:
    return sum(bool(record["id"]) for record in proxy.records())


@pytest.fixture
def page(proxy: Holdback, origin: Origin, context: BrowserContext) -> Page:
    origin.pages["/"] = Reply(
        PAGE.replace(b"<h1>", b'<a id="next" href="/next">Next</a><form action="/next"></form><h1>'),
        lines=[HTML],
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(proxy.url)
    return page


@pytest.mark.parametrize("action", ["accept-all", "reject-all"])
@pytest.mark.parametrize("way", WAYS)
def test_a_choice_arrives(proxy: Holdback, page: Page, way: str, action: str) -> None:
    before = choices(proxy)
    page.wait_for_load_state("networkidle")
    with proxy.process.paused():
        choose(page, action)
        page.evaluate(f"setTimeout(() => {{ {WAYS[way]} }})")
        page.wait_for_timeout(300)
    page.wait_for_timeout(1000) if way == "a reload" else page.wait_for_url("**/next*")
    page.wait_for_function("document.readyState == 'complete'")
    assert "Accept all" not in buttons(page), "nobody is asked twice"
    until(lambda: choices(proxy) > before, "the choice")
    page.goto(f"{proxy.url}/next")
    assert "Accept all" not in buttons(page)
    page.wait_for_timeout(1500)
    assert choices(proxy) == before + 1
    assert page.url == f"{proxy.url}/next"


def test_before_the_guards_file_has_come(proxy: Holdback, origin: Origin, context: BrowserContext) -> None:
    before = choices(proxy)
    page = context.new_page()
    page.set_default_timeout(10_000)
    held: list[Route] = []
    page.route("**/_hb/guard*", lambda route: route.continue_() if held else held.append(route))
    page.goto(proxy.url)
    until(lambda: page.wait_for_timeout(20) or held, "the page asks for it")
    choose(page, "accept-all")
    page.evaluate("location.assign('/next')")
    page.wait_for_url("**/next")
    until(lambda: choices(proxy) == before + 1, "the choice")
    page.goto(f"{proxy.url}/next")
    assert "Accept all" not in buttons(page)
