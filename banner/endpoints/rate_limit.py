"""How many choices one network may make in a minute, so that a flood of them does not fill the log."""

from collections import OrderedDict
from functools import lru_cache
from ipaddress import ip_network

_NETWORKS = 65536
"""Networks that are counted at once; beyond, those seen longest ago are forgotten."""


_NEAR = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::/56",  # where ::1 is
        "fc00::/7",
        "fe80::/10",
    )
)
"""Loopback, private (RFC 1918, RFC 4193) and link-local networks. ``is_private`` of the standard library would also
take in the documentation networks and more that is not private at all."""


class PerMinute:
    """A bucket for each network (the standing's address prefix): *allowed* at once, refilled evenly over a minute.

    Loopback and private peers are not limited: behind them stand a developer, a test or a terminator that was not
    declared, each of which speaks for many. Each worker counts for itself.
    """

    def __init__(self, allowed: int) -> None:
        self._allowed = float(allowed)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, prefix: str, now: float) -> int:
        """Take one from the bucket of *prefix* at *now*: 0 if it was there, else the seconds until it will be."""
        if is_near(prefix):
            return 0
        left, since = self._buckets.pop(prefix, (self._allowed, now))
        left = min(self._allowed, left + max(0.0, now - since) * self._allowed / 60)
        taken = left >= 1
        self._buckets[prefix] = (left - 1 if taken else left, now)
        if len(self._buckets) > _NETWORKS:
            self._buckets.popitem(last=False)
        return 0 if taken else max(1, round((1 - left) * 60 / self._allowed))


@lru_cache(8192)
def is_here(prefix: str) -> bool:
    """Whether *prefix* is a network of this machine."""
    try:
        return ip_network(prefix).is_loopback
    except ValueError:
        return False


@lru_cache(8192)
def is_near(prefix: str) -> bool:
    """Whether *prefix* is a network of this machine, or a private one."""
    try:
        network = ip_network(prefix)
    except ValueError:
        return False
    return any(network.version == near.version and network.subnet_of(near) for near in _NEAR)  # type: ignore[arg-type]
