"""Addresses are read as browsers read them, and matched by whole labels and whole segments."""

from collections.abc import Callable
from typing import Any

import pytest
from holdback.proxy.rules.model import Purpose, Released, Service
from holdback.proxy.rules.rulebook import Match, Rulebook

ACME = Service(
    "acme",
    "Acme Metrics",
    Purpose.ANALYTICS,
    hosts=("tracker.test", "*.acme.example", "shared.example/tr"),
    paths=("/acme/collect",),
    cookies=("acme_*", "exact", "*_suffix"),
    storage=("acme:*",),
    scripts=("acme('init'",),
)
RULES = Rulebook.load([ACME])
NOTHING = Released()


@pytest.mark.parametrize(
    "url",
    [
        "https://tracker.test/", "http://tracker.test", "//tracker.test/x", "https://TRACKER.test:8443/",
        "https://tracker.test./", "https://user:pass@tracker.test/", "https:\\\\tracker.test\\x", "\\\\tracker.test/x",
        "https:tracker.test/", "https:/tracker.test/", "ht\ntps://tra\tcker.test/", "  https://tracker.test/ ",
        "wss://tracker.test/socket", "https://sub.tracker.test/", "https://acme.example/", "https://a.b.acme.example/",
        "https://tracker%2Etest/", "https://tracker。test/", "https://shared.example/tr", "https://shared.example/tr/x?y",
        "https://shared.example/%74r", "https://shared.example/a/../tr", "https://shared.example//tr", "https://tracker.test?x",
        "https://tracker.test#x", "https://x@y@tracker.test/",
    ],
)  # fmt: skip
def test_held(url: str) -> None:
    match = RULES.url(url)
    assert match is not None
    assert match.service == ACME
    assert RULES.held(match, NOTHING)
    assert not RULES.held(match, Released(frozenset({Purpose.ANALYTICS}), frozenset({"acme"})))


@pytest.mark.parametrize(
    "url",
    [
        "https://nottracker.test/", "https://tracker.test.evil.example/", "https://shared.example/", "/tracker.test/x",
        "https://shared.example/trousers", "https://example.com/?u=https://tracker.test/",
        "data:text/html,tracker.test",
        "https://tracker.test@example.com/", "mailto:a@tracker.test", "", "https://", "//", "javascript:tracker.test",
    ],
)  # fmt: skip
def test_not_held(url: str) -> None:
    assert RULES.url(url) is None


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("acme_id", True),
        ("acme_", True),
        ("acme", False),
        ("exact", True),
        ("EXACT", False),
        ("x_suffix", True),
    ],
)
def test_cookie(name: str, held: bool) -> None:
    assert RULES.held(RULES.cookie(name), NOTHING) is held


@pytest.mark.parametrize(
    ("script", "service"),
    [
        ("acme('init', 1)", "acme"),
        ('window.acme ( "init" )', "acme"),
        ("acme('initial')", None),
        ("macme('init')", None),
        ("acme.other('init')", None),
        ("é acme('init') é", "acme"),
        ("!function(f,b,e){}(window);fbq('init', '1');", "meta-pixel"),
        ('posthog.init("phc_x");gtag("config","G-1")', "posthog"),
        ('gtag("config","G-1");posthog.init("phc_x")', "google-analytics"),
        ("", None),
        ("const a = 1;", None),
    ],
)
def test_inline(script: str, service: str | None) -> None:
    match = RULES.inline(script)
    assert (match and match.service and match.service.id) == service


def test_a_long_address_is_read_like_any_other() -> None:
    assert RULES.held(RULES.url(f"https://tracker.test/?{'x' * 100_000}"), NOTHING)
    assert RULES.url(f"data:text/plain,{'x' * 100_000}") is None


@pytest.mark.parametrize(
    ("url", "own", "held"),
    [
        ("https://tracker.test/", "tracker.test", False),
        ("https://tracker.test/", "TRACKER.test:443", False),
        ("https://tracker.test/acme/collect", "tracker.test", True),
        ("https://tracker.test:444/", "tracker.test", True),
        ("https://tracker.test/", "tracker.test:8443", True),
        ("http://[::1]:8080/acme/collect", "[::1]:8080", True),
        ("http://[::1]/acme/collect", "[::1]:8080", False),
        ("https://shop.test/acme/collect", "other.test", False),
        ("https://shop.test/ingest/i/v0/e/", "shop.test", True),
        ("https://shop.test/e/", "shop.test", False),
        ("https://cdn.tracker.test/", "tracker.test", True),
    ],
)
def test_on_the_sites_own_host_only_paths_count(url: str, own: str, held: bool) -> None:
    assert RULES.held(RULES.url(url, own_host=own), NOTHING) is held


def test_what_a_site_needs_passes_and_says_why() -> None:
    match = RULES.cookie("sessionid")
    assert match is not None
    assert not match.holds
    assert match.purpose is Purpose.NECESSARY


