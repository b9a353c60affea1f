"""What sites call of a held tracker: nothing throws, and the calls reach what comes on a grant."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.engines import choose
from tests.support.guarded import TRACKER, Site
from tests.support.processes import until
from tests.support.recording import Recorder

from .support import Opened, settled

pytestmark = [pytest.mark.browser, pytest.mark.both_engines("long")]

NAMES = ("fbq", "posthog", "mixpanel", "amplitude", "clarity", "hj", "analytics", "plausible", "snowplow")
HELD = '<script held:src="T/acme.js"></script>'
CALLS = """<script>
fbq('track', 'View'); fbq.call(null, 'x'); new amplitude.Identify().set('a', 1);
posthog.capture('a'); mixpanel.people.set({a: 1}); amplitude.getInstance().logEvent('e'); hj('event', 'e');
analytics.track('e'); plausible('e'); snowplow('trackPageView'); clarity('set', 'a', 'b'); _paq.push(['trackPageView']);
gtag('event', 'e', {event_callback: () => { self.told = true }}); dataLayer.push({event: 'e'});
self.flag = Boolean(posthog.isFeatureEnabled('x')); self.loaded = posthog.__loaded; self.text = `${posthog}`;
self.reached = true;
</script>"""


@pytest.fixture
def calling(site: Site) -> Site:
    names = (*NAMES, "gtag", "dataLayer[]", "_paq[]")
    site.services = [TRACKER.__class__(**{**_fields(), "globals": names})]
    return site


def _fields() -> dict[str, Any]:
    return {name: getattr(TRACKER, name) for name in TRACKER.__dataclass_fields__}


@pytest.fixture(autouse=True)
def services(site: Site) -> object:
    before = site.services
    yield
    site.services = before


def test_nothing_throws(calling: Site, opened: Opened) -> None:
    page = opened(HELD + CALLS)
    assert page.evaluate("reached")
    assert page.evaluate("[self.flag, self.loaded === undefined]") == [False, True]
    assert page.evaluate("[self._paq.length, self.dataLayer.length]") == [1, 2]
    until(lambda: page.evaluate("self.told"), "the callback that a page may wait for")


def test_nothing_is_defined_where_nothing_is_held(calling: Site, opened: Opened) -> None:
    page = opened("<script>self.found = ['fbq', 'gtag', 'dataLayer'].filter((name) => name in self)</script>")
    assert page.evaluate("found") == []


def test_what_a_page_defines_itself_stays(calling: Site, opened: Opened) -> None:
    page = opened("<script>self.fbq = 7; self.plausible = 8</script>" + HELD)
    assert page.evaluate("[fbq, plausible]") == [7, 8]


def test_the_calls_reach_what_comes_on_a_grant(calling: Site, opened: Opened, tracker: Recorder) -> None:
    held = (
        "<script held:inline>self.was = typeof self.fbq;"
        " self.fbq = (...args) => (self.got ??= []).push(args);"
        " self.mixpanel = {people: {set: (what) => self.got.push(what)}}</script>"
    )
    page = opened(held + CALLS)
    choose(page, "accept-all")
    until(lambda: page.evaluate("self.got?.length") == 3, "the calls")
    assert page.evaluate("[self.was, self.got]") == ["undefined", [["track", "View"], ["x"], {"a": 1}]]
    assert page.evaluate("typeof self.posthog") == "function"


OBJECTS = """<script>
const player = new YT.Player('p', {events: {ready: (it) => self.ready = it.name}});
player.play(); player.seconds().then((seconds) => self.seconds = seconds);
mapboxgl.accessToken = 'secret'; const map = new mapboxgl.Map(new mapboxgl.Place(1).near(2));
Sentry.init({parts: [Sentry.part('replay')]});
const stop = posthog.listen(() => 1); stop();
(async () => { self.waited = await (await posthog.capture('x')) ?? await posthog.send().promise ?? 'nothing' })();
(async () => { self.people = typeof await posthog.people })();
self.written = JSON.stringify({player, posthog, one: 1});
(async () => { self.made = (await YT.make('q')).name })();
self.asked = [!!posthog.isOn(), posthog.get_id(), !!YT.isReady(), posthog.getUser().set('a') !== undefined];
self.text = `${player} ${posthog.capture('y')}`.length > 0; self.size = player.size + '';
</script>"""
LIBRARIES = """<script held:inline>
self.did = [];
class Thing { constructor(name) { this.name = name } play() { did.push(`${this.name} plays`) }
  async seconds() { return 7 } }
self.YT = {Player: class extends Thing { constructor(name, {events}) { super(name); events.ready(this) } },
  make: async (name) => new Thing(name)};
self.mapboxgl = {Map: class { constructor(place) { did.push(`map of ${place} with ${mapboxgl.accessToken}`) } },
  Place: class { constructor(x) { this.x = x } near(y) { return `${this.x},${y}` } }};
