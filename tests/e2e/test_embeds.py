"""A held video in a real page: its company hears nothing until the visitor asks for it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page

from tests.support.chromium import choose, chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Recorder, Reply, recording

pytestmark = pytest.mark.browser

CONFIG = '[[service]]\nname = "Acme Video"\nvendor = "Acme"\npurpose = "media"\nhosts = ["video.test"]\n'
PAGE = """<!doctype html><html><head><title>Shoes</title><base href="http://video.test/nowhere/"></head><body>
<h1>Shoes</h1><iframe id=v width=480 height=270 title="How they are made" src="http://video.test:%d/play?v=1&amp;x"></iframe>
<p id=below>Below</p></body></html>"""


@pytest.fixture(scope="module")
def video() -> Iterator[Recorder]:
    with recording(lambda request: Reply(b"<p id=playing>playing</p>", lines=[HTML])) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def proxy(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(origin.url, tmp_path_factory.mktemp("embeds") / "data", config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1"}) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def page(
    request: pytest.FixtureRequest, browser: Browser, proxy: Holdback, origin: Origin, video: Recorder
) -> Iterator[Page]:
    origin.pages["/shoes"] = Reply((PAGE % video.port).encode(), lines=[HTML])
    video.forget()
    with browser.new_context(java_script_enabled=request.param, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"http://www.shop.test:{proxy.port}/shoes?size=40")
        yield page


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("#v")


def test_before_a_choice_it_says_what_is_held(page: Page, video: Recorder) -> None:
    frame(page).get_by_role("heading", name="Acme Video").wait_for()
    box = page.locator("#v").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (484, 274)
    assert video.requests == []


def test_once_is_once(page: Page, video: Recorder, proxy: Holdback) -> None:
    before = len(proxy.records())
    frame(page).get_by_role("link", name="Load once").click()
    frame(page).locator("#playing").wait_for()
    assert [request.target for request in video.requests] == ["/play?v=1&x"]
    assert video.requests[0].get("referer") == ""
    page.reload()
    frame(page).get_by_role("heading", name="Acme Video").wait_for()
    assert len(video.requests) == 1
    assert len(proxy.records()) == before


def test_always_is_a_choice_on_record(page: Page, video: Recorder, proxy: Holdback) -> None:
    frame(page).get_by_role("button", name="Always load Acme Video").click()
    video.wait("/play")
    frame(page).locator("#playing").wait_for()
    assert page.url.endswith("/shoes?size=40")
    last = proxy.records()[-1]
    assert last["kind"] == "partial"
    assert [service for service, allowed in last["services"].items() if allowed] == ["acme-video"]


def test_accepting_all_plays_it_without_a_reload(page: Page, video: Recorder) -> None:
    choose(page, "accept-all")
    video.wait("/play")
    frame(page).locator("#playing").wait_for()
    until(lambda: page.locator("#v").get_attribute("src"), "the address")


def test_far_below_it_waits_for_the_visitor(
    browser: Browser, proxy: Holdback, origin: Origin, video: Recorder
) -> None:
    far = PAGE.replace("<h1>", "<div style=height:20000px></div><h1>")
    origin.pages["/far"] = Reply((far % video.port).encode(), lines=[HTML])
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"http://www.shop.test:{proxy.port}/far")
        assert [one.url for one in page.frames if "/_hb/embed" in one.url] == []
        page.locator("#v").scroll_into_view_if_needed()
        frame(page).get_by_role("heading", name="Acme Video").wait_for()
        page.reload()
        page.evaluate("scrollTo(0, 0)")
        video.forget()
        choose(page, "accept-all")
        video.wait("/play")
        eagerly = (
            "document.querySelector('#v').loading == document.createElement('iframe').loading && scrollY == 0"
        )
        assert page.evaluate(eagerly)
