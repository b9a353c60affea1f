"""axe-core over what is served, in every state that a visitor can meet (WCAG 2.2 A and AA, and its best practices).

The notice's shadow root is closed, so that no script looks into it. Here it is opened in the served bytes, on their way
to the browser, and nowhere else. axe sees what a program can see; the rest is in ``tests/browser/test_notice.py``.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route

from tests.support.chromium import chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.opened_notice import ROOT, opened
from tests.support.origin import HTML, Origin, origin_running
from tests.support.recording import Reply
from tests.support.sdk_pages import FOLDER

pytestmark = pytest.mark.browser

AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
USES = ["google-analytics", "hotjar", "youtube"]
CONFIG = """
[site]
name = "Example Shop"
[[service]]
name = "Acme Video"
vendor = "Acme"
purpose = "media"
hosts = ["video.test"]
"""
PAGE = b"""<!doctype html><html lang="en"><head><title>Shoes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script src="https://www.googletagmanager.com/gtag/js?id=G-1"></script></head>
<body><header>Example Shop</header><main><h1>Shoes</h1><p>All that walk.</p>
<iframe title="How they are made" width="480" height="300" src="http://video.test/play"></iframe></main></body></html>"""

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with origin_running() as origin:
        origin.pages["/"] = Reply(PAGE, lines=[HTML])
        data = tmp_path_factory.mktemp("axe") / "data"
        with serving(
            origin.url, data, config=CONFIG, env={"HOLDBACK_SITE__USES": json.dumps(USES)}
        ) as running:
            yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1"}) as running:
        yield running


def _film(route: Route) -> None:
    route.fulfill(body="<title>Shoes</title>A film", content_type="text/html")


def _press(action: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f"hb-notice [name=action][value={action}]").first.click()


def _answered(action: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        _press(action)(page)
        page.wait_for_function(f"!{ROOT}.querySelector('details').open")

    return act


def _purposes(page: Page) -> None:
    """All that can be unfolded is."""
    page.evaluate(f"{ROOT}.querySelectorAll('details').forEach((one) => (one.open = true))")


def _control(page: Page) -> None:
    _answered("accept-all")(page)
    page.evaluate(f"{ROOT}.querySelector('details').open = true")
    _purposes(page)


def _next_page(action: str) -> Callable[[Page], None]:
    """It has the control alone."""

    def act(page: Page) -> None:
        _answered(action)(page)
        page.reload()
        page.wait_for_function(f"!{ROOT}.querySelector('section').hidden")

    return act


def _opened_again(page: Page) -> None:
    _next_page("accept-all")(page)
    page.locator("hb-notice a.o").click()
    page.wait_for_function(f"{ROOT}.querySelector('.n[open]')")
    _purposes(page)


def _to(path: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.goto(page.url.rstrip("/") + path)

    return act


def _nothing(_: Page) -> None:
    pass


def _receipt(page: Page) -> None:
    _answered("accept-all")(page)
    _to("/_hb/receipt")(page)


def _choices_of_who_agreed(page: Page) -> None:
    _answered("accept-all")(page)
    _to("/_hb/choices")(page)


def _expired(page: Page) -> None:
    """Their form is older than its token."""
    _to("/_hb/choices")(page)
    page.evaluate("document.querySelector('[name=token]').value = 'old'")
    page.locator("[value=reject-all]").first.click()


def _malformed(page: Page) -> None:
    _to("/_hb/choices")(page)
    page.evaluate("document.querySelectorAll('[name=action]').forEach((one) => (one.value = 'dance'))")
    page.locator("[value=dance]").first.click()


STATES: dict[str, Callable[[Page], None]] = {
    "first visit": _nothing,
    "unfolded": _purposes,
    "refused": _answered("reject-all"),
    "agreed": _answered("accept-all"),
    "control open": _control,
    "the next page of who agreed": _next_page("accept-all"),
    "the next page of who refused": _next_page("reject-all"),
    "opened on the next page": _opened_again,
    "choices": _to("/_hb/choices"),
    "choices of a visitor who agreed": _choices_of_who_agreed,
    "receipt": _receipt,
    "expired": _expired,
    "malformed": _malformed,
}


def _faults(frame: Page | Frame) -> list[str]:
    frame.evaluate(AXE.read_text())
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"], "iframes": False})
    found: dict[str, Any] = frame.evaluate(f"axe.run(document, {options})")
    assert len(found["passes"]) > 2, "axe has looked at something"
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def _context(browser: Browser, **options: Any) -> BrowserContext:
    context = browser.new_context(**options)
    context.route("**/*", opened)
    context.route("http://video.test/**", _film)
    return context


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_fault_is_found(
    state: str, viewport: Any, scheme: Literal["light", "dark"], proxy: Holdback, browser: Browser
) -> None:
    with _context(browser, viewport=viewport, color_scheme=scheme, locale="en-GB") as context:
        page = context.new_page()
        page.goto(proxy.url)
        STATES[state](page)
        assert _faults(page) == []


@pytest.mark.parametrize("locale", ["de", "ar"])
@pytest.mark.parametrize("state", ["unfolded", "choices"])
def test_nor_in_another_language(state: str, locale: str, proxy: Holdback, browser: Browser) -> None:
    with _context(browser, viewport=PHONE, locale=locale) as context:
        page = context.new_page()
        page.goto(proxy.url)
        STATES[state](page)
        assert _faults(page) == []


def test_nor_in_the_place_of_an_embed(proxy: Holdback, browser: Browser) -> None:
    with _context(browser, locale="en-GB") as context:
        page = context.new_page()
        page.goto(proxy.url)
        # It loads when it comes into sight, which the page's own load does not wait for.
        page.frame_locator("iframe").locator("main").wait_for()
        frame = next(one for one in page.frames if "/_hb/embed" in one.url)
        assert _faults(frame) == []


def test_a_fault_would_be_found(origin: Origin, proxy: Holdback, browser: Browser) -> None:
    """Within the notice too: axe sees into it."""
    with _context(browser, locale="en-GB") as context:
        page = context.new_page()
        page.goto(proxy.url)
        page.evaluate(f"{ROOT}.querySelector('[value=accept-all]').replaceChildren()")
        assert any("button-name" in fault for fault in _faults(page))
