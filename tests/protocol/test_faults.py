"""What goes wrong between the proxy and the site, and what the visitor is told of it."""

import socket
import struct
import time
from contextlib import suppress

import pytest

from tests.protocol.conftest import Wire
from tests.support.passing import passing
from tests.support.processes import free_port, until
from tests.support.raw_site import OK, Script, answering, exchange, raw_site, read_all
from tests.support.raw_site import Wire as SiteWire

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def reset(site: SiteWire) -> None:
    site.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def is_whole(raw: bytes) -> bool:
    """Whether a client would take *raw* for a complete answer."""
    head, _, body = raw.partition(b"\r\n\r\n")
    head = head.lower()
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length: "):
            return len(body) == int(line[16:])
    return True


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize(
    "sent",
    [
        LENGTH + b"x" * 50_000,
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhe",
        CHUNKED + b"zz\r\n",
        b"HTTP/1.1 200 OK\r\nX-Shout: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nX-Shout: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhell!\r\n",
    ],
    ids=["length", "chunked", "in-chunk", "bad-chunk", "rewritten", "unrewritable"],
)
def test_a_broken_body_is_broken_for_the_visitor(wire: Wire, sent: bytes, how: str) -> None:
    def script(site: SiteWire) -> None:
        site.head()
        half = len(sent) - 7
        site.send(sent[:half])
        time.sleep(0.1)  # so that the head has gone on before the break
        site.send(sent[half:])
        time.sleep(0.1)
        if how == "reset":
            reset(site)

    answer, closed = wire.says(GET.replace(b"Connection: close\r\n", b""), script)
    assert closed
    assert not is_whole(answer) or b" 502 " in answer.partition(b"\r\n")[0]


def test_a_body_without_length_ends_with_the_connection(wire: Wire) -> None:
    def script(site: SiteWire) -> None:
        site.head()
        site.send(b"HTTP/1.1 200 OK\r\n\r\nhel")
        site.send(b"lo")

    answer, _ = wire.says(GET, script)
    assert is_whole(answer)
    assert b"hel" in answer
    assert b"lo" in answer


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nab",
        *(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + coding + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            for coding in (
                b"chunked\t",
                b"chunked \t ",
                b"chunked,",
                b",chunked",
                b"chunked;a=b",
                b'"chunked"',
            )
        ),
        b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 400_000 + b"\r\n\r\n",
        b"",
    ],
)
def test_nonsense_from_the_site_is_a_bad_gateway(wire: Wire, nonsense: bytes) -> None:
    def script(site: SiteWire) -> None:
        site.head()
        with suppress(OSError):
            site.send(nonsense)

    answer, _ = wire.says(GET, script)
    assert answer.startswith(b"HTTP/1.1 502 ")


def test_two_answers_to_one_request_are_one_too_many(wire: Wire) -> None:
    """The second would be somebody else's: it reaches nobody."""
    wire.site.play(answering(OK + OK.replace(b"ok", b"**")))
    for _ in range(3):
        answer, _ = exchange(wire.port, GET)
        assert b"**" not in answer


def test_a_head_answer_with_a_body_is_nobody_elses_answer(wire: Wire) -> None:
    wire.site.play(
        answering(
            b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        )
    )
    exchange(wire.port, GET.replace(b"GET", b"HEAD"))
    wire.site.script = answering(OK)
    assert exchange(wire.port, GET)[0].endswith(b"ok")


def test_a_site_that_is_down_is_a_page_with_a_hint(wire: Wire) -> None:
    with passing(f"http://127.0.0.1:{free_port()}") as (port, _):
        answer, _ = exchange(port, GET.replace(b"Host", b"Accept: text/html\r\nHost"))
        assert answer.startswith(b"HTTP/1.1 502 ")
        head, _, page = answer.partition(b"\r\n\r\n")
        assert b"retry-after: 5" in head.lower()
        assert b"<!doctype html>" in page
        assert b"try again" in page
        assert exchange(port, GET)[0].partition(b"\r\n\r\n")[2].startswith(b"502 Bad Gateway.")


def test_a_site_that_is_silent_is_a_timeout(wire: Wire) -> None:
    def script(site: SiteWire) -> None:
        site.head()
        site.body(1)

    answer, _ = wire.says(GET, script)
    assert answer.startswith(b"HTTP/1.1 504 ")


def test_a_body_that_stalls_is_broken_off(wire: Wire) -> None:
    def script(site: SiteWire) -> None:
        site.head()
        site.send(LENGTH + b"x" * 10)
        site.body(1)

    answer, closed = wire.says(GET, script)
    assert closed
    assert not is_whole(answer)


def closing_after(count: int) -> Script:
    """Answer *count* requests, then close at the next without a word."""
    served = []

    def script(site: SiteWire) -> None:
        while site.request()[0]:
            served.append(site)
            if len(served) == count + 1:
                return
            site.send(OK)

    return script


