"""Bodies that are broken or cut short are the visitor's fault: 400, and no traceback for the owner."""

import socket

import pytest

from tests.support.holdback_process import Holdback
from tests.support.raw_site import read_all
from tests.support.sockets import connected

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "no size": CHUNKED + b"zz\r\nhello\r\n",
    "no end of a chunk": CHUNKED + b"5\r\nhelloXX\r\n0\r\n\r\n",
    "cut in a chunk": CHUNKED + b"5\r\nhel",
    "cut before its length": b"Content-Length: 50\r\n\r\nhel",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("path", [b"/_hb/events", b"/_hb/choice", b"/api/upload"])
def test_a_broken_body_is_400(proxy: Holdback, path: bytes, broken: bytes) -> None:
    with connected(proxy.port) as visitor:
        visitor.sendall(
            b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + broken
        )
        visitor.shutdown(socket.SHUT_WR)
        answer, closed = read_all(visitor)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert closed


def test_nothing_was_written_of_it(proxy: Holdback) -> None:
    assert "Traceback" not in proxy.process.output
    assert "failed over" not in proxy.process.output


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59"])
def test_an_event_at_the_end_of_the_calendar_is_400(proxy: Holdback, time: str) -> None:
    body = f'{{"event": "a", "time": "{time}"}}'.encode()
    answer = proxy.fetch("/_hb/events", [("Content-Type", "application/json")], method="POST", body=body)
    assert answer.status == 400
    assert b"year" in answer.body
