"""How many choices a network may make."""

import pytest
from holdback.banner import limits
from holdback.banner.limits import PerMinute


def test_a_bucket_empties_and_refills() -> None:
    per_minute = PerMinute(2)
    assert [per_minute.wait("198.51.100.0/24", 100.0) for _ in range(3)] == [0, 0, 30]
    assert per_minute.wait("203.0.113.0/24", 100.0) == 0
    assert per_minute.wait("198.51.100.0/24", 129.0) > 0
    assert per_minute.wait("198.51.100.0/24", 131.0) == 0


@pytest.mark.parametrize("prefix", ["127.0.0.0/24", "10.1.2.0/24", "::/56", "fd00::/56"])
def test_near_networks_are_not_limited(prefix: str) -> None:
    per_minute = PerMinute(1)
    assert [per_minute.wait(prefix, 1.0) for _ in range(5)] == [0] * 5


def test_the_network_that_was_seen_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else somebody who sends from many networks would have those forgotten that are kept waiting."""
    monkeypatch.setattr(limits, "_NETWORKS", 2)
    per_minute = PerMinute(1)
    first, second, third = "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"
    assert [per_minute.wait(network, 1.0) for network in (first, second, first, third)] == [0, 0, 60, 0]
    assert per_minute.wait(first, 1.0) > 0
    assert per_minute.wait(second, 1.0) == 0