def test_get_is_sent_again_when_a_kept_connection_was_closed(wire: Wire) -> None:
    wire.site.play(closing_after(1))
    assert exchange(wire.port, GET)[0].endswith(b"ok")
    assert exchange(wire.port, GET)[0].endswith(b"ok")
    assert len(wire.site.wires) == 2
    assert wire.site.received.count(b"GET / ") == 3


def test_post_is_never_sent_again(wire: Wire) -> None:
    wire.site.play(closing_after(1))
    assert exchange(wire.port, GET)[0].endswith(b"ok")
    answer, _ = exchange(wire.port, POST)
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert wire.site.received.count(b"POST / ") == 1


def test_get_is_not_sent_again_on_a_new_connection(wire: Wire) -> None:
    wire.site.play(closing_after(0))
    assert exchange(wire.port, GET)[0].startswith(b"HTTP/1.1 502 ")
    assert wire.site.received.count(b"GET / ") == 1


def test_connections_are_kept_for_a_while(wire: Wire) -> None:
    for _ in range(5):
        exchange(wire.port, GET)
        exchange(wire.port, POST)
    assert len(wire.site.wires) == 1
    site = wire.site.wire()
    assert until(lambda: site.socket.fileno() == -1, "the proxy to close the idle connection")


def test_the_site_learns_that_the_visitor_left(wire: Wire) -> None:
    closed: list[bool] = []

    def script(site: SiteWire) -> None:
        site.head()
        closed.append(site.body(1) == b"")

    wire.site.play(script)
    with socket.create_connection(("127.0.0.1", wire.port)) as visitor:
        visitor.sendall(GET)
        wire.site.wire()
        until(lambda: wire.site.received.endswith(b"\r\n\r\n"), "the request")
    until(lambda: closed == [True], "the site's connection to close", 1.9)


def test_a_stream_ends_when_the_visitor_left(wire: Wire) -> None:
    ended: list[bool] = []

    def script(site: SiteWire) -> None:
        site.head()
        site.send(CHUNKED)
        try:
            while True:
                site.send(b"5\r\nhello\r\n")
                time.sleep(0.05)
        except OSError:
            ended.append(True)

    wire.site.play(script)
    with socket.create_connection(("127.0.0.1", wire.port)) as visitor:
        visitor.sendall(GET)
        assert visitor.recv(100)
    until(lambda: ended, "the stream to end")


def test_an_upload_that_breaks_off_never_looks_complete(wire: Wire) -> None:
    got: list[bytes | None] = []

    def script(site: SiteWire) -> None:
        got.append(site.request()[1])

    for framing in (b"Content-Length: 500000", b"Transfer-Encoding: chunked"):
        wire.site.play(script)
        with socket.create_connection(("127.0.0.1", wire.port)) as visitor:
            visitor.sendall(
                b"POST / HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n186A0\r\n" + b"x" * 100_000 + b"\r\n"
            )
            until(lambda: len(wire.site.received) > 50_000, "the beginning of the upload")
    until(lambda: len(got) == 2, "both uploads to end")
    assert got[1] is None
    assert len(got[0] or b"") < 500_000


def test_a_slow_head_is_not_waited_for_while_others_are_served(wire: Wire) -> None:
    with socket.create_connection(("127.0.0.1", wire.port), timeout=10) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        assert exchange(wire.port, GET)[0].endswith(b"ok")
        _, closed = read_all(slow)
    assert closed


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 129 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 500_000 + b"\r\n\r\n", 431),
    ],
    ids=["target", "count", "bytes", "huge"],
)
def test_what_is_too_long_is_refused(wire: Wire, request_: bytes, status: int) -> None:
    answer, closed = exchange(wire.port, request_)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert closed
    assert wire.site.received == b""


def test_more_than_enough_requests_are_told_to_come_back() -> None:
    def script(site: SiteWire) -> None:
        site.head()
        site.body(1)

    with (
        raw_site(script) as site,
        passing(site.url, limits={"in_flight": 1}) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as first,
    ):
        first.sendall(GET)
        site.wire()
        answer, _ = exchange(port, GET)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after" in answer.lower()


def test_stopping_lets_what_is_under_way_finish() -> None:
    def slow(site: SiteWire) -> None:
        site.head()
        stop.append(site)
        until(lambda: len(stop) == 2, "the stop")
        time.sleep(0.3)
        site.send(OK)

    stop: list[object] = []
    with raw_site(slow) as site, passing(site.url, limits={"stop_timeout": 5}) as (port, process):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as visitor:
            visitor.sendall(GET)
            until(lambda: stop, "the request")
            process.terminate()
            stop.append(None)
            answer, _ = read_all(visitor)
        until(lambda: process.returncode is not None, "the end")
    assert answer.endswith(b"ok")
    assert process.returncode == 0
