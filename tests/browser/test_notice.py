"""The notice in a real browser: equal, reachable, readable, and out of the site's way.

The shadow root is open here and nowhere else, so that the tests can look into it; one test shows that it is closed.
"""

from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import parse_qs

import pytest
from holdback.banner.notice.languages import LANGUAGES
from holdback.banner.notice.second_layer import SecondLayer
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.rules.model import Purpose, Regime, Released
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support.chromium import chromium
from tests.support.listing import notices_of_all
from tests.support.services import EVERYTHING, RULES

pytestmark = pytest.mark.browser

NOTICES = notices_of_all(SiteInfo("Example Shop", "/privacy"), RULES)
HOSTILE = """
* { color: red !important; font: 40px cursive !important; letter-spacing: 1em !important; display: block !important }
html { font-size: 3px } button { opacity: 0 !important } hb-notice { position: static !important; opacity: .1 }
"""
CONTRASTS = """
() => {
  const root = document.querySelector('hb-notice').shadowRoot;
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  // Relative luminance, WCAG 2.2
  const channel = (byte) => byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
  const light = (color) => { const [r, g, b] = rgb(color).map(channel); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgb(color)[3] == 255 && !color.includes('/') && color != 'rgba(0, 0, 0, 0)') return color;
    }
    return 'rgb(255, 255, 255)';
  };
  return [...root.querySelectorAll('h2, p, b, small, a, button, summary')]
    .filter((node) => node.getClientRects().length && node.textContent.trim())
    .map((node) => {
      const [one, other] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
      return [node.tagName + ' ' + node.textContent.trim().slice(0, 30), (one + 0.05) / (other + 0.05)];
    });
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def markup(*, language: str = "en", opened: bool = True, closed_root: bool = False, **state: Any) -> str:
    notice = NOTICES.pick(language, state.pop("regime", Regime.OPT_IN), state.pop("gpc", False), "shop.test")
    html = notice.fragment(
        action="http://shop.test/_hb/choice",
        token="t",
        state=state.pop("released", Released()),
        open=opened,
    ).decode()
    return html if closed_root else html.replace('shadowrootmode="closed"', 'shadowrootmode="open"')


def choices_page(language: str) -> str:
    layer = SecondLayer(
        SiteInfo("Example Shop", "/privacy"), RULES.services.values(), language, Regime.OPT_IN, False
    )
    return layer.render(
        site="Example Shop", action="/_hb/choice", token="t", return_path="/", state=Released()
    )


class Site:
    """A site on http://shop.test/ with *fragment* in its page; remembers what was posted."""

    def __init__(self, context: BrowserContext, fragment: str, style: str = "") -> None:
        self.posted: list[dict[str, list[str]]] = []
        self._page = (
            f"<!doctype html><html><head><meta name=viewport content='width=device-width'><style>{style}</style>"
            f"</head><body style='margin:0'>{fragment}<main><h1>Shop</h1><p><a href=/a>a</a></p></main></body></html>"
        )
        context.route("**/*", self._answer)
        self.page = context.new_page()
        self.page.goto("http://shop.test/")

    def _answer(self, route: Route) -> None:
        if route.request.method == "POST":
            self.posted.append(parse_qs(route.request.post_data or ""))
        route.fulfill(body=self._page, content_type="text/html")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


LOOK = """({ value, fonts }) => {
  const root = document.querySelector('hb-notice')?.shadowRoot ?? document;
  const style = document.createElement('style');
  style.textContent = `* { ${fonts} }`;
  (root.head ?? root).append(style);
  const button = root.querySelector(`.a [value=${value}]`);
  const { width, height, top } = button.getBoundingClientRect();
  const computed = getComputedStyle(button);
  const { color, backgroundColor, fontSize, fontWeight, fontFamily, border, opacity, boxShadow } = computed;
  const look = { color, backgroundColor, fontSize, fontWeight, fontFamily, border, opacity, boxShadow };
  const spills = button.scrollWidth > button.clientWidth;
  style.remove();
  return { tag: button.tagName, width, height, top, spills, ...look };
}"""
FONTS = {
    "the machine's": "",
    "serif": "font-family: serif !important",
    "monospace": "font-family: monospace !important",
    "wide": "letter-spacing: .12em !important",
    "very wide": "letter-spacing: .5em !important",
    "large": "font-size: 40px !important",
}
"""Nobody knows which fonts a visitor has. What a font changes is how wide words are."""


