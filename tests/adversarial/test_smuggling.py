"""Requests that two servers could read in two ways: refused, or rewritten so that there is one way left.

Every row is sent over a raw socket, followed by a second request on the same connection. What the site receives is
parsed strictly, by h11, and has to be a sequence of whole requests that the visitor really sent: ``/hidden`` is a path
that appears only where a disagreement about a request's end would make it one.
"""

import socket
from collections.abc import Iterator

import h11
import pytest

from tests.support.passing import passing
from tests.support.raw_site import OK, RawSite, Wire, answering, raw_site, read_all

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST /first HTTP/1.1\r\nHost: a\r\n"
LENGTH = b"Content-Length: %d\r\n" % (5 + len(HIDDEN))
LAST = b"0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def te(value: bytes, name: bytes = b"Transfer-Encoding") -> bytes:
    return POST + name + b": " + value + b"\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN


def cl(*lines: bytes) -> bytes:
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + b"hello" + HIDDEN


def chunks(raw: bytes) -> bytes:
    return POST + CHUNKED + b"\r\n" + raw


CASES = {
    "cl.te": te(b"chunked"),
    "te.cl": POST + CHUNKED + b"Content-Length: 4\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN),
    "te xchunked": te(b"xchunked"),
    "te leading space": te(b" chunked"),
    "te trailing space": te(b"chunked "),
    "te leading tab": te(b"\tchunked"),
    "te trailing tab": te(b"chunked\t"),
    "te vertical tab": te(b"\x0bchunked"),
    "te form feed": te(b"\x0cchunked"),
    "te NUL": te(b"chunked\x00"),
    "te quoted": te(b'"chunked"'),
    "te case": te(b"CHUNKED"),
    "te comma": te(b"chunked,"),
    "te list": te(b"identity, chunked"),
    "te twice in a list": te(b"chunked, chunked"),
    "te chunked, identity": te(b"chunked, identity"),
    "te identity": te(b"identity"),
    "te empty": te(b""),
    "te cow": te(b"cow"),
    "te obs-fold": te(b"\r\n chunked"),
    "te obs-fold after": te(b"chunked\r\n ,x"),
    "te space before colon": te(b"chunked", b"Transfer-Encoding "),
    "te tab before colon": te(b"chunked", b"Transfer-Encoding\t"),
    "te space before name": te(b"chunked", b" Transfer-Encoding"),
    "te underscore": te(b"chunked", b"Transfer_Encoding"),
    "te bare CR before": te(b"chunked", b"X: y\rTransfer-Encoding"),
    "te bare LF before": te(b"chunked", b"X: y\nTransfer-Encoding"),
    "te in a value": te(b"y\rTransfer-Encoding: chunked", b"X"),
    "te duplicate": POST + CHUNKED + b"Transfer-Encoding: identity\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN,
    "te duplicate, equal": POST + CHUNKED * 2 + LENGTH + b"\r\n" + LAST + HIDDEN,
    "te http/1.0": te(b"chunked").replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "te.0": POST + CHUNKED + b"\r\n" + LAST + HIDDEN,
    "cl duplicate, equal": cl(b"Content-Length: 5", b"Content-Length: 5"),
    "cl duplicate": cl(b"Content-Length: 5", b"Content-Length: 38"),
    "cl list": cl(b"Content-Length: 5, 38"),
    "cl list, equal": cl(b"Content-Length: 5, 5"),
    "cl plus": cl(b"Content-Length: +5"),
    "cl minus": cl(b"Content-Length: -5"),
    "cl hex": cl(b"Content-Length: 0x5"),
    "cl octal": cl(b"Content-Length: 05"),
    "cl underscore": cl(b"Content-Length: 0_5"),
    "cl twin": cl(b"Content-Length: 5", b"Content_Length: 38"),
    "cl spaces": cl(b"Content-Length:   5  "),
    "cl inner space": cl(b"Content-Length: 5 0"),
    "cl space before colon": cl(b"Content-Length : 5"),
    "cl empty": cl(b"Content-Length: "),
    "cl huge": cl(b"Content-Length: 99999999999999999999999"),
    "cl overflow": cl(b"Content-Length: 18446744073709551621"),
    "cl NUL": cl(b"Content-Length: 5\x00"),
    "cl.0": POST + b"Content-Length: 0\r\n\r\n" + HIDDEN,
    "0.cl": b"GET /first HTTP/1.1\r\nHost: a\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN,
    "head with body": b"HEAD /first HTTP/1.1\r\nHost: a\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN,
    "get chunked": b"GET /first HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"\r\n5\r\nhello\r\n" + LAST,
    "expect": POST + b"Expect: 100-continue\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN,
    "expect nonsense": POST + b"Expect: y 100-continue\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN,
    "expect obs-fold": POST + b"Expect:\r\n 100-continue\r\n" + LENGTH + b"\r\n" + LAST + HIDDEN,
    "chunk plus": chunks(b"+5\r\nhello\r\n" + LAST),
    "chunk hex prefix": chunks(b"0x5\r\nhello\r\n" + LAST),
    "chunk underscore": chunks(b"0_5\r\nhello\r\n" + LAST),
    "chunk minus": chunks(b"-5\r\nhello\r\n" + LAST),
    "chunk space": chunks(b"5 \r\nhello\r\n" + LAST),
    "chunk leading space": chunks(b" 5\r\nhello\r\n" + LAST),
    "chunk overflow": chunks(b"10000000000000005\r\nhello\r\n" + LAST),
    "chunk empty": chunks(b"\r\nhello\r\n" + LAST),
    "chunk extension": chunks(b'5;a=b;c="d"\r\nhello\r\n' + LAST),
    "chunk extension, bare CR": chunks(b"5;a=\rb\r\nhello\r\n" + LAST),
    "chunk extension, bare LF": chunks(b"5;a=\nb\r\nhello\r\n" + LAST),
    "chunk size, bare LF": chunks(b"5\nhello\r\n" + LAST),
    "chunk end, bare LF": chunks(b"5\r\nhello\n" + LAST),
    "chunk end missing": chunks(b"5\r\nhello" + LAST),
    "chunk end wrong": chunks(b"5\r\nhelloXX" + LAST),
    "chunk last, bare LF": chunks(b"5\r\nhello\r\n0\n\n"),
    "chunks unended": chunks(b"5\r\nhello\r\n0\r\n"),
    "trailer": chunks(b"5\r\nhello\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\nContent-Length: 38\r\n\r\n"),
    "bare LF": b"POST /first HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello",
    "bare CR": b"POST /first HTTP/1.1\rHost: a\r\n\r\n",
    "host missing": b"GET /first HTTP/1.1\r\n\r\n",
    "host duplicate": b"GET /first HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "host duplicate, equal": b"GET /first HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "host list": b"GET /first HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "host empty": b"GET /first HTTP/1.1\r\nHost: \r\n\r\n",
    "host with path": b"GET /first HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "host with user": b"GET /first HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "host folded": b"GET /first HTTP/1.1\r\nHost:\r\n a\r\n\r\n",
    "absolute form": b"GET http://evil.test/first HTTP/1.1\r\nHost: a\r\n\r\n",
    "connect": b"CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test:80\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "version": b"GET /first HTTP/1.2\r\nHost: a\r\n\r\n",
    "no version": b"GET /first\r\n\r\n",
    "line break in target": b"GET /first\x0bx HTTP/1.1\r\nHost: a\r\n\r\n",
    "space in target": b"GET /first x HTTP/1.1\r\nHost: a\r\n\r\n",
    "method with tab": b"GE\tT /first HTTP/1.1\r\nHost: a\r\n\r\n",
    "pipelined": b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n" + POST + b"Content-Length: 5\r\n\r\nhello",
    "twin X_Forwarded_For": b"GET /first HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n",
}

