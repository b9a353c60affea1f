"""How a request is written: by us, from its parts, so that it can be read in one way only."""

from ..cache.recent import Recent
from ..http.headers import Header, Headers

_LONG = 4096
"""Bytes beyond which header lines are not remembered as they were written."""
_blocks: Recent[tuple[Header, ...], bytes] = Recent(1024)
"""Visitors send the same lines again and again."""


class Unwritable(ValueError):
    """A part of a request's head would break out of its line. Framing refuses such heads: this is a second lock."""


def request_head(method: bytes, target: bytes, headers: Headers, *, chunked: bool = False) -> bytes:
    """The bytes of a request's head (RFC 9112 §3, §5), ended by its empty line.

    *headers* hold no Transfer-Encoding: *chunked* writes it. Raises :class:`Unwritable`.
    """
    start = b"%b %b HTTP/1.1\r\n" % (method, target)
    _check(start, 1)
    pairs = tuple(headers)
    block = _blocks.get(pairs)
    if block is None:
        block = b"".join([b"%b: %b\r\n" % pair for pair in pairs])
        _check(block, len(pairs))
        if len(block) < _LONG:
            _blocks.keep(pairs, block)
    return b"%b%b%b" % (start, block, b"transfer-encoding: chunked\r\n\r\n" if chunked else b"\r\n")


def _check(block: bytes, lines: int) -> None:
    if block.count(b"\n") != lines or block.count(b"\r") != lines or b"\0" in block:
        raise Unwritable("a line break or NUL in a request's head")


def chunk(data: bytes) -> bytes:
    """*data*, which is not empty, as one chunk (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
