"""Places come from databases of either shape; whatever is wrong with one, nobody is released by it."""

import logging
from pathlib import Path

import pytest
from holdback.proxy.rules.countries import age_of_consent, regime_for
from holdback.proxy.rules.model import Regime
from holdback.proxy.rules.places import UNKNOWN, Place, Places

from tests.support.mmdb import Value, write_mmdb

NETWORKS: dict[str, Value] = {
    "192.0.2.0/24": {"country": {"iso_code": "DE"}, "registered_country": {"iso_code": "US"}},
    "198.51.100.0/24": {
        "country": {"iso_code": "US"},
        "subdivisions": [{"iso_code": "CA"}, {"iso_code": "X"}],
    },
    "203.0.113.0/24": {"registered_country": {"iso_code": "US"}},
    "10.0.0.0/8": {"country_code": "fr"},
    "11.0.0.0/8": {"country_code": "US", "state1_code": "TX"},
    "12.0.0.0/8": {"country": "BR"},
    "13.0.0.0/8": {"country_code": "EUR"},
    "14.0.0.0/8": "nonsense",
    "15.0.0.0/8": {"country": {}},
    "2001:db8::/32": {"country": {"iso_code": "GB"}},
}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", Place("DE", None)),
        ("::ffff:192.0.2.7", Place("DE", None)),
        ("198.51.100.1", Place("US", "CA")),
        ("203.0.113.1", UNKNOWN),
        ("10.1.2.3", Place("FR", None)),
        ("11.1.2.3", Place("US", "TX")),
        ("12.0.0.1", Place("BR", None)),
        ("13.0.0.1", UNKNOWN),
        ("14.0.0.1", UNKNOWN),
        ("15.0.0.1", UNKNOWN),
        ("2001:db8::1", Place("GB", None)),
        ("2001:db8::1%eth0", Place("GB", None)),
        ("9.9.9.9", UNKNOWN),
        ("", UNKNOWN),
        ("unix:", UNKNOWN),
        ("192.0.2.7:80", UNKNOWN),
    ],
)
def test_locate(tmp_path: Path, address: str, place: Place) -> None:
    assert Places(write_mmdb(tmp_path / "c.mmdb", NETWORKS)).locate(address) == place


def test_a_database_of_ipv4_alone(tmp_path: Path) -> None:
    places = Places(write_mmdb(tmp_path / "c.mmdb", {"192.0.2.0/24": {"country_code": "DE"}}, ip_version=4))
    assert places.locate("192.0.2.7") == Place("DE", None)
    assert places.locate("2001:db8::1") == UNKNOWN


def test_without_a_database_every_place_is_unknown() -> None:
    assert Places().locate("192.0.2.7") == UNKNOWN


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"\xab\xcd\xefMaxMind.com", bytes(4096)])
def test_what_cannot_be_read_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    file = tmp_path / "c.mmdb"
    if content is not None:
        file.write_bytes(content)
    with caplog.at_level(logging.WARNING, "holdback"):
        places = Places(file)
        assert {places.locate(f"192.0.2.{last}") for last in range(5)} == {UNKNOWN}
    assert len(caplog.records) == 1
    assert str(file) in caplog.text


def test_damage_anywhere_makes_places_unknown_or_leaves_them_alone(tmp_path: Path) -> None:
    whole = write_mmdb(tmp_path / "whole.mmdb", NETWORKS).read_bytes()
    for at in range(0, len(whole), 13):
        damaged = tmp_path / "damaged.mmdb"
        damaged.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        places = Places(damaged)
        for address in ("192.0.2.7", "198.51.100.1", "2001:db8::1", "14.0.0.1"):
            country = places.locate(address).country
            assert country is None or len(country) == 2


@pytest.mark.parametrize(
    ("country", "region", "regime"),
    [
        (None, None, Regime.OPT_IN),
        (None, "CA", Regime.OPT_IN),
        ("DE", None, Regime.OPT_IN),
        ("de", None, Regime.OPT_IN),
        ("GB", None, Regime.OPT_IN),
        ("BR", "SP", Regime.OPT_IN),
        ("CH", None, Regime.NOTICE),
        ("US", "CA", Regime.OPT_OUT),
        ("us", "ca", Regime.OPT_OUT),
        ("US", "WY", Regime.NOTICE),
        ("US", None, Regime.OPT_OUT),
        ("XX", None, Regime.OPT_IN),
        ("T1", None, Regime.OPT_IN),
    ],
)
def test_regime(country: str | None, region: str | None, regime: Regime) -> None:
    assert regime_for(country, region) is regime


@pytest.mark.parametrize(
    ("country", "age"), [("DK", 15), ("de", 16), ("ES", 14), ("GB", 13), ("XX", 16), (None, 16)]
)
def test_age_of_consent(country: str | None, age: int) -> None:
    assert age_of_consent(country) == age


def test_every_member_of_the_european_economic_area_is_listed() -> None:
    members = [
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT",
        "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO",
    ]  # fmt: skip
    assert len(members) == 30
    for country in members:
        assert regime_for(country) is Regime.OPT_IN
        assert 13 <= age_of_consent(country) <= 16
