"""The pages of a visitor who has answered have the control alone; what it opens comes when they want it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.chromium import chromium
from tests.support.firefox import showing
from tests.support.holdback_process import Holdback, serving
from tests.support.opened_notice import ROOT, opened, with_open_root
from tests.support.origin import HTML, origin_running
from tests.support.processes import until
from tests.support.recording import Reply, Request, recording
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser

PAGE = b"<!doctype html><html lang=en><head><title>Shoes</title></head><body><h1>Shoes</h1></body></html>"
POLICIES = {
    "plain": "",
    "trusted types": "require-trusted-types-for 'script'; trusted-types 'none'",
    "no connections": "connect-src 'none'",
    "strict": "default-src 'none'; script-src 'self'; style-src 'self'",
    "nonce": "script-src 'nonce-r4nd0m' 'strict-dynamic'; base-uri 'none'",
}
CONTROL, NOTICE = "hb-notice a.o", "hb-notice .n[open]"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with origin_running() as origin:
        for name, policy in POLICIES.items():
            lines = [HTML, ("Content-Security-Policy", policy)] if policy else [HTML]
            origin.pages[f"/{name.replace(' ', '-')}"] = Reply(PAGE, lines=lines)
        uses = {"HOLDBACK_SITE__USES": '["google-analytics", "hotjar", "youtube"]'}
        with serving(origin.url, tmp_path_factory.mktemp("control") / "data", env=uses) as running:
            yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, proxy: Holdback) -> Iterator[Page]:
    """A page of a visitor who has accepted everything on the one before."""
    name, scripts = getattr(request, "param", ("plain", True))
    with browser.new_context(locale="en-GB", java_script_enabled=scripts) as context:
        context.route("**/*", opened)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.goto(f"{proxy.url}/{name.replace(' ', '-')}")
        page.locator("hb-notice .a [value=accept-all]").click()
        if scripts:
            expect(page.locator("hb-notice .s")).to_have_text("All optional services are allowed")
        page.goto(page.url)
        expect(page.locator(CONTROL)).to_be_visible()
        yield page


def test_nothing_but_the_control_is_sent(page: Page) -> None:
    assert page.locator("hb-notice input:not([type=hidden])").count() == 0
    assert page.locator("hb-notice button").all_inner_texts() == ["Withdraw"]
    expect(page.locator(CONTROL)).to_have_text("Privacy choices: All optional services are allowed")


@pytest.mark.parametrize("page", [(name, True) for name in POLICIES], ids=list(POLICIES), indirect=True)
def test_it_opens_the_notice_as_it_stands_now(page: Page, proxy: Holdback) -> None:
    before, address = len(proxy.records()), page.url
    page.locator(CONTROL).click()
    expect(page.locator(f"{NOTICE} > summary")).to_be_focused()
    page.locator(f"{NOTICE} .p > summary").click()
    boxes = page.locator(f"{NOTICE} [name=purpose]")
    assert [box.is_checked() for box in boxes.all()] == [True, True]
    boxes.first.uncheck()
    page.locator(f"{NOTICE} [value=save]").click()
    expect(page.locator("hb-notice .s")).to_have_text("Some optional services are allowed")
    until(lambda: len(proxy.records()) == before + 1, "the choice is recorded")
    record = proxy.records()[-1]
    assert (record["kind"], record["how"]) == ("partial", "script")
    assert page.url == address
    # Taking something back loads the page anew, with the control as it stands now.
    expect(page.locator(CONTROL)).to_be_visible()


def test_it_opens_by_keyboard_and_closes_again(page: Page) -> None:
    page.locator(CONTROL).focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{NOTICE} > summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(NOTICE)).to_have_count(0)
    expect(page.locator("hb-notice .o")).to_be_visible()
    page.reload()
    expect(page.locator(CONTROL)).to_be_visible()


def test_a_choice_of_another_page_is_what_it_shows(page: Page, proxy: Holdback) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("hb-notice .w").click()
    expect(other.locator("hb-notice .s")).to_have_text("Nothing optional is allowed")
    expect(page.locator("hb-notice .s")).to_have_text("Nothing optional is allowed")
    expect(page.locator("hb-notice .w")).to_be_hidden()
    page.locator(CONTROL).click()
    expect(page.locator(f"{NOTICE} > summary")).to_be_focused()
    assert [box.is_checked() for box in page.locator(f"{NOTICE} [name=purpose]").all()] == [False, False]


def _gone(route: Route) -> None:
    route.abort()


def _broken(route: Route) -> None:
    route.fulfill(status=500, body="no")


def _data(route: Route) -> None:
    route.fulfill(body='{"no": "notice"}', content_type="application/json")


def _page(route: Route) -> None:
    """As a service worker answers that knows one page, with the control in it."""
    route.fulfill(
        body="<hb-notice><template><section><a class=o>x</a></section></template></hb-notice>",
        content_type="text/html",
    )


@pytest.mark.parametrize("answer", [_gone, _broken, _data, _page])
def test_where_the_notice_cannot_be_had_the_link_is_followed(
    page: Page, answer: Callable[[Route], None]
) -> None:
    page.context.route("**/_hb/notice", answer)
    page.locator(CONTROL).click()
    page.wait_for_url("**/_hb/choices")
    assert page.locator("[name=purpose][value=analytics]").is_checked()


def test_another_tab_is_the_visitors_to_open(page: Page) -> None:
    with page.context.expect_page() as new:
        page.locator(CONTROL).click(modifiers=["Control"])
    new.value.wait_for_url("**/_hb/choices")
    expect(page.locator(CONTROL)).to_be_visible()


@pytest.mark.parametrize("page", [("plain", False)], ids=["without JavaScript"], indirect=True)
def test_without_javascript_it_leads_to_the_second_layer(page: Page, proxy: Holdback) -> None:
    address = page.url
    page.locator(CONTROL).click()
    page.wait_for_url("**/_hb/choices")
    assert page.locator("[name=purpose][value=analytics]").is_checked()
    page.go_back()
    page.locator("hb-notice .w").click()
    page.goto(address)
    expect(page.locator("hb-notice .s")).to_have_text("Nothing optional is allowed")
    assert proxy.records()[-1]["kind"] == "withdrawal"


USING = (
    "<script>addEventListener('load', async () => {"
    f"  const root = {ROOT};"
    "  root.querySelector('a.o').click();"
    "  while (!root.querySelector('.n[open]')) await new Promise((done) => setTimeout(done, 20));"
    "  const boxes = [...root.querySelectorAll('[name=purpose]')].map((box) => box.checked);"
    "  const said = [root.activeElement.localName, boxes, location.pathname];"
    "  fetch('/told', { method: 'POST', body: JSON.stringify(said) });"
    "});</script>"
)


@pytest.mark.parametrize("is_there", [True, False], ids=["opens", "follows"])
def test_firefox_opens_it_or_follows_the_link(proxy: Holdback, tmp_path: Path, is_there: bool) -> None:
    """Its page comes by a server of the test's, which opens the root in the bytes. The notice is there or is not."""
    visitor = Visitor(proxy)
    visitor.choose("accept-all", page="/plain")
    cookie = ("Cookie", f"hb={visitor.signed}")

    def passed_on(request: Request) -> Reply:
        if request.path == "/told" or (request.path == "/_hb/notice" and not is_there):
            return Reply(status=404)
        kept = [line for line in request.headers if line[0].startswith("sec-") or line[0] == "accept"]
        answer = proxy.fetch(request.target, [*kept, cookie], host=request.host)
        body = answer.body
        if request.path == "/plain":
            body = with_open_root(answer.text).replace("</body>", f"{USING}</body>").encode()
        lines = [line for line in answer.headers if re.match("content-(?:type|security)", line[0])]
        return Reply(body, answer.status, lines)

    with (
        recording(passed_on) as front,
        showing([f"http://127.0.0.1:{front.port}/plain"], tmp_path / "profile", front.port),
    ):
        if is_there:
            told = json.loads(front.wait("/told", 60).body)
            assert told == ["summary", [True, True], "/plain"]
        else:
            front.wait("/_hb/choices", 60)
            assert not front.received("/told")
