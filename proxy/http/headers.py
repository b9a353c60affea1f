"""Headers as the wire has them: raw byte pairs, in order, duplicates kept.

A mapping would lose duplicates, and two ``Set-Cookie`` lines must stay two (RFC 6265 §3). Names are
lower-case bytes everywhere inside Holdback, as ASGI has them.
"""

from collections.abc import Iterable

type Header = tuple[bytes, bytes]
type Headers = list[Header]


def first(headers: Iterable[Header], name: bytes) -> bytes | None:
    """The value of the first header called *name* (lower-case), or None."""
    for key, value in headers:
        if key == name:
            return value
    return None


def every(headers: Iterable[Header], name: bytes) -> list[bytes]:
    """The values of all headers called *name* (lower-case), in order."""
    return [value for key, value in headers if key == name]


def without(headers: Iterable[Header], names: frozenset[bytes]) -> Headers:
    """A copy of *headers* less those whose name is in *names*."""
    return [pair for pair in headers if pair[0] not in names]


def tokens(headers: Iterable[Header], name: bytes) -> list[bytes]:
    """The comma-separated members of every header called *name*, lower-case, stripped (RFC 9110 §5.6.1)."""
    return [
        member
        for value in every(headers, name)
        for part in value.split(b",")
        if (member := part.strip(b" \t").lower())
    ]
