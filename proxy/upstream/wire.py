"""How a request is written: by us, from its parts, so that it can be read in one way only."""

from ..headers import Headers


class Unwritable(ValueError):
    """A part of a request's head would break out of its line. Framing refuses such heads: this is a second lock."""


def request_head(method: bytes, target: bytes, headers: Headers, *, chunked: bool = False) -> bytes:
    """The bytes of a request's head (RFC 9112 §3, §5), ended by its empty line.

    *headers* hold no Transfer-Encoding: *chunked* writes it. Raises :class:`Unwritable`.
    """
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    lines += [name + b": " + value for name, value in headers]
    if chunked:
        lines.append(b"transfer-encoding: chunked")
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise Unwritable("a line break or NUL in a request's head")
    return head + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """*data*, which is not empty, as one chunk (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
