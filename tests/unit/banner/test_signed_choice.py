"""The signed cookie: believed only whole, for its host, with a key that is not retired."""

import uuid

import pytest
from holdback.banner.consent.signed_choice import (
    LIFETIME,
    Choice,
    ChoiceSigner,
    Colliding,
    bare_host,
    cookie_name,
    set_cookie,
    strictest,
)
from holdback.proxy.rules.model import ASKED, Purpose, Regime
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
SERVICES = ("acme", "google-analytics", "meta-pixel")
SIGNER = ChoiceSigner([NEW, OLD], SERVICES)


def choice(**changes: object) -> Choice:
    fields: dict[str, object] = {
        "id": str(uuid.uuid4()),
        "at": 1_790_000_000,
        "host": "shop.test",
        "notice": "a1" * 8,
        "purposes": frozenset({Purpose.ANALYTICS}),
        "services": frozenset({"acme", "google-analytics"}),
        "regime": Regime.OPT_OUT,
        "gpc": True,
        "edition": "0123456789abcdef",
        "record": 4_000_000_000,
    }
    return Choice(**(fields | changes))  # type: ignore[arg-type]


def test_what_is_signed_is_read_back() -> None:
    given_choice = choice()
    assert SIGNER.read(SIGNER.sign(given_choice), "shop.test") == given_choice


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize(
    "purposes", [frozenset[Purpose](), frozenset(ASKED), *(frozenset({p}) for p in ASKED)]
)
def test_every_state_survives(regime: Regime, purposes: frozenset[Purpose]) -> None:
    given_choice = choice(regime=regime, purposes=purposes, gpc=False, services=frozenset())
    assert SIGNER.read(SIGNER.sign(given_choice), "shop.test") == given_choice


def test_an_older_key_verifies_until_it_is_retired() -> None:
    value = ChoiceSigner([OLD], SERVICES).sign(choice())
    assert SIGNER.read(value, "shop.test") is not None
    assert ChoiceSigner([NEW], SERVICES).read(value, "shop.test") is None


def test_the_first_key_signs() -> None:
    value = SIGNER.sign(choice())
    assert ChoiceSigner([NEW], SERVICES).read(value, "shop.test") is not None
    assert ChoiceSigner([OLD], SERVICES).read(value, "shop.test") is None


@pytest.mark.parametrize("host", ["shop.test:8080", "SHOP.test", "shop.test."])
def test_a_value_is_good_on_every_spelling_of_its_host(host: str) -> None:
    assert SIGNER.read(SIGNER.sign(choice()), host) is not None


@pytest.mark.parametrize("host", ["other.test", "www.shop.test", "", "shop.test.evil"])
def test_a_value_of_another_host_is_no_choice(host: str) -> None:
    assert SIGNER.read(SIGNER.sign(choice()), host) is None


def test_a_value_cut_anywhere_is_no_choice() -> None:
    value = SIGNER.sign(choice())
    assert all(SIGNER.read(value[:end], "shop.test") is None for end in range(len(value)))


def test_a_value_changed_anywhere_in_its_payload_is_no_choice() -> None:
    value = SIGNER.sign(choice())
    for place in range(value.index(".")):
        changed = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        assert SIGNER.read(changed, "shop.test") is None


@given(st.text())
def test_reading_never_raises(value: str) -> None:
    assert SIGNER.read(value, "shop.test") is None


def test_a_service_that_is_not_known_any_more_is_dropped() -> None:
    read = ChoiceSigner([NEW], ("acme",)).read(SIGNER.sign(choice()), "shop.test")
    assert read is not None
    assert read.services == {"acme"}


def test_colliding_ids_are_refused() -> None:
    with pytest.raises(Colliding, match="rename one"):
        ChoiceSigner([NEW], [f"s{number}" for number in range(20_000)])


def test_two_hundred_services_stay_under_a_kilobyte() -> None:
    services = [f"service-{number}" for number in range(200)]
    value = ChoiceSigner([NEW], services).sign(
        choice(services=frozenset(services), purposes=frozenset(ASKED))
    )
    assert len(value) < 1024


def test_a_refusal_is_short() -> None:
    assert len(SIGNER.sign(choice(services=frozenset(), purposes=frozenset()))) < 150


def test_the_strictest_of_several_grants_only_what_all_grant() -> None:
    older = choice(at=1, purposes=frozenset(ASKED), services=frozenset({"acme", "meta-pixel"}))
    newer = choice(at=2, purposes=frozenset({Purpose.ANALYTICS}), services=frozenset({"acme"}))
    both = strictest([older, newer])
    assert (both.purposes, both.services) == (newer.purposes, newer.services)
    assert both.id == newer.id
    refused = choice(at=0, purposes=frozenset(), services=frozenset())
    assert strictest([newer, refused]).services == frozenset()


def test_the_cookie_is_closed_to_scripts_and_bound_to_the_host() -> None:
    assert set_cookie("v", "https") == (
        f"__Host-hb=v; Path=/; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax; Secure"
    )
    assert set_cookie("v", "http") == f"hb=v; Path=/; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax"
    assert cookie_name("https") == "__Host-hb"


def test_a_choice_expires_after_half_a_year() -> None:
    assert not choice(at=100).expired(100 + LIFETIME - 1)
    assert choice(at=100).expired(100 + LIFETIME)


@pytest.mark.parametrize(
    ("host", "bare"),
    [
        ("Shop.Test:8080", "shop.test"),
        ("[::1]:80", "[::1]"),
        ("shop.test.", "shop.test"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_bare_host(host: str, bare: str) -> None:
    assert bare_host(host) == bare
