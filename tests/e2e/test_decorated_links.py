"""A visitor comes by an advertiser's link: nobody sees what hangs on it before a grant, and all of it is there then."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import choose, chromium
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><html><head><title>Shoes</title>
<script>self.seen = [location.search, document.URL.split('?')[1]]</script></head>
<body><h1>Shoes</h1><img src="/own.png" alt=""></body></html>"""
LINK = "/shoes?a=%2f&gclid=x&_hsenc=y#part"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1"}) as running:
        yield running


@pytest.fixture
def page(browser: Browser, proxy: Holdback, origin: Origin) -> Iterator[Page]:
    origin.pages["/shoes"] = Reply(PAGE, lines=[HTML])
    origin.recorder.forget()
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"http://www.shop.test:{proxy.port}{LINK}")
        yield page


def test_before_a_choice_neither_scripts_nor_the_site_see_it(page: Page, origin: Origin) -> None:
    assert page.evaluate("seen") == ["?a=%2f", "a=%2f#part"]
    assert page.evaluate("location.href").endswith("/shoes?a=%2f#part")
    assert [request.target for request in origin.recorder.received("/shoes")] == ["/shoes?a=%2f"]
    until(lambda: origin.recorder.received("/own.png"), "the picture")
    assert "gclid" not in origin.recorder.received("/own.png")[0].get("referer")


def test_a_grant_brings_it_back_without_a_reload(page: Page) -> None:
    page.evaluate("self.stays = true")
    choose(page, "accept-all")
    until(lambda: "gclid" in page.evaluate("location.search"), "the address as it was")
    assert page.evaluate("location.href").endswith(LINK)
    assert page.evaluate("stays")


def test_a_refusal_does_not(page: Page) -> None:
    choose(page, "reject-all")
    until(lambda: [cookie for cookie in page.context.cookies() if cookie["name"] == "hb"], "the choice")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("location.search") == "?a=%2f"
