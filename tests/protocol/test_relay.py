"""What passes through the reverse proxy, byte for byte, on real sockets."""

import socket
from functools import partial

import pytest

from tests.protocol.conftest import Wire
from tests.support.processes import until
from tests.support.raw_site import Wire as SiteWire
from tests.support.raw_site import answering, exchange, read_all

GET = b"GET %b HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def head_and_body(raw: bytes) -> tuple[bytes, bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    return head.lower(), body


@pytest.mark.parametrize(
    "target", [b"/a?b=%2f&c=%C3%A9", b"//x/../%2e%2e/y", b"/%00%0d%0a?x=%0a", b"/a;b=c?d?e", b"/\xc3\xa9"]
)
def test_the_target_goes_on_untouched(wire: Wire, target: bytes) -> None:
    wire.says(GET % target)
    assert wire.site.received.startswith(b"GET " + target + b" HTTP/1.1\r\nhost: shop.test\r\n")


def test_two_set_cookie_lines_stay_two(wire: Wire) -> None:
    answer, _ = wire.says(
        GET % b"/",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT\r\nSet-Cookie: b=2\r\n"
        b"Content-Length: 2\r\n\r\nok",
    )
    head, _ = head_and_body(answer)
    assert b"set-cookie: a=1; expires=thu, 01 jan 2037 00:00:00 gmt\r\nset-cookie: b=2\r\n" in head + b"\r\n"


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_answers_without_a_body_keep_the_connection(wire: Wire, status: bytes) -> None:
    wire.site.play(answering(b"HTTP/1.1 " + status + b'\r\nETag: "a"\r\n\r\n'))
    for _ in range(2):
        answer, _ = exchange(wire.port, GET % b"/")
        head, body = head_and_body(answer)
        assert status.lower() in head
        assert body == b""
    assert len(wire.site.wires) == 1


@pytest.mark.parametrize("length", [b"", b"Content-Length: 4\r\n"])
@pytest.mark.parametrize("surplus", [b"TEST", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"])
@pytest.mark.parametrize(
    ("method", "status"),
    [
        (b"GET", b"204 No Content"),
        (b"GET", b"304 Not Modified"),
        (b"HEAD", b"200 OK"),
        (b"HEAD", b"404 Not Found"),
    ],
)
def test_a_body_where_none_may_be_is_left_out(
    wire: Wire, method: bytes, status: bytes, surplus: bytes, length: bytes
) -> None:
    wire.site.play(answering(b"HTTP/1.1 " + status + b"\r\n" + length + b"\r\n" + surplus))
    for _ in range(2):
        answer, _ = exchange(wire.port, method + (GET % b"/").removeprefix(b"GET"))
        head, body = head_and_body(answer)
        assert head.startswith(b"http/1.1 " + status.lower())
        assert body == b""
    assert len(wire.site.wires) == 2, "what came behind is no answer to the next"


def test_head_tells_the_length_of_get(wire: Wire) -> None:
    answer, closed = wire.says(
        b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n",
    )
    head, body = head_and_body(answer)
    assert (b"content-length: 1234" in head, body, closed) == (True, b"", True)


def test_informational_answers_and_trailers_are_dropped(wire: Wire) -> None:
    answer, _ = wire.says(
        GET % b"/",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n",
    )
    head, body = head_and_body(answer)
    assert head.startswith(b"http/1.1 200")
    assert b"ok" in body
    assert b"x-trailer" not in answer.lower()
    assert b"preload" not in answer


def test_connection_headers_end_at_each_leg(wire: Wire) -> None:
    answer, _ = wire.says(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop, Cookie\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: gzip\r\n"
        b"Proxy-Authorization: x\r\nUpgrade: h2c\r\nX-End: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: X-Site-Hop\r\nX-Site-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: x\r\n"
        b"X-End: 2\r\nContent-Length: 0\r\n\r\n",
    )
    sent = wire.site.received.lower()
    assert b"x-end: 1" in sent
    assert not any(
        name in sent for name in (b"x-hop", b"keep-alive", b"te:", b"proxy-auth", b"upgrade", b"connection")
    )
    got = answer.lower()
    assert b"x-end: 2" in got
    assert not any(name in got for name in (b"x-site-hop", b"keep-alive", b"proxy-auth"))


@pytest.mark.parametrize("body", [b"x" * 10, b"y" * 300_000], ids=["small", "large"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_request_body_arrives_whole(wire: Wire, body: bytes, chunked: bool) -> None:
    got: list[bytes | None] = []

    def script(site: SiteWire) -> None:
        got.append(site.request()[1])
        site.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    framed = (
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        if chunked
        else b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    answer, _ = wire.says(b"POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + framed, script)
    assert answer.startswith(b"HTTP/1.1 200")
    assert got == [body]


def test_the_body_is_asked_for_only_when_it_is_wanted(wire: Wire) -> None:
    """The gate answers ``/quiet`` without the body; everything else is continued."""
    expect = b"POST %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    answer, _ = wire.says(expect % b"/quiet")
    assert answer.startswith(b"HTTP/1.1 200")
    with socket.create_connection(("127.0.0.1", wire.port), timeout=10) as visitor:
        visitor.sendall(expect % b"/up")
        assert visitor.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        visitor.sendall(b"hello")
        assert read_all(visitor)[0].startswith(b"HTTP/1.1 200")
    assert b"expect" not in wire.site.received.lower()


def test_what_a_body_tells_is_looked_at_first(wire: Wire) -> None:
    post = b"POST /sniff HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n%b"
    assert wire.says(post % b"track")[0].endswith(b"held")
    assert wire.site.received == b""
    assert wire.says(post % b"hello")[0].endswith(b"ok")
    assert wire.site.received.endswith(b"hello")


def test_a_site_may_answer_before_the_body_is_sent(wire: Wire) -> None:
    def script(site: SiteWire) -> None:
        site.head()
        site.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")

    answer, _ = wire.says(
        b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + b"x" * 1000, script
    )
    assert answer.startswith(b"HTTP/1.1 413")


def _has_read(read: list[bytes], events: int) -> bool:
    return len(read) == events


def test_events_are_passed_on_one_by_one(wire: Wire) -> None:
    """Each event is sent only after the visitor has read the one before: a buffer would stop the show."""
    read: list[bytes] = []

    def script(site: SiteWire) -> None:
        site.head()
        site.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            until(partial(_has_read, read, number + 1), "the visitor to read on")
            site.send(b"9\r\ndata: %d\n\n\r\n" % number)
        site.send(b"0\r\n\r\n")

    wire.site.play(script)
    with socket.create_connection(("127.0.0.1", wire.port), timeout=10) as visitor:
        visitor.sendall(GET % b"/events")
        seen = visitor.recv(65_536)
        while b"\r\n\r\n" not in seen:
            seen += visitor.recv(65_536)
        for number in range(3):
            read.append(seen)
            while b"data: %d" % number not in seen:
                piece = visitor.recv(65_536)
                assert piece
                seen += piece
        rest, closed = read_all(visitor)
    assert closed
    assert (seen + rest).endswith(b"0\r\n\r\n")


def test_a_rewritten_page_has_its_own_length(wire: Wire) -> None:
    page = b"HTTP/1.1 200 OK\r\nX-Shout: 1\r\nContent-Length: 5\r\n\r\nhello"
    head, body = head_and_body(wire.says(GET % b"/", page)[0])
    assert (b"content-length: 6" in head, body) == (True, b"HELLO.")


def test_our_own_pages_know_where_the_visitor_stands(wire: Wire) -> None:
    assert wire.says(GET % b"/_hb/choices")[0].endswith(b"standing")
    assert wire.site.received == b""
