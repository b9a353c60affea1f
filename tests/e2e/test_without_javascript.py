"""The whole of a visitor's choice in Chromium with JavaScript switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import choose, chromium
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, Origin
from tests.support.recording import Recorder, Reply, recording

pytestmark = pytest.mark.browser

LINES = [
    HTML,
    ("Set-Cookie", "sessionid=1; HttpOnly; Path=/"),
    ("Set-Cookie", "_ga=1; HttpOnly; Path=/; Max-Age=99999"),
    ("Set-Cookie", "_gid=2; Path=/; Domain=shop.test; Max-Age=99999"),
    ("Set-Cookie", "_fbp=3; Path=/; Max-Age=99999"),
]
PAGE = """<!doctype html><html><head><title>Shoes</title><base href="http://evil.test:%d/">
<img src="https://www.facebook.com/tr?id=1&noscript=1" alt=""></head><body><h1>Shoes</h1></body></html>"""


@pytest.fixture(scope="module")
def evil() -> Iterator[Recorder]:
    with recording(lambda request: Reply(b"", 404)) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1"}) as running:
        yield running


@pytest.fixture
def page(browser: Browser, proxy: Holdback, origin: Origin, evil: Recorder) -> Iterator[Page]:
    origin.pages["/shoes"] = Reply((PAGE % evil.port).encode(), lines=LINES)
    evil.forget()
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(f"http://www.shop.test:{proxy.port}/shoes?size=40")
    yield page
    context.close()


def _cookies(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()}


def _press(page: Page, button: str) -> None:
    with page.expect_navigation():
        choose(page, button)


def test_before_a_choice(page: Page) -> None:
    page.reload()
    assert _cookies(page) == {"sessionid"}


def test_accept_then_withdraw(page: Page, proxy: Holdback, evil: Recorder) -> None:
    _press(page, "accept-all")
    assert page.url.endswith("/shoes?size=40")
    assert _cookies(page) == {"sessionid", "hb", "_ga", "_gid", "_fbp"}
    assert proxy.records()[-1]["kind"] == "grant"

    _press(page, "withdraw")
    assert _cookies(page) == {"sessionid", "hb"}
    page.reload()
    assert _cookies(page) == {"sessionid", "hb"}
    assert proxy.records()[-1]["kind"] == "withdrawal"
    assert [str(request) for request in evil.received("_hb")] == []


def test_reject(page: Page, proxy: Holdback) -> None:
    _press(page, "reject-all")
    page.reload()

    assert _cookies(page) == {"sessionid", "hb"}
    record = proxy.records()[-1]
    assert (record["kind"], record["how"], record["language"]) == ("refusal", "form", "en")
    assert not any(record["purposes"].values())


def test_for_one_purpose_on_the_second_layer(page: Page, proxy: Holdback) -> None:
    page.goto(f"http://www.shop.test:{proxy.port}/_hb/choices?return=/shoes")
    page.check("input[name=purpose][value=analytics]")
    with page.expect_navigation():
        page.click("button[value=save]")

    assert page.url.endswith("/shoes")
    assert _cookies(page) == {"sessionid", "hb", "_ga", "_gid"}
    record = proxy.records()[-1]
    assert record["kind"] == "partial"
    assert {name for name, granted in record["purposes"].items() if granted} == {"analytics"}


def test_for_one_service_on_the_second_layer(page: Page, proxy: Holdback) -> None:
    page.goto(f"http://www.shop.test:{proxy.port}/_hb/choices?return=/shoes")
    box = page.locator("input[name=service][value=google-analytics]")
    page.locator("details", has=box).locator("summary").click()
    box.check()
    with page.expect_navigation():
        page.click("button[value=save]")

    assert _cookies(page) == {"sessionid", "hb", "_ga", "_gid"}
    page.goto(f"http://www.shop.test:{proxy.port}/_hb/choices?return=/shoes")
    assert not page.is_checked("input[name=purpose][value=analytics]")
    with page.expect_navigation():
        page.click("button.w")
    assert _cookies(page) == {"sessionid", "hb"}


def test_what_was_shown_is_kept(page: Page, proxy: Holdback) -> None:
    _press(page, "reject-all")
    notice = proxy.records()[-1]["notice"]

    assert len(notice) == 64
    shown = proxy.command("log", "show", "--notice", notice)
    assert shown.returncode == 0, shown.stderr
    assert "Reject all" in shown.stdout