def look(page: Page, value: str, fonts: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(LOOK, {"value": value, "fonts": fonts})
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_accept_and_reject_look_the_same(context: BrowserContext, language: str, width: int) -> None:
    site = Site(context, markup(language=language))
    site.page.set_viewport_size({"width": width, "height": 800})
    for name, fonts in FONTS.items():
        accept, reject = look(site.page, "accept-all", fonts), look(site.page, "reject-all", fonts)
        assert accept == reject, name
        assert (accept["tag"], accept["spills"]) == ("BUTTON", False), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_so_they_do_on_the_page_of_all_choices(context: BrowserContext, language: str, width: int) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(choices_page(language))
    for name, fonts in FONTS.items():
        accept, reject = look(page, "accept-all", fonts), look(page, "reject-all", fonts)
        assert accept == reject, name
        assert (accept["tag"], accept["spills"]) == ("BUTTON", False), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("regime", [Regime.OPT_IN, Regime.OPT_OUT])
def test_every_text_has_contrast(browser: Browser, scheme: Any, regime: Regime) -> None:
    context = browser.new_context(color_scheme=scheme)
    site = Site(context, markup(regime=regime, gpc=True))
    site.page.evaluate("document.querySelector('hb-notice').shadowRoot.querySelector('.p').open = true")
    contrasts = site.page.evaluate(CONTRASTS)
    context.close()
    assert len(contrasts) > 15
    assert [entry for entry in contrasts if entry[1] < 4.5] == []


def test_the_sites_style_does_not_reach_the_notice(context: BrowserContext) -> None:
    look = """() => {
      const root = document.querySelector('hb-notice').shadowRoot;
      const box = root.querySelector('.n').getBoundingClientRect();
      const { color, font, letterSpacing } = getComputedStyle(root.querySelector('h2'));
      return [box.width, box.height, box.left, innerHeight - box.bottom, color, font, letterSpacing];
    }"""
    plain = Site(context, markup()).page.evaluate(look)
    assert Site(context, markup(), HOSTILE).page.evaluate(look) == plain


def test_the_notice_moves_nothing_on_the_page(context: BrowserContext) -> None:
    place = "() => JSON.stringify(document.querySelector('main').getBoundingClientRect())"
    shifts = """() => new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value })
        .observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
    })"""
    page = Site(context, markup()).page
    assert page.evaluate(place) == Site(context, "").page.evaluate(place)
    assert page.evaluate(shifts) == 0


def test_the_keyboard_reaches_everything_and_focus_is_seen(context: BrowserContext) -> None:
    page = Site(context, markup()).page
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("""() => {
              const node = document.querySelector('hb-notice').shadowRoot.activeElement;
              const seen = node && getComputedStyle(node).outlineStyle == 'solid';
              return node ? [node.value || node.tagName, seen] : [document.activeElement.tagName, true];
            }""")
        )
    assert [name for name, _ in reached] == [
        "SUMMARY",
        "SUMMARY",
        "reject-all",
        "accept-all",
        "A",
        "A",
        "A",
        "BODY",
    ]
    assert all(seen for _, seen in reached)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("opened", [True, False])
def test_targets_are_large_enough(context: BrowserContext, width: int, opened: bool) -> None:
    everything = Released(frozenset(Purpose), EVERYTHING)
    page = Site(context, markup(opened=opened, released=everything)).page
    page.set_viewport_size({"width": width, "height": 700})
    sizes = page.evaluate("""() => {
      const root = document.querySelector('hb-notice').shadowRoot;
      if (root.querySelector('.n').open) root.querySelector('.p').open = true;
      return [...root.querySelectorAll('a, button, summary, label')]
        .map((node) => [node.textContent.trim().slice(0, 20), node.getBoundingClientRect()])
        .filter(([, box]) => box.width)
        .map(([name, { width, height }]) => [name, width, height]);
    }""")
    assert sizes
    assert [size for size in sizes if size[1] < 24 or size[2] < 24] == []


