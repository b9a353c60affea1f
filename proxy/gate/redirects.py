"""Redirects that lead to a held service: what a page loads is not sent there, and a bounce is cut short.

A *bounce* goes to a tracker only to be sent on: the address of where the visitor really goes is in it. Where a visitor
is sent to a held service to stay (a share button), the navigation is theirs.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from ..headers import Headers, first, without

_LOCATION = frozenset({b"location"})
_BODY = frozenset(
    {b"location", b"content-length", b"content-type", b"content-encoding", b"transfer-encoding"}
)
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
    return status, [*without(headers, _LOCATION), (b"location", destination.encode("ascii", "ignore"))]


def _destination(bounce: str, held: Callable[[str], bool]) -> str | None:
    """The first address in the query of *bounce* that is not held itself."""
    try:
        values = [value.strip() for _, value in parse_qsl(urlsplit(bounce).query)]
    except ValueError:
        return None
    return next((value for value in values if _is_address(value) and not held(value)), None)


def _is_address(value: str) -> bool:
    # A value with a line break in it would be a second header line.
    return value.lower().startswith(("http://", "https://")) and value.isprintable() and " " not in value
