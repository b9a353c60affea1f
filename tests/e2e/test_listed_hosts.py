"""What an owner's list says of a host counts for what scripts ask for: the guard asks, or has it in the page."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.banner.guard.digests import digest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support.chromium import choose, chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.http_client import Lines
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Recorder, Reply, recording

LIST = "||ads.test^$third-party\n||lib.test^\n@@||lib.test/kept.js\n||other.test^$domain=elsewhere.test\n"
DOCUMENT: Lines = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html"))
FIRST: Lines = (*DOCUMENT, ("Sec-Fetch-Site", "none"))
LATER: Lines = (*DOCUMENT, ("Sec-Fetch-Site", "same-origin"))
ASKING = "*/_hb/listed-*"


@pytest.fixture
def third_party() -> Iterator[Recorder]:
    """Every host of a test but the shop."""
    allowed = [("Access-Control-Allow-Origin", "*"), ("Content-Type", "text/plain")]
    with recording(lambda _: Reply(b"there", lines=allowed)) as recorder:
        yield recorder


@pytest.fixture
def browser(third_party: Recorder) -> Iterator[Browser]:
    with chromium({"*.test": f"127.0.0.1:{third_party.port}"}) as running:
        yield running


@pytest.fixture
def shop(origin: Origin, tmp_path: Path) -> Iterator[Holdback]:
    page = Reply(b'<!doctype html><head></head><a id="on" href="/two">on</a>', lines=[HTML])
    refusing = ("Permissions-Policy", "sync-xhr=()")
    origin.pages |= {"/": page, "/two": page, "/mute": Reply(page.body, lines=[HTML, refusing])}
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "easyprivacy.txt").write_text(LIST)
    nothing = {"HOLDBACK_SITE__USES": "[]"}
    with serving(origin.url, data, env=nothing) as running:
        yield running


def questions(page: Page) -> list[str]:
    """The hosts that the guard of *page* asks about from now on."""
    asked: list[str] = []
    page.on(
        "request", lambda one: asked.append(one.url.rpartition("/")[2]) if "/listed-" in one.url else None
    )
    return asked


def hosts(third_party: Recorder) -> list[str]:
    return [request.host for request in third_party.requests]


def told(shop: Holdback, lines: Lines, path: str = "/") -> list[str]:
    """What the guard of a page is told of the lists: where to ask, and what they say of some hosts."""
    page = shop.fetch(path, lines).text
    here = re.search('data-here="([^"]*)"', page)
    text = html.unescape(here[1]) if here else page
    found = re.search(r'"lists": ?(\[[^\]]*\])', text)
    return json.loads(found[1]) if found else []


SENDS = {
    "fetch": "fetch('http://{host}/x').catch(() => {{}})",
    "beacon": "navigator.sendBeacon('http://{host}/x', '1')",
    "request": "const call = new XMLHttpRequest(); call.open('GET', 'http://{host}/x'); call.send()",
    "picture": "new Image().src = 'http://{host}/x'",
    "script": "document.head.append(Object.assign(document.createElement('script'), {{src: 'http://{host}/x'}}))",
    "markup": "document.body.insertAdjacentHTML('beforeend', '<img src=\"http://{host}/x\">')",
    "style": "document.body.appendChild(document.createElement('p')).style.backgroundImage = 'url(http://{host}/x)'",
}


@pytest.mark.browser
@pytest.mark.parametrize("page_number", [1, 2])
@pytest.mark.parametrize("sends", SENDS)
def test_what_a_list_names_is_held_and_the_rest_goes_out(
    shop: Holdback, browser: Browser, third_party: Recorder, sends: str, page_number: int
) -> None:
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    if page_number == 2:
        page.click("#on")
        page.wait_for_url("**/two")
    asked = questions(page)
    for host in ("ads.test", "deep.ads.test", "lib.test", "other.test", "free.test"):
        page.evaluate(f"() => {{ {SENDS[sends].format(host=host)} }}")
    until(
        lambda: {"lib.test", "other.test", "free.test"} <= set(hosts(third_party)),
        "what no list holds goes out",
    )
    assert not [host for host in hosts(third_party) if "ads" in host]
    assert sorted(asked) == ["ads.test", "deep.ads.test", "free.test", "lib.test", "other.test"]


@pytest.mark.browser
def test_it_goes_out_after_a_grant(shop: Holdback, browser: Browser, third_party: Recorder) -> None:
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.evaluate("() => void (new Image().src = 'http://ads.test/before')")
    choose(page, "accept-all")
    until(lambda: hosts(third_party) == ["ads.test"], "what was agreed to goes out")
    page.goto(f"{shop.url}/two")
    asked = questions(page)
    page.evaluate("() => void (new Image().src = 'http://ads.test/after')")
    until(lambda: len(third_party.requests) == 2, "what comes later, too")
    assert asked == []
    assert [request.path for request in third_party.requests] == ["/before", "/after"]


@pytest.mark.browser
def test_links_ask_nobody_and_an_answer_counts_for_the_page(shop: Holdback, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    asked = questions(page)
    page.evaluate(
        """() => {
            document.body.innerHTML = '<p class="a"><a class="b" href="https://linked.test/x">x</a></p>';
            document.body.insertAdjacentHTML('beforeend', '<p style="color:red">//word //word/x <img src="/own">');
            for (let n = 0; n < 9; n++) new Image().src = `http://free.test/${n}`;
            new Image().src = `http://sub.${location.hostname}/`;
        }"""
    )
    assert asked == ["free.test"]


@pytest.mark.browser
def test_a_host_that_nobody_could_judge_is_held(
    shop: Holdback, browser: Browser, third_party: Recorder
) -> None:
    context: BrowserContext = browser.new_context()

    def fail(route: Route) -> None:
        route.abort()

    context.route("**/_hb/listed-*/**", fail)
    page = context.new_page()
    page.goto(f"{shop.url}/")
    refused = page.evaluate("() => fetch('http://free.test/x').then(() => 'sent', (error) => error.name)")
    page.evaluate("() => { try { new Image().src = 'http://free.test/x' } catch {} }")
    context.unroute("**/_hb/listed-*/**", fail)
    page.evaluate("() => void (new Image().src = 'http://free.test/again')")
    until(lambda: bool(third_party.requests), "what is judged goes out")
    assert refused == "TypeError"
    assert [request.path for request in third_party.requests] == ["/again"]


@pytest.mark.browser
def test_what_the_site_uses_is_in_the_page(shop: Holdback, browser: Browser, third_party: Recorder) -> None:
    """Then nobody has to ask: not on the first page of a visit, nor later."""
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.evaluate("() => { new Image().src = 'http://ads.test/x'; new Image().src = 'http://free.test/x' }")
    expected = f"{digest('ads.test')[:4]}1{digest('free.test')[:4]}0"
    until(lambda: told(shop, FIRST)[1] == expected, "what was reported is in the pages")
    assert told(shop, LATER)[1] == expected
    printed = shop.command("site").stdout
    assert re.search(
        r"host +ads\.test +reported .* held for analytics by EasyPrivacy \|\|ads\.test\^", printed
    )
    assert re.search(r"host +free\.test +reported [\d -]+$", printed, re.MULTILINE)
    third_party.forget()
    visit = browser.new_context().new_page()
    asked = questions(visit)
    for path in ("/", "/two"):
        visit.goto(f"{shop.url}{path}")
        visit.evaluate(
            "() => { new Image().src = 'http://ads.test/y'; new Image().src = 'http://free.test/y' }"
        )
    until(lambda: hosts(third_party) == ["free.test", "free.test"], "what no list holds goes out")
    assert asked == []


@pytest.mark.browser
def test_a_page_that_can_not_ask_goes_by_what_it_is_told(
    shop: Holdback, browser: Browser, third_party: Recorder
) -> None:
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.evaluate("() => void (new Image().src = 'http://ads.test/x')")
    until(lambda: bool(told(shop, FIRST, "/mute")), "what was reported is in the pages")
    page.goto(f"{shop.url}/mute")
    asked = questions(page)
    for host in ("ads.test", "free.test"):
        page.evaluate(f"() => void (new Image().src = 'http://{host}/x')")
    until(lambda: hosts(third_party) == ["free.test"], "what no list holds goes out")
    choose(page, "reject-all")
    until(lambda: any(one["name"] == "hb" for one in page.context.cookies()), "the refusal is answered")
    page.evaluate("() => fetch('/two').then((answer) => answer.text())")
    page.evaluate("() => void (new Image().src = 'http://free.test/y')")
    until(lambda: hosts(third_party) == ["free.test", "free.test"], "after a refusal, too")
    assert asked == []


def test_a_page_that_can_not_ask_is_told_so(shop: Holdback) -> None:
    assert told(shop, FIRST)[0].startswith("/_hb/listed-")
    assert told(shop, LATER)[0].endswith("/analytics/")
    assert told(shop, FIRST, "/mute") == []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("analytics/ads.test", "1"),
        ("analytics+marketing/a.ADS.test.", "1"),
        ("marketing/ads.test", "0"),
        ("analytics/free.test", "0"),
        ("analytics/lib.test", "0"),
        ("analytics/other.test", "0"),
        ("analytics/google-analytics.com", "0"),
        ("analytics/[::1]", "0"),
        ("analytics/%00%ff", "0"),
        (f"analytics/{'a.' * 125}ads.test", "0"),
        ("no%20purpose/ads.test", "0"),
    ],
)
def test_the_answers(shop: Holdback, asked: str, answer: str) -> None:
    place = told(shop, FIRST)[0].removesuffix("analytics/")
    found = shop.fetch(place + asked)
    assert (found.status, found.text) == (200, answer)
    assert found.all("cache-control") == ["private, max-age=86400"]


def test_a_page_of_older_rules_is_answered_and_keeps_nothing(shop: Holdback) -> None:
    found = shop.fetch("/_hb/listed-0123/analytics/ads.test")
    assert (found.text, found.all("cache-control")) == ("1", ["no-store"])


def test_a_choice_comes_with_what_is_held_then(shop: Holdback) -> None:
    state = json.loads(shop.fetch("/_hb/choices", [("Accept", "application/json")]).text)
    assert state["guard"]["lists"] == told(shop, FIRST)