LEGITIMATE = frozenset({"cl.0", "te.0", "cl duplicate, equal", "cl spaces"})
"""Here ``/hidden`` is truly the visitor's second request, in every reading: the body before it has ended."""
ANSWERED = frozenset({"pipelined", "chunk extension", "trailer", "get chunked", "cl.0", "te.0", "expect"})
"""Legal, if unusual: refusing them would break clients."""


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[RawSite, int]]:
    limits = {"first_byte_timeout": 3, "idle_timeout": 2, "head_timeout": 1}
    with raw_site(answering(OK)) as site, passing(site.url, limits=limits) as (port, _):
        yield site, port


@pytest.mark.parametrize("name", CASES)
def test_one_reading_is_left(proxied: tuple[RawSite, int], name: str) -> None:
    site, port = proxied
    site.play(answering(OK))
    with socket.create_connection(("127.0.0.1", port), timeout=4) as visitor:
        visitor.sendall(CASES[name] + NEXT)
        answer, closed = read_all(visitor)
    for connection in list(site.wires):
        paths = requests_on(connection)
        if name not in LEGITIMATE:
            assert b"/hidden" not in paths
        assert set(paths) <= {b"/first", b"/next", b"/hidden"}
    assert b"6.6.6.6" not in site.received
    assert b"evil.test" not in site.received
    if name in ANSWERED:
        assert answer.count(b"HTTP/1.1 200 OK") >= 2
    else:
        assert closed


def requests_on(connection: Wire) -> list[bytes]:
    """The targets of the requests that came over one connection. A last one that is not whole is none."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(connection.raw)
    paths: list[bytes] = []
    target = b""
    while True:
        event = parser.next_event()  # raises for what is not HTTP by the letter
        if isinstance(event, h11.Request):
            target = event.target
        elif isinstance(event, h11.EndOfMessage):
            paths.append(target)
            parser.send(h11.Response(status_code=200, headers=[(b"content-length", b"0")]))
            parser.send(h11.EndOfMessage())
            parser.start_next_cycle()
        elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
            return paths
