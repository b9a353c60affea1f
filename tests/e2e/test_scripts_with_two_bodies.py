"""A script that has an address and a text is what stands at its address, held or not: its text never runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.engines import choose
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

TAG = "https://www.googletagmanager.com/gtag/js?id=G-1"
WAYS = {
    "the address first": "one.src = TAG; one.text = WORDS; document.head.append(one)",
    "the text first": "one.text = WORDS; one.src = TAG; document.head.append(one)",
    "by attributes and nodes": (
        "one.append(WORDS); one.setAttribute('src', TAG); document.head.insertBefore(one, document.head.firstChild)"
    ),
    "in the page already": "document.head.append(one); one.src = TAG; one.append(WORDS)",
    "its text in parts": "one.src = TAG; document.head.append(one); one.append(' '); one.firstChild.appendData(WORDS)",
    "its type last": "one.src = TAG; one.text = WORDS; one.type = 'text/javascript'; document.head.append(one)",
    "its type first": "one.type = 'text/javascript'; one.src = TAG; one.text = WORDS; document.head.append(one)",
    "in its place": "one.async = false; one.src = TAG; one.text = WORDS; document.head.append(one)",
    "within others": (
        "const box = document.createElement('div'); box.append(one); one.src = TAG; one.text = WORDS;"
        " document.head.append(box)"
    ),
    "in SVG": (
        "one = document.createElementNS('http://www.w3.org/2000/svg', 'script'); one.setAttribute('href', TAG);"
        " one.append(WORDS); document.querySelector('svg').append(one)"
    ),
    "made in another document": (
        "one = document.implementation.createHTMLDocument('').createElement('script'); one.src = TAG; one.text = WORDS;"
        " document.head.append(one)"
    ),
}
PAGE = "<!doctype html><head></head><body><svg></svg><script>var ran = [], TAG = '{}', WORDS = 'ran.push(`its text`)';"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page to which the tag answers."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(5000)
        page.route(
            f"{TAG}*",
            lambda route: route.fulfill(body="ran.push('the file')", content_type="text/javascript"),
        )
        yield page


def shown(page: Page, proxy: Holdback, origin: Origin, code: str) -> None:
    """Show a page whose script makes ``one`` what it is."""
    body = f"{PAGE.format(TAG)} var one = document.createElement('script'); {code}</script>x"
    origin.pages["/two"] = Reply(body.encode(), lines=[HTML])
    page.goto(f"{proxy.url}/two")


@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS.keys())
def test_it_comes_with_the_choice_and_its_text_never_runs(
    proxy: Holdback, origin: Origin, page: Page, code: str
) -> None:
    shown(page, proxy, origin, code)
    page.wait_for_timeout(200)
    assert page.evaluate("ran") == []
    choose(page, "accept-all")
    until(lambda: page.wait_for_timeout(20) or page.evaluate("ran").count("the file"), "the file")
    assert page.evaluate("ran") == ["the file"]


def test_it_starts_when_it_gets_an_address_of_the_site(proxy: Holdback, origin: Origin, page: Page) -> None:
    origin.pages["/own.js"] = Reply(b"ran.push('own')", lines=[("Content-Type", "text/javascript")])
    shown(
        page, proxy, origin, "one.src = TAG; one.text = WORDS; document.head.append(one); one.src = '/own.js'"
    )
    until(lambda: page.wait_for_timeout(20) or page.evaluate("ran") == ["own"], "the site's own script")
    assert page.evaluate("one.getAttributeNames().filter((name) => name.includes('type'))") == []


def test_one_that_the_page_keeps_from_running_does_not_run(
    proxy: Holdback, origin: Origin, page: Page
) -> None:
    """Another consent tool holds scripts by their type, and lets them go by itself."""
    shown(page, proxy, origin, "one.type = 'text/plain'; one.src = TAG; document.head.append(one)")
    choose(page, "accept-all")
    until(
        lambda: page.wait_for_timeout(20) or page.evaluate("one.hasAttribute('src')"), "the address is back"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("[one.type, ran]") == ["text/plain", []]
