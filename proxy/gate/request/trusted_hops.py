"""The client of a request, and which headers belong to one connection only.

Nobody is believed by default: ``X-Forwarded-*`` and ``Forwarded`` say what the socket says, unless the peer is a
trusted hop. Then the client is the first address, from the right, that is not a trusted hop itself.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from ...http.headers import Headers, every, first, tokens, without

type Trusted = tuple[IPv4Network | IPv6Network, ...]

_HOP_BY_HOP = frozenset(
    {
        b"connection", b"proxy-connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te",
        b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings",
    }
)  # fmt: skip
"""RFC 9110 §7.6.1 and what older peers still send."""
_OURS = frozenset(
    {
        b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip", b"forwarded",
        b"x-holdback-purposes",
    }
)  # fmt: skip
_OURS_BEGIN = (b"x-forwarded-", b"x-holdback-")
"""How lines begin that only a trusted hop may send: sites take ``X-Forwarded-User`` or ``-Prefix`` at their word."""
_NOT_FORWARDED = _HOP_BY_HOP | _OURS | {b"expect"}
"""What a site is never sent as it came. Expectations are met by the server that visitors talk to: it asks for the body
once the gate has decided."""
_KEPT = frozenset({b"host", b"cookie", b"content-length", b"content-type", b"cache-control"}) | _OURS
"""What a client's ``Connection`` list can't take away."""

_KEPT_OF_RESPONSE = frozenset({b"set-cookie", b"content-length"})
_PLAIN_CONNECTION = frozenset({b"keep-alive", b"close"})
"""What nearly every response says; it names no header."""


@dataclass(frozen=True, slots=True)
class Client:
    """The client that sent a request: its address, and the scheme and Host that the browser uses.

    ``trusted`` tells that the peer is a trusted hop; ``chain`` is the ``X-Forwarded-For`` that the site gets.
    """

    address: str
    scheme: str
    host: str
    trusted: bool
    chain: bytes


def client(peer: str, scheme: str, headers: Headers, trusted_hops: Trusted) -> Client:
    """The client behind *peer*. *scheme* is what the socket says."""
    host = first(headers, b"host") or b""
    if not trusted_hops or not is_trusted(peer, trusted_hops):
        return _direct(peer, scheme, host)
    hops = [hop.decode("latin-1") for hop in tokens(headers, b"x-forwarded-for")]
    told = first(headers, b"x-forwarded-proto")
    if told is not None and (outer := told.split(b",")[0].strip().lower()) in (b"http", b"https"):
        scheme = outer.decode("ascii")
    address = next(
        (hop for hop in reversed(hops) if not is_trusted(hop, trusted_hops)), hops[0] if hops else peer
    )
    chain = ", ".join([*hops, peer]).encode("latin-1")
    return Client(_bare(address) or peer, scheme, _text(host), True, chain)


@lru_cache(8192)
def _direct(peer: str, scheme: str, host: bytes) -> Client:
    return Client(peer, scheme, _text(host), False, peer.encode("latin-1"))


def _text(host: bytes) -> str:
    return host.decode("latin-1").lower()


@lru_cache(4096)
def is_trusted(address: str, trusted_hops: Trusted) -> bool:
    """Whether *address* is one of *trusted_hops*."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted_hops)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(_bare(address))
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _bare(hop: str) -> str:
    """An address without the port that some proxies add (RFC 7239 §6)."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def request_headers(headers: Headers, who: Client) -> Headers:
    """What of a request's *headers* the site gets, with ``X-Forwarded-*`` that can be believed."""
    gone = _NOT_FORWARDED
    names = {name for name, _ in headers}
    if b"connection" in names:
        gone = gone | (frozenset(tokens(headers, b"connection")) - _KEPT)
    out = [pair for pair in headers if pair[0] not in gone]
    if not who.trusted:
        out = [pair for pair in out if not pair[0].startswith(_OURS_BEGIN)]
    if b"te" in names and [value.strip().lower() for value in every(headers, b"te")] == [b"trailers"]:
        out.append((b"te", b"trailers"))
    out.append((b"x-forwarded-for", who.chain))
    out.append((b"x-forwarded-proto", who.scheme.encode("ascii")))
    out.append((b"x-forwarded-host", who.host.encode("latin-1")))
    return out


def response_headers(headers: Headers) -> Headers:
    """What of a response's *headers* the visitor gets."""
    out = [pair for pair in headers if pair[0] not in _HOP_BY_HOP]
    if len(out) == len(headers) or _PLAIN_CONNECTION.issuperset(every(headers, b"connection")):
        return out
    return without(out, frozenset(tokens(headers, b"connection")) - _KEPT_OF_RESPONSE)
