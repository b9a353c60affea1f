"""What happens on the page when the visitor chooses: release in order without a reload, and back again."""

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PageError

from tests.support.engines import buttons, choose
from tests.support.guarded import Site
from tests.support.processes import until
from tests.support.recording import Recorder

from .support import Opened, settled

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

HELD_MARKUP = """
<script>self.ran = []; self.stays = true</script>
<script held:src="T/a.js" onload="ran.push('a loaded')"></script>
<script held:inline>ran.push('inline'); document.write('<b id=written>w</b>')</script>
<script held:src="T/b.js"></script>
<script held:src="T/async.js" async></script>
<script held:inline>ran.push('last')</script>
<img id=i held:src="T/p.gif"><iframe id=f held:src="T/f.html"></iframe>
<link rel=stylesheet held:href="T/s.css">
"""
CALLS = """
<script>
  document.cookie = 'acme_id=1; path=/; max-age=999'; localStorage['acme:id'] = 'x';
  fetch('T/fetched', {method: 'POST', body: 'first', headers: {'x-key': 'k'}});
  const x = new XMLHttpRequest(); x.open('POST', 'T/asked'); x.send('second');
  navigator.sendBeacon('T/beacon', 'third'); new Image().src = 'T/pixel.gif';
</script>
"""


def comes_true(page: Page, expression: str) -> None:
    """Ask from outside, again and again: Playwright's own polling runs `eval` in the page, which a policy forbids."""

    def is_true() -> bool:
        try:
            return bool(page.evaluate(expression))
        except PageError as error:
            if "navigation" in str(error):  # the page is being reloaded: ask the next one
                return False
            raise

    until(is_true, expression)


def cookies(page: Page) -> list[str]:
    return sorted(cookie["name"] for cookie in page.context.cookies() if cookie["name"] != "hb")


def test_markup_comes_to_life_in_document_order(opened: Opened, tracker: Recorder) -> None:
    page = opened(HELD_MARKUP)
    settled(page)
    assert tracker.requests == []
    choose(page, "accept-all")
    comes_true(page, "ran.includes('last')")
    ran = [name for name in page.evaluate("ran") if name != "async.js"]
    assert ran == ["a.js", "a loaded", "inline", "b.js", "last"]
    assert page.evaluate("stays")
    assert page.evaluate("document.querySelector('script + #written') != null")
    comes_true(page, "getComputedStyle(document.body).color == 'rgb(1, 2, 3)' && i.naturalWidth == 1")
    for path in ("/async.js", "/f.html"):
        tracker.wait(path)
    assert page.evaluate("document.querySelectorAll('[data-hb]').length") == 0


def test_held_calls_are_sent_once(opened: Opened, tracker: Recorder) -> None:
    page = opened(CALLS)
    settled(page)
    assert (tracker.requests, cookies(page)) == ([], [])
    choose(page, "accept-all")
    bodies = {
        path: tracker.wait(f"POST tracker.test:{tracker.port}{path}").body
        for path in ("/fetched", "/asked", "/beacon")
    }
    tracker.wait("/pixel.gif")
    assert bodies == {"/fetched": b"first", "/asked": b"second", "/beacon": b"third"}
    assert tracker.received("POST")[0].get("origin").startswith("http://shop.test")
    assert cookies(page) == ["acme_id", "acme_server"] or cookies(page) == ["acme_id"]
    assert page.evaluate("[document.cookie, localStorage['acme:id']]") == ["acme_id=1", "x"]
    settled(page)
    assert len([request for request in tracker.requests if request.method == "POST"]) == 3


def test_held_calls_are_dropped_by_a_refusal(opened: Opened, tracker: Recorder) -> None:
    page = opened(CALLS)
    choose(page, "reject-all")
    until(lambda: [cookie for cookie in page.context.cookies() if cookie["name"] == "hb"], "the choice")
    settled(page)
    assert (tracker.requests, cookies(page)) == ([], [])