self.Sentry = {part: (name) => ({name}), init: ({parts}) => did.push(`begun with ${parts[0].name}`)};
self.posthog = {listen: (listener) => () => did.push('stopped'), capture: () => 0};
</script>"""


def test_objects_that_a_page_has_made_are_made_on_a_grant(calling: Site, opened: Opened) -> None:
    """With what was called of them, set on them and made of one another, and with whoever waits for them."""
    (service,) = calling.services
    names = (*service.globals, "YT()", "mapboxgl()", "Sentry")
    calling.services = [replace(service, globals=names)]
    page = opened(LIBRARIES + OBJECTS)
    until(lambda: page.evaluate("self.waited"), "a promise that waits for no vendor")
    assert page.evaluate("[waited, people, written, asked, text, self.ready]") == [
        "nothing",
        "function",
        '{"one":1}',
        [False, None, False, True],
        True,
        None,
    ]
    choose(page, "accept-all")
    until(lambda: page.evaluate("self.made && self.seconds"), "who waits")
    assert page.evaluate("[self.ready, self.seconds, self.made]") == ["p", 7, "q"]
    assert page.evaluate("self.did") == ["p plays", "map of 1,2 with secret", "begun with replay", "stopped"]


def test_a_name_of_two_letters_is_left_to_the_page(calling: Site, opened: Opened) -> None:
    """It may be anything's: where a script of the site's own defines it, that is not put aside."""
    (service,) = calling.services
    calling.services = [replace(service, globals=("aa", "mixpanel"))]
    page = opened("<script held:inline>aa('init')</script><script>var aa = () => 5; self.is = aa()</script>")
    assert page.evaluate("self.is") == 5


def test_google_is_told_what_was_granted(calling: Site, opened: Opened) -> None:
    page = opened(HELD + CALLS)
    settled(page)
    assert "consent" not in _told(page)
    choose(page, "accept-all")
    until(lambda: _told(page).count("consent") == 2, "the signals")
    assert _told(page)[0] == "consent"
    said = page.evaluate("[...self.dataLayer[0]]")
    assert said[1] == "default"
    assert said[2]["analytics_storage"] == said[2]["ad_storage"] == "granted"


def _told(page: Page) -> list[str]:
    found: list[str] = page.evaluate("self.dataLayer.map((entry) => entry[0] ?? 'object')")
    return found


LIBRARY = """(() => {
  let key;
  self.mixpanel = {
    init: (given) => { key = given },
    track: (name) => (self.sent ??= []).push(key.toUpperCase() + ' ' + name),
    get_distinct_id: () => key.toUpperCase(),
  };
})()"""
"""A library that throws where it was not begun, as the real one does."""
BEGUN = "<script held:inline>mixpanel.init('token')</script>"
USED = """<button id=add onclick="mixpanel.track('added'); cart.textContent = '1 item'">Add</button><p id=cart>empty</p>
<script>mixpanel.track('viewed'); self.who = mixpanel.get_distinct_id()</script>"""
ORDERS = {
    "the library, its beginning, its use": f"<script src=/own.js></script>{BEGUN}{USED}",
    "its beginning, the library, its use": f"{BEGUN}<script src=/own.js></script>{USED}",
    "its use, and the library at the end": f"{BEGUN}{USED}<script src=/own.js defer></script>",
    "all in one place": f"<script>{LIBRARY}</script>{BEGUN}{USED}",
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_library_of_the_sites_own_is_held_with_its_beginning(
    order: str, calling: Site, opened: Opened
) -> None:
    calling.files["/own.js"] = ("text/javascript", LIBRARY.encode())
    page = opened(ORDERS[order])
    page.click("#add")
    assert page.evaluate("[cart.textContent, self.sent ?? null]") == ["1 item", None]
    choose(page, "reject-all")
    page.wait_for_timeout(100)
    page.reload()
    page.click("#add")
    assert page.evaluate("[cart.textContent, self.sent ?? null]") == ["1 item", None]
    page.context.clear_cookies()
    page.reload()
    page.click("#add")
    choose(page, "accept-all")
    until(lambda: page.evaluate("self.sent?.length") == 2, "the calls")
    assert page.evaluate("self.sent") == ["TOKEN viewed", "TOKEN added"]
    page.click("#add")
    assert page.evaluate("[self.sent.length, mixpanel.get_distinct_id()]") == [3, "TOKEN"]
    if not ORDERS[order].startswith(BEGUN):  # it works where the site works by itself
        page.reload()
        assert page.evaluate("[self.sent, self.who]") == [["TOKEN viewed"], "TOKEN"]


def test_what_another_service_defines_stays_when_one_is_released(calling: Site, opened: Opened) -> None:
    other = "<script>self.clarity = () => self.heard = true</script>"
    page = opened(f"{other}{BEGUN}<script>clarity('set'); mixpanel.track('x')</script>")
    assert page.evaluate("[self.heard, typeof mixpanel.track]") == [None, "function"]


REAL = Path(__file__).parents[2] / "sdks" / "node_modules" / "mixpanel-browser" / "dist" / "mixpanel.umd.js"


def test_the_real_one(calling: Site, opened: Opened, tracker: Recorder) -> None:
    calling.files["/own.js"] = ("text/javascript", REAL.read_bytes())
    page = opened(
        "<script src=/own.js></script><script held:inline>"
        "mixpanel.init('token', {api_host: 'T/x', batch_requests: false, api_payload_format: 'json'})</script>"
        + USED
    )
    page.click("#add")
    assert page.evaluate("cart.textContent") == "1 item"
    assert tracker.requests == []
    choose(page, "accept-all")
    until(lambda: b"added" in b"".join(one.body for one in tracker.requests), "the event")
    assert page.evaluate("typeof mixpanel.get_distinct_id()") == "string"
