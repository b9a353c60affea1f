"""Every curated entry is well-formed, and none of them holds what a site needs."""

import re

import pytest
from holdback.proxy.rules.catalogue import curated, necessary_names
from holdback.proxy.rules.model import Purpose, Released, Service
from holdback.proxy.rules.rulebook import Rulebook

HOST = re.compile(r"(\*\.)?([a-z0-9_-]+\.)+[a-z]{2,}(/[^\s*?#]+)?")
RULES = Rulebook.load()
NOTHING = Released()


def test_there_are_enough() -> None:
    assert len(curated()) >= 150
    assert len({service.id for service in curated()}) == len(curated())


@pytest.mark.parametrize("service", curated(), ids=lambda service: service.id)
def test_entry(service: Service) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", service.id)
    assert service.name
    assert service.vendor
    assert service.hosts
    assert all(HOST.fullmatch(host) for host in service.hosts), service.hosts
    assert service.privacy.startswith("https://")
    assert service.sources
    assert all(len(signature) >= 4 for signature in service.scripts)
    for name in (*service.cookies, *service.storage):
        assert "*" not in name[:2], name


@pytest.mark.parametrize("name", necessary_names())
def test_nothing_that_a_site_needs_is_held(name: str) -> None:
    example = name.replace("*", "x1")
    assert not RULES.held(RULES.cookie(example), NOTHING), RULES.cookie(example)


@pytest.mark.parametrize(
    "name",
    ["_ga", "_ga_ABC123", "_gid", "_fbp", "_hjSession_1", "ph_phc_x_posthog", "mp_x_mixpanel", "AMP_1a2b3c4d5e",
     "AMP_MKTG_1a2b3c4d5e", "ajs_anonymous_id", "_sp_id.1fff", "_pk_id.1.2", "_clck", "_dd_s", "hubspotutk", "_uetsid",
     "_gcl_au", "li_fat_id", "IDE", "_ttp", "__hstc"],
)  # fmt: skip
def test_cookies_of_the_well_known(name: str) -> None:
    assert RULES.held(RULES.cookie(name), NOTHING)


def test_payment_is_never_held() -> None:
    for service in curated():
        if service.purpose is Purpose.NECESSARY:
            assert not RULES.held(RULES.url(f"https://{service.hosts[0].removeprefix('*.')}/"), NOTHING)
