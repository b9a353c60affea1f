"""Redirects that lead to a held service: what a page loads is not sent there, and a bounce is cut short.

A *bounce* goes to a tracker only to be sent on: the address of where the visitor really goes is in it. Where a visitor
is sent to a held service to stay (a share button), the navigation is theirs.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

import idna

from ...http.headers import Headers, first, without

_LOCATION = frozenset({b"location"})
_BODY = frozenset(
    {b"location", b"content-length", b"content-type", b"content-encoding", b"transfer-encoding"}
)
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def led_past(
    status: int, headers: Headers, held: Callable[[str], bool], *, is_visit: bool
) -> tuple[int, Headers]:
    """*status* and *headers* of a response without a redirect to what is *held*.

    *is_visit* says that the visitor navigates: then they come to where the bounce would have sent them. What a page
    loads gets an empty answer instead.
    """
    target = first(headers, b"location") if status in _REDIRECTS else None
    if target is None or not held(target.decode("latin-1").strip()):
        return status, headers
    if not is_visit:
        return 204, [*without(headers, _BODY), (b"cache-control", b"no-store")]
    destination = _destination(target.decode("latin-1"), held)
    if destination is None:
        return status, headers
    return status, [*without(headers, _LOCATION), (b"location", destination)]


def _destination(bounce: str, held: Callable[[str], bool]) -> bytes | None:
    """The first address in the query of *bounce* that is not held itself, as it may stand in a header."""
    try:
        values = [value.strip() for _, value in parse_qsl(urlsplit(bounce).query)]
    except ValueError:
        return None
    addresses = (_in_ascii(value) for value in values if _is_address(value) and not held(value))
    return next((address for address in addresses if address is not None), None)


def _in_ascii(address: str) -> bytes | None:
    """*address* as a browser would write it: IDNA for the host (UTS #46), percent-encoding for the rest.

    None where its host is none: to leave out what is not ASCII would lead to another domain.
    """
    scheme, _, rest = address.partition("://")
    end = min((at for mark in "/\\?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    user, sign, host = rest[:end].rpartition("@")
    if not host.isascii():
        name, colon, port = host.partition(":")
        try:
            host = idna.encode(name, uts46=True, transitional=False).decode("ascii") + colon + port
        except idna.IDNAError:
            return None
    return quote(f"{scheme}://{user}{sign}{host}{rest[end:]}", safe=_ASCII).encode("ascii")


def _is_address(value: str) -> bool:
    # A value with a line break in it would be a second header line.
    return value.lower().startswith(("http://", "https://")) and value.isprintable() and " " not in value
