"""WebSockets through the proxy, with a library on either side that nobody here wrote."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from tests.protocol.conftest import Wire
from tests.support.holdback_process import serving
from tests.support.passing import passing
from tests.support.processes import until
from tests.support.recording import Reply, recording

type Handler = Callable[[ServerConnection], None]


class Site:
    """A WebSocket site: what is run on each connection, and the upgrade requests that it saw."""

    def __init__(self) -> None:
        self.handler: Handler = echo
        self.requests: list[Request] = []
        self.refusal: tuple[int, str] | None = None
        self.port = 0


def echo(site: ServerConnection) -> None:
    for message in site:
        site.send(message)


@contextmanager
def websocket_site() -> Iterator[Site]:
    site = Site()

    def look(connection: ServerConnection, request: Request) -> Response | None:
        site.requests.append(request)
        return connection.respond(*site.refusal) if site.refusal else None

    with serve(
        lambda connection: site.handler(connection),
        "127.0.0.1",
        0,
        process_request=look,
        select_subprotocol=lambda _, offered: offered[-1] if offered else None,
        max_size=None,
    ) as server:
        site.port = server.socket.getsockname()[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


@pytest.fixture(scope="module")
def tunnel() -> Iterator[tuple[Site, str]]:
    with websocket_site() as site, passing(f"http://127.0.0.1:{site.port}") as (port, _):
        yield site, f"ws://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def fresh(tunnel: tuple[Site, str]) -> None:
    tunnel[0].handler, tunnel[0].refusal = echo, None
    tunnel[0].requests.clear()


@pytest.mark.parametrize(
    "message",
    ["hello", "", "é" * 100_000, b"\x00\xff", b"", b"x" * 3_000_000],
    ids=["text", "empty", "long text", "bytes", "no bytes", "long bytes"],
)
def test_messages_come_back_as_they_were(tunnel: tuple[Site, str], message: str | bytes) -> None:
    with connect(tunnel[1] + "/echo?a=%2f", max_size=None) as visitor:
        for _ in range(3):
            visitor.send(message)
            assert visitor.recv() == message
    assert tunnel[0].requests[0].path == "/echo?a=%2f"


def test_fragments_arrive_as_one_message(tunnel: tuple[Site, str]) -> None:
    with connect(tunnel[1]) as visitor:
        visitor.send(iter(["a", "b", "c"]))
        assert visitor.recv() == "abc"
    tunnel[0].handler = lambda site: site.send(iter([b"1", b"2"]))
    with connect(tunnel[1]) as visitor:
        assert visitor.recv() == b"12"


def test_the_gate_decides_about_the_upgrade(tunnel: tuple[Site, str]) -> None:
    """The test's gate takes every cookie away, and the handshake's headers are made anew."""
    with connect(
        tunnel[1], additional_headers={"Cookie": "_ga=1", "X-Holdback-Purposes": "analytics", "X-A": "b"}
    ):
        pass
    sent = tunnel[0].requests[0].headers
    assert sent["X-A"] == "b"
    assert "Cookie" not in sent
    assert "X-Holdback-Purposes" not in sent
    assert "Sec-WebSocket-Extensions" not in sent
    assert sent["X-Forwarded-For"] == "127.0.0.1"


def test_a_subprotocol_is_agreed_on(tunnel: tuple[Site, str]) -> None:
    with connect(tunnel[1], subprotocols=["v2.test", "v1.test"]) as visitor:  # type: ignore[list-item]
        assert visitor.subprotocol == "v1.test"


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "away"), (4321, "bye é")])
def test_the_site_says_why_it_closes(tunnel: tuple[Site, str], code: int, reason: str) -> None:
    tunnel[0].handler = lambda site: site.close(code, reason)
    with connect(tunnel[1]) as visitor, pytest.raises(ConnectionClosed) as closed:
        visitor.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)


@pytest.mark.parametrize("code", [1000, 4321])
def test_the_visitor_says_why_they_close(tunnel: tuple[Site, str], code: int) -> None:
    ends: list[int] = []

    def handler(site: ServerConnection) -> None:
        try:
            site.recv()
        except ConnectionClosed as closed:
            ends.append(closed.rcvd.code if closed.rcvd else 1006)

    tunnel[0].handler = handler
    with connect(tunnel[1]) as visitor:
        visitor.close(code)
    until(lambda: ends, "the site to learn of the end")
    assert ends == [code]


def test_a_visitor_who_vanishes_is_noticed(tunnel: tuple[Site, str]) -> None:
    ends: list[bool] = []

    def handler(site: ServerConnection) -> None:
        try:
            site.recv()
        except ConnectionClosed:
            ends.append(True)

    tunnel[0].handler = handler
    with connect(tunnel[1]) as visitor:
        visitor.socket.shutdown(socket.SHUT_RDWR)
    until(lambda: ends, "the site to learn of the end")


def test_pings_are_answered_on_both_legs(tunnel: tuple[Site, str]) -> None:
    answered: list[bool] = []
    done = threading.Event()

    def ping(site: ServerConnection) -> None:
        answered.append(site.ping().wait(10))
        done.wait(10)

    tunnel[0].handler = ping
    with connect(tunnel[1]) as visitor:
        assert visitor.ping().wait(10)
        done.set()
        with pytest.raises(ConnectionClosed):
            visitor.recv()
    until(lambda: answered == [True], "the site's pong")


def test_a_refusal_is_the_sites_own(tunnel: tuple[Site, str]) -> None:
    tunnel[0].refusal = (403, "not you\n")
    with pytest.raises(InvalidStatus) as refused, connect(tunnel[1]):
        pass
    assert refused.value.response.status_code == 403
    assert refused.value.response.body == b"not you\n"


def test_a_refusal_that_is_a_page_is_coded_as_it_says(tmp_path: Path) -> None:
    """A client that does not say that it wants a WebSocket (``Sec-Fetch-Dest``) may be shown it."""
    page = b"<!doctype html><title>No</title><body>" + b"<p>Not you</p>" * 200
    lines = [("Content-Type", "text/html"), ("Set-Cookie", "_ga=1")]
    with (
        recording(lambda _: Reply(page, 403, lines)) as site,
        serving(f"http://127.0.0.1:{site.port}", tmp_path / "data") as proxy,
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://127.0.0.1:{proxy.port}/", additional_headers={"Accept-Encoding": "gzip"}),
    ):
        pass
    answer = refused.value.response
    assert answer.headers["content-encoding"] == "gzip"
    assert b"<p>Not you</p>" in gzip.decompress(answer.body)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/quiet", "/_hb/choices"])
def test_what_the_gate_answers_itself_is_no_websocket(tunnel: tuple[Site, str], path: str) -> None:
    with pytest.raises(InvalidStatus), connect(tunnel[1] + path):
        pass
    assert tunnel[0].requests == []


def test_a_site_that_is_no_websocket_is_a_bad_gateway(wire: Wire) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{wire.port}/"):
        pass
    assert refused.value.response.status_code == 502


def test_a_slow_reader_slows_the_other_side_down(tunnel: tuple[Site, str]) -> None:
    """64 MB are sent while nobody reads: most of them have to wait with the sender."""
    sent: list[int] = []

    def handler(site: ServerConnection) -> None:
        for number in range(64):
            site.send(b"x" * 1_000_000)
            sent.append(number)

    tunnel[0].handler = handler
    with connect(tunnel[1], max_size=None, max_queue=1) as visitor:
        until(lambda: len(sent) > 2, "the first messages")
        visitor.recv()
        assert len(sent) < 48
        for _ in range(63):
            visitor.recv()
    assert len(sent) == 64
