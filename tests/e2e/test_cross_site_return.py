"""A visitor who comes back by a form of another site (a bank, an identity provider) keeps what they chose."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.chromium import Console
from tests.support.engines import buttons, choose
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = pytest.mark.browser

PAID = b"""<!doctype html><html><head><title>paid</title><script>
document.cookie = '_ga=GA1.1.2.3; path=/'; new Image().src = 'https://www.google-analytics.com/collect?v=1'
</script></head><body><h1>Paid</h1></body></html>"""


@pytest.fixture
def context(browser: Browser, proxy: Holdback, origin: Origin) -> Iterator[BrowserContext]:
    origin.pages["/"] = origin.pages["/paid"] = Reply(PAID, lines=[HTML])
    context = browser.new_context()
    form = f'<form method=post action="{proxy.url}/paid"><button>Back to the shop</button></form>'
    context.route("https://bank.test/**", lambda route: route.fulfill(body=form, content_type="text/html"))
    yield context
    context.close()


@pytest.fixture
def asked(context: BrowserContext) -> list[str]:
    """The addresses of Google Analytics that were asked for."""
    seen: list[str] = []
    context.route(
        "https://www.google-analytics.com/**",
        lambda route: (seen.append(route.request.url), route.fulfill(body=""))[0],
    )
    return seen


def returned(page: Page) -> None:
    """Come back from the bank, and wait until the page knows where its visitor stands."""
    page.goto("https://bank.test/")
    with page.expect_response("**/_hb/choices"):
        page.click("button")
    page.wait_for_load_state("networkidle")
    assert page.url.endswith("/paid")


def held(page: Page) -> bool:
    page.wait_for_timeout(20)  # Playwright answers what is routed only while it is asked something
    return "_ga" not in {cookie["name"] for cookie in page.context.cookies()}


@pytest.mark.both_engines
def test_who_had_agreed_is_known_again(
    proxy: Holdback, origin: Origin, context: BrowserContext, asked: list[str]
) -> None:
    page = context.new_page()
    page.goto(proxy.url)
    choose(page, "accept-all")
    until(lambda: not held(page) and asked, "what was held is sent")
    context.clear_cookies(name="_ga")
    asked.clear()
    console = Console(page)
    returned(page)
    until(lambda: not held(page) and asked, "it is released")
    assert "Withdraw" in buttons(page)
    assert "Accept all" not in buttons(page)
    assert console.errors == []
    posted = origin.recorder.received("POST")[-1]
    assert posted.get("cookie") == ""


@pytest.mark.both_engines
def test_who_had_refused_is_not_asked_again(
    proxy: Holdback, context: BrowserContext, asked: list[str]
) -> None:
    page = context.new_page()
    page.goto(proxy.url)
    choose(page, "reject-all")
    until(lambda: [one for one in context.cookies() if one["name"] == "hb"], "the choice")
    returned(page)
    assert "Accept all" not in buttons(page)
    assert (asked, held(page)) == ([], True)


@pytest.mark.both_engines
def test_who_has_not_answered_is_asked(context: BrowserContext, asked: list[str]) -> None:
    page = context.new_page()
    returned(page)
    until(lambda: "Accept all" in buttons(page), "the notice opens")
    assert (asked, held(page)) == ([], True)
    choose(page, "accept-all")
    until(lambda: not held(page) and asked, "what was held in the meantime is sent")


@pytest.mark.both_engines
def test_the_form_is_not_sent_again_where_nobody_answers(
    context: BrowserContext, origin: Origin, asked: list[str]
) -> None:
    context.route("**/_hb/choices", lambda route: route.abort())
    origin.recorder.forget()
    page = context.new_page()
    page.goto("https://bank.test/")
    page.click("button")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    assert len(origin.recorder.received("/paid")) == 1
    assert (asked, held(page)) == ([], True)


def test_without_javascript_nobody_is_asked_anew(browser: Browser, proxy: Holdback) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.set_content(f'<form method=post action="{proxy.url}/paid"><button>Back</button></form>')
    page.click("button")
    page.wait_for_url("**/paid")
    assert "Accept all" not in buttons(page)
    page.goto(f"{proxy.url}/paid")
    assert "Accept all" in buttons(page)
    page.close()
