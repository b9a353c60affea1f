"""The bucket for each network: so many at once, refilled over a minute, none for the neighbours' sake."""

import pytest
from holdback.banner.endpoints import rate_limit
from holdback.banner.endpoints.rate_limit import PerMinute


def test_a_network_has_its_share_and_then_waits() -> None:
    limit = PerMinute(30)
    assert [limit.wait("203.0.113.0/24", 0) for _ in range(30)] == [0] * 30
    assert limit.wait("203.0.113.0/24", 0) == 2
    assert limit.wait("198.51.100.0/24", 0) == 0
    assert limit.wait("203.0.113.0/24", 2) == 0
    assert limit.wait("203.0.113.0/24", 2) > 0


def test_a_full_minute_fills_the_bucket_and_no_more() -> None:
    limit = PerMinute(2)
    assert [limit.wait("2001:db8::/56", 0) for _ in range(3)] == [0, 0, 30]
    assert [limit.wait("2001:db8::/56", 3600) for _ in range(3)] == [0, 0, 30]


@pytest.mark.parametrize(
    "prefix", ["127.0.0.0/24", "10.1.2.0/24", "192.168.0.0/24", "::/56", "fd00::/56", "fe80::/56"]
)
def test_loopback_and_private_networks_are_not_limited(prefix: str) -> None:
    limit = PerMinute(1)
    assert [limit.wait(prefix, 0) for _ in range(5)] == [0] * 5


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    limit = PerMinute(1)
    assert limit.wait("203.0.113.0/24", 100) == 0
    assert limit.wait("203.0.113.0/24", 50) > 0


def test_an_unknown_address_is_limited_like_a_network() -> None:
    limit = PerMinute(1)
    assert limit.wait("", 0) == 0
    assert limit.wait("", 0) > 0


def test_the_network_that_was_seen_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else somebody who sends from many networks would have those forgotten that are kept waiting."""
    monkeypatch.setattr(rate_limit, "_NETWORKS", 2)
    limit = PerMinute(1)
    first, second, third = "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"
    assert [limit.wait(network, 1.0) for network in (first, second, first, third)] == [0, 0, 60, 0]
    assert limit.wait(first, 1.0) > 0
    assert limit.wait(second, 1.0) == 0