def test_wide_facts_describe_and_do_not_hold() -> None:
    for match in (RULES.cookie("KADUSERCOOKIES_x"), RULES.cookie("fr"), RULES.url("https://hp.com/x")):
        assert not RULES.held(match, NOTHING)
    named = RULES.url("https://hp.com/x")
    assert named is not None
    assert (named.service, named.purpose, named.holds) == (None, Purpose.MARKETING, False)


def test_a_declared_service_takes_the_place_of_the_curated_one() -> None:
    mine = Service("google-analytics", "Google Analytics", Purpose.NECESSARY, cookies=("_ga",))
    assert not Rulebook.load([mine]).held(Rulebook.load([mine]).cookie("_ga"), NOTHING)


def test_an_owners_word_on_a_known_service_adds_to_what_is_known() -> None:
    mine = Service("posthog", "PostHog", Purpose.MARKETING, hosts=("ph.shop.test",))
    rules = Rulebook.load([mine])

    assert rules.services["posthog"].purpose is Purpose.MARKETING
    for match in (
        rules.url("https://ph.shop.test/e/"),
        rules.url("https://us.i.posthog.com/e/"),
        rules.cookie("ph_phc_1_posthog"),
        rules.storage("ph_phc_1_posthog"),
    ):
        assert rules.held(match, NOTHING)


def test_the_digest_names_the_rules() -> None:
    assert RULES.digest == Rulebook.load([ACME]).digest != Rulebook.load().digest


def test_guard_facts_are_what_is_still_held() -> None:
    assert "acme" in {service.id for service in RULES.guard_facts(NOTHING).services}
    assert "stripe" not in {service.id for service in RULES.guard_facts(NOTHING).services}
    everything = Released(frozenset(Purpose), frozenset(RULES.services))
    assert RULES.guard_facts(everything).services == ()


def test_the_guard_lets_released_services_pass_below_held_hosts() -> None:
    analytics = frozenset(
        id_ for id_, service in RULES.services.items() if service.purpose is Purpose.ANALYTICS
    )
    facts = RULES.guard_facts(Released(frozenset({Purpose.ANALYTICS}), analytics))
    assert "stats.g.doubleclick.net" in facts.exempt
    # A consent tool below a company for advertising.
    assert RULES.guard_facts(NOTHING).exempt == ("cmp.inmobi.com",)


def test_the_guard_knows_endpoints_that_the_path_alone_tells() -> None:
    paths = {service.id: service.paths for service in RULES.guard_facts(NOTHING).services}
    assert "*/2/httpapi" in paths["amplitude"]
    assert "*/track" not in paths["mixpanel"]
    assert paths["acme"] == ("/acme/collect",)


@pytest.mark.parametrize(
    ("field", "claimed", "ask"),
    [
        ("cookies", "_fbp", lambda rules: rules.cookie("_fbp")),
        ("cookies", "_ga_*", lambda rules: rules.cookie("_ga_X")),
        ("hosts", "connect.facebook.net", lambda rules: rules.url("https://connect.facebook.net/x.js")),
        ("storage", "_hj*", lambda rules: rules.storage("_hjX")),
        ("parameters", "gclid", lambda rules: rules.parameter("gclid")),
        ("scripts", "fbq('init'", lambda rules: rules.inline("fbq('init', 1)")),
    ],
)
@pytest.mark.parametrize("id_", ["a-first", "zz-last"])
def test_what_a_declared_and_a_known_service_claim_is_the_declared_ones(
    field: str, claimed: str, ask: Callable[[Rulebook], Match | None], id_: str
) -> None:
    claims: dict[str, Any] = {field: (claimed,)}
    ours = Service(id_, "Ours", Purpose.ANALYTICS, **claims)
    match = ask(Rulebook.load([ours]))
    assert match is not None
    assert match.service == ours


def test_the_guard_holds_no_name_that_is_released() -> None:
    """One service is allowed, the other is not; their patterns overlap."""
    wide = Service("wide", "Wide", Purpose.ANALYTICS, cookies=("_hj*", "_x", "_same"), storage=("k*",))
    narrow = Service(
        "narrow", "Narrow", Purpose.ANALYTICS, cookies=("_hjSession*", "_same", "_z*"), storage=("kk", "y*")
    )
    rules = Rulebook([narrow, wide], declared=["narrow"])
    allowed = Released(frozenset({Purpose.ANALYTICS}), frozenset({"narrow"}))
    facts = rules.guard_facts(allowed)
    [held] = facts.services
    assert (held.cookies, held.storage) == (("_hj*", "_x"), ("k*",))
    assert (facts.free_cookies, facts.free_storage) == (("_hjSession*",), ("kk",))
    for name in ("_hjSession_1", "_same", "_z1", "_hj1", "_x"):
        assert rules.held(rules.cookie(name), allowed) == (name in ("_hj1", "_x"))
    other = rules.guard_facts(Released(services=frozenset({"wide"})))
    assert other.free_cookies == ()
    assert other.services[0].cookies == ("_hjSession*", "_same", "_z*")