@pytest.mark.parametrize(("width", "height"), [(320, 256), (640, 400), (390, 844)])
def test_both_answers_are_in_sight_on_small_and_magnified_screens(
    context: BrowserContext, width: int, height: int
) -> None:
    page = Site(context, markup(language="de", gpc=True)).page
    page.set_viewport_size({"width": width, "height": height})
    boxes = page.evaluate("""() => [...document.querySelector('hb-notice').shadowRoot.querySelectorAll('.a button')]
      .map((node) => node.getBoundingClientRect()).map(({ top, bottom, left, right }) => [top, bottom, left, right])""")
    assert all(
        top >= 0 and bottom <= height and left >= 0 and right <= width for top, bottom, left, right in boxes
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(360, 740), (320, 568), (1280, 800), (1280, 600)])
def test_what_was_chosen_by_purpose_can_be_saved_without_a_search(
    context: BrowserContext, width: int, height: int
) -> None:
    page = Site(context, markup(language="de")).page
    page.set_viewport_size({"width": width, "height": height})
    covered = page.evaluate("""() => {
      const root = document.querySelector('hb-notice').shadowRoot;
      root.querySelector('.p').open = true;
      return [...root.querySelectorAll('button')].filter((node) => node.getClientRects().length).filter((node) => {
        const { top, bottom, left, right } = node.getBoundingClientRect();
        return [top + 2, bottom - 2].some((y) => root.elementFromPoint((left + right) / 2, y) != node);
      }).map((node) => node.textContent);
    }""")
    assert covered == []


@pytest.mark.parametrize("forced", ["active", "none"])
def test_boxes_are_seen_in_forced_colours(browser: Browser, forced: Literal["active", "none"]) -> None:
    context = browser.new_context(forced_colors=forced)
    page = Site(context, markup()).page
    looks = page.evaluate("""() => {
      const box = document.querySelector('hb-notice').shadowRoot.querySelector('[name=purpose]');
      return [getComputedStyle(box).appearance, getComputedStyle(box, '::before').content];
    }""")
    assert looks == (["auto", "none"] if forced == "active" else ["none", '""'])
    context.close()


def test_nothing_but_a_button_is_an_answer(context: BrowserContext) -> None:
    site = Site(context, markup())
    for key in ("Escape", "PageDown", "End"):
        site.page.keyboard.press(key)
    site.page.mouse.click(900, 650)  # below the page's text, however tall its letters are
    site.page.mouse.wheel(0, 2000)
    site.page.keyboard.press("Tab")
    site.page.keyboard.press("Enter")
    assert (
        site.page.evaluate("document.querySelector('hb-notice').shadowRoot.querySelector('.n').open") is False
    )
    assert site.posted == []


def test_without_script_the_form_is_sent_as_it_is(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    site = Site(context, markup())
    for name in ("Reject all", "Accept all"):
        site.page.get_by_role("button", name=name).click()
    site.page.get_by_text("Choose by purpose").click()
    site.page.get_by_label("Analytics").check()
    site.page.get_by_role("button", name="Save my choices").click()
    context.close()
    common = {"token": ["t"]}
    assert site.posted == [
        {**common, "action": ["reject-all"]},
        {**common, "action": ["accept-all"]},
        {**common, "purpose": ["analytics"], "action": ["save"]},
    ]


def test_what_was_allowed_is_withdrawn_with_one_click(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    site = Site(context, markup(opened=False, released=Released(frozenset(Purpose), EVERYTHING)))
    site.page.get_by_role("button", name="Withdraw").click()
    context.close()
    assert site.posted[0]["action"] == ["reject-all"]


def test_assistive_technology_hears_a_named_region_and_the_state(context: BrowserContext) -> None:
    page = Site(context, markup(opened=False)).page
    region = page.get_by_role("region", name="Your privacy at Example Shop")
    assert region.count() == 1
    assert "Privacy choices : Nothing optional is allowed" in region.aria_snapshot()


def test_the_pages_own_scripts_can_not_look_inside(context: BrowserContext) -> None:
    page = Site(context, markup(closed_root=True)).page
    assert page.evaluate("document.querySelector('hb-notice').shadowRoot") is None
    assert page.evaluate("document.body.innerHTML.includes('token')") is False
