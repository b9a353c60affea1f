"""Addresses are read as browsers read them, and matched by whole labels and whole segments."""

import pytest
from holdback.proxy.rules.model import Purpose, Released, Service
from holdback.proxy.rules.rulebook import Rulebook

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
    ("path", "query", "body", "held"),
    [
        (b"/acme/collect", b"", b"", True),
        (b"/acme/collect/x", b"", b"", True),
        (b"/acme/collector", b"", b"", False),
        (b"/acme/%63ollect", b"", b"", True),
        (b"/x/../acme/collect", b"", b"", True),
        (b"//acme//collect", b"", b"", True),
        (b"/ingest/i/v0/e/", b"", b"", True),
        (b"/e/", b"", b'{"api_key":"phc_x"}', True),
        (b"/e/", b"", b"name=Ann", False),
        (b"/track/", b"verbose=1&ip=1", b"", True),
        (b"/track/", b"", b"parcel=12345", False),
        (b"/2/httpapi", b"", b"", True),
        (b"/v1/t", b"", b'{"anonymousId":"x"}', True),
        (b"/v1/t", b"", b'{"title":"x"}', False),
        (b"/api/event", b"", b'{"n":"pageview"}', True),
        (b"/api/event", b"", b'{"title":"Party"}', False),
        (b"/com.snowplowanalytics.snowplow/tp2", b"", b"", True),
        (b"/matomo.php", b"idsite=1&rec=1", b"", True),
        (b"/matomo.php", b"module=Login", b"", False),
        (b"/g/collect", b"v=2&tid=G-1", b"", True),
        (b"/collect", b"id=1", b"", False),
        (b"/products", b"", b"", False),
    ],
)
def test_own_path(path: bytes, query: bytes, body: bytes, held: bool) -> None:
    own = RULES.own_path(path, query)
    told = own is not None and (own.needs_body is None or own.needs_body(body))
    assert told is held


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
