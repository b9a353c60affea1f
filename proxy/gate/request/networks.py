"""Addresses cut down to their network, so that no full address is kept anywhere (GDPR Art. 5(1)(c))."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(8192)
def network_of(address: str, ipv6_bits: int) -> str:
    """The network of *address*: /24, or of so many bits for IPv6; empty for what is no address.

    A socket for both versions writes IPv4 peers as IPv6 addresses (RFC 4291 §2.5.5.2): they are IPv4.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, 24 if parsed.version == 4 else ipv6_bits), strict=False))