def test_the_queue_is_bounded(opened: Opened, tracker: Recorder) -> None:
    page = opened("<script>for (let n = 0; n < 150; n++) navigator.sendBeacon('T/many', n)</script>")
    choose(page, "accept-all")
    until(lambda: len(tracker.received("/many")) == 100, f"100 of them, got {len(tracker.requests)}")


def test_withdrawal_clears_cookies_and_storage_and_reloads(opened: Opened, site: Site) -> None:
    page = opened("<p>")
    choose(page, "accept-all")
    comes_true(page, "document.readyState == 'complete'")
    until(lambda: [cookie for cookie in page.context.cookies() if cookie["name"] == "hb"], "the choice")
    # A page that is left before the answer has come has the next one ask later, by a cookie.
    until(lambda: "Accept all" not in buttons(page), "its effect on the page")
    site.pages["/a/b/c"] = "<p>"
    page.goto(site.url("/a/b/c"))
    page.evaluate(
        "document.cookie = 'acme_host=1'; document.cookie = 'acme_domain=1; domain=shop.test; path=/';"
        "document.cookie = 'acme_path=1; path=/a/b'; document.cookie = 'acme_slash=1; path=/a/';"
        "document.cookie = 'own=1';"
        "localStorage['acme:x'] = 1; localStorage.own = 1;"
        "sessionStorage['acme:y'] = 1;"
        "new Promise(done => indexedDB.open('acme_db').onsuccess = e => { e.target.result.close(); done() })"
    )
    with page.expect_navigation():
        choose(page, "withdraw")
    assert cookies(page) == ["own"]
    assert page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]") == [["own"], []]
    assert page.evaluate("indexedDB.databases()") == []


def test_a_choice_in_one_tab_reaches_the_others(
    opened: Opened, context: BrowserContext, site: Site, tracker: Recorder
) -> None:
    first = opened(HELD_MARKUP)
    second = context.new_page()
    second.goto(site.url())
    choose(second, "accept-all")
    comes_true(first, "ran.includes('last')")
    assert first.evaluate("stays")
    with first.expect_navigation():
        choose(second, "withdraw")
    settled(first)
    tracker.forget()
    first.reload()
    settled(first)
    assert tracker.requests == []


def test_a_page_that_the_visitor_goes_back_to_is_checked(
    opened: Opened, context: BrowserContext, site: Site
) -> None:
    page = opened(HELD_MARKUP)
    site.pages["/next"] = "<p>"
    page.goto(site.url("/next"))
    choose(page, "accept-all")
    until(lambda: [cookie for cookie in context.cookies() if cookie["name"] == "hb"], "the choice")
    page.go_back()
    comes_true(page, "self.ran?.includes('last')")


@pytest.mark.parametrize(
    "policy",
    ["script-src 'nonce-abc' http://*.test:*; object-src 'none'", "script-src 'self' http://*.test:*"],
)
def test_under_the_sites_own_policy(policy: str, opened: Opened, site: Site, tracker: Recorder) -> None:
    site.policy, site.external = policy, "nonce" not in policy
    page = opened('<script held:src="T/a.js"></script><img held:src="T/p.gif">')
    settled(page)
    assert tracker.requests == []
    choose(page, "accept-all")
    tracker.wait("/a.js")
    comes_true(page, "self.ran?.includes('a.js')")


NO_FETCHES = "script-src 'self' 'nonce-abc'; style-src 'nonce-abc'; connect-src http://api.test"


def test_where_the_page_may_not_fetch_the_form_is_sent(opened: Opened, site: Site) -> None:
    site.policy = NO_FETCHES
    page = opened("<p>")
    with page.expect_navigation():
        choose(page, "reject-all")
    assert [cookie["value"] for cookie in page.context.cookies()] == ["none"]
    assert [request.get("accept")[:9] for request in site.recorder.received("/choice")] == ["text/html"]


NEW_BODY = "document.body.replaceWith(Object.assign(document.createElement('body'), {textContent: 'next'}))"
ANEW = {
    "another body": NEW_BODY,
    "a body without it": "document.body.innerHTML = 'next'",
    "a copy of the body": "document.body.replaceWith(document.body.cloneNode(true))",
    "a document that is written": "document.open(); document.write('<p>next</p>'); document.close()",
    "a new root": "document.replaceChild(document.createElement('html'), document.documentElement)",
    "a body kept and put back": f"self.kept = document.body; {NEW_BODY}; document.body.replaceWith(kept)",
}


@pytest.mark.parametrize("how", ANEW)
def test_the_notice_outlives_the_body(how: str, opened: Opened, site: Site, context: BrowserContext) -> None:
    page = opened("<p>")
    settled(page)
    for _ in range(2):
        page.evaluate(ANEW[how])
        until(lambda: page.locator("hb-notice").count() == 1, "the notice, once")
    settled(page)
    assert page.locator("hb-notice").count() == 1
    choose(page, "reject-all")
    until(lambda: [cookie for cookie in context.cookies() if cookie["name"] == "hb"], "the choice")


def test_a_page_that_never_lets_the_notice_stand_is_not_kept_busy(opened: Opened) -> None:
    page = opened(
        "<script>const all = {childList: true, subtree: true}; self.removed = 0;"
        "new MutationObserver(() => { for (const one of document.querySelectorAll('hb-notice'))"
        " { one.remove(); self.removed++ } }).observe(document, all); document.body.append('x')</script>"
    )
    comes_true(page, "self.removed > 50")
    settled(page)
    assert page.evaluate("self.removed") < 60


BAR = (
    "<div style='position: {position}; left: 0; bottom: 0; width: 100%'>"
    "<button id=buy style='width: 300px; height: 60px; margin: 0'>Buy</button></div>"
)


@pytest.mark.parametrize(("position", "is_clear"), [("fixed", True), ("absolute", False)])
def test_the_control_steps_aside_for_what_stays_where_it_is(
    position: str, is_clear: bool, opened: Opened
) -> None:
    page = opened(BAR.format(position=position) + "<script>buy.onclick = () => self.bought = true</script>")
    choose(page, "reject-all")
    page.wait_for_timeout(300)
    page.reload()
    page.wait_for_timeout(300)
    box = page.locator("#buy").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 40, box["y"] + box["height"] - 30)
    assert bool(page.evaluate("self.bought")) is is_clear
    if is_clear:
        page.set_viewport_size({"width": 360, "height": 640})
        page.wait_for_timeout(300)
        page.evaluate("self.bought = false")
        page.mouse.click(40, 640 - 30)
        assert page.evaluate("self.bought") is True


LONG = (
    "<style>body {{ margin: 0 }}</style><div style='height: {height}px'></div>"
    "<p><a id=first href=#x>x</a></p>"
    "<button id=last style='width: 100%; height: 3em' onclick='self.pressed = true'>Post</button>"
)


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
def test_what_is_last_on_a_page_can_be_reached_before_an_answer(
    width: int, height: int, opened: Opened, page: Page
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    opened(LONG.format(height=2000))
    settled(page)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.mouse.click(20, page.evaluate("last.getBoundingClientRect().y") + 10)
    assert page.evaluate("self.pressed") is True
    page.evaluate("scrollTo(0, 0); first.focus({preventScroll: true})")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "last"
    assert page.evaluate("""() => {
      const {left, bottom} = last.getBoundingClientRect();
      return document.elementFromPoint(left + 5, bottom - 5) == last;
    }""")
    long = page.evaluate("document.documentElement.scrollHeight")
    choose(page, "reject-all")
    comes_true(page, f"document.documentElement.scrollHeight < {long - 100}")


def test_a_page_that_does_not_scroll_gets_no_scroll_bar(opened: Opened, page: Page) -> None:
    opened(LONG.format(height=0))
    settled(page)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
