"""TLS on both sides, and HTTP/2 to visitors."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import h2.config
import h2.connection
import h2.events
import pytest

from tests.support.certificates import Authority
from tests.support.http_client import fetch
from tests.support.passing import passing
from tests.support.raw_site import OK, RawSite, Wire, answering, raw_site

type Lines = list[tuple[str, str]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[tuple[RawSite, int]]:
    certificate = authority.certificate("127.0.0.1")
    with (
        raw_site(answering(OK)) as site,
        passing(site.url, tls_certificate=certificate.chain, tls_key=certificate.key) as (port, _),
    ):
        yield site, port


class Http2:
    """One HTTP/2 connection to 127.0.0.1, just enough for a request at a time."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(["h2"])
        raw = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket = context.wrap_socket(raw, server_hostname="127.0.0.1")
        assert self._socket.selected_alpn_protocol() == "h2"
        config = h2.config.H2Configuration(header_encoding="utf-8", validate_outbound_headers=False)
        self._connection = h2.connection.H2Connection(config)
        self._connection.initiate_connection()

    def close(self) -> None:
        self._socket.close()

    def ask(self, lines: Lines, body: bytes = b"") -> tuple[Lines, bytes, str]:
        """Send a request: the response's head, its body, and how it ended (``end``, ``reset``, ``closed``)."""
        stream = self._connection.get_next_available_stream_id()
        self._connection.send_headers(stream, lines, end_stream=not body)
        if body:
            self._connection.send_data(stream, body, end_stream=True)
        head: Lines = []
        got = b""
        while True:
            self._socket.sendall(self._connection.data_to_send())
            try:
                data = self._socket.recv(65_536)
            except ConnectionError:
                data = b""
            if not data:
                return head, got, "closed"
            for event in self._connection.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    head = [(str(name), str(value)) for name, value in event.headers or []]
                elif isinstance(event, h2.events.DataReceived):
                    got += event.data or b""
                    self._connection.acknowledge_received_data(event.flow_controlled_length or 0, stream)
                elif isinstance(event, h2.events.StreamEnded):
                    return head, got, "end"
                elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                    return head, got, "reset"


@pytest.fixture
def http2(secured: tuple[RawSite, int], authority: Authority) -> Iterator[Http2]:
    secured[0].play(answering(OK))
    connection = Http2(secured[1], authority.client_context())
    yield connection
    connection.close()


def request(path: str = "/", method: str = "GET") -> Lines:
    return [(":method", method), (":scheme", "https"), (":authority", "shop.test"), (":path", path)]


def test_https_is_told_to_the_site(secured: tuple[RawSite, int], authority: Authority) -> None:
    secured[0].play(answering(OK))
    answer = fetch(secured[1], "/a", host="shop.test", tls=authority.client_context())
    assert (answer.status, answer.body) == (200, b"ok")
    assert b"\r\nx-forwarded-proto: https\r\n" in secured[0].received


def test_http_2_reaches_the_site_as_http_1_1(secured: tuple[RawSite, int], http2: Http2) -> None:
    lines = request("/a?b=%2f")
    head, body, end = http2.ask([*lines, ("x-a", "1"), ("x-a", "2")])
    assert (dict(head)[":status"], body, end) == ("200", b"ok", "end")
    sent = secured[0].received
    assert sent.startswith(b"GET /a?b=%2f HTTP/1.1\r\n")
    assert sent.count(b"\r\nhost: shop.test\r\n") == 1
    assert b"x-a: 1\r\nx-a: 2\r\n" in sent
    assert b"transfer-encoding" not in sent


def test_two_set_cookie_lines_stay_two(secured: tuple[RawSite, int], http2: Http2) -> None:
    secured[0].play(
        answering(OK.replace(b"Content-Type", b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type"))
    )
    head, _, _ = http2.ask(request())
    assert [value for name, value in head if name == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize("length", [True, False])
def test_a_body_over_http_2(secured: tuple[RawSite, int], http2: Http2, length: bool) -> None:
    got: list[bytes | None] = []

    def script(site: Wire) -> None:
        got.append(site.request()[1])
        site.send(OK)

    secured[0].play(script)
    lines = [*request("/up", "POST"), *([("content-length", "5")] if length else [])]
    head, _, _ = http2.ask(lines, b"hello")
    assert dict(head)[":status"] == "200"
    assert got == [b"hello"]


@pytest.mark.parametrize(
    "start", [b"Content-Length: 10\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"]
)
def test_a_broken_body_is_a_reset_stream(secured: tuple[RawSite, int], http2: Http2, start: bytes) -> None:
    def script(site: Wire) -> None:
        site.head()
        site.send(b"HTTP/1.1 200 OK\r\n" + start)
        time.sleep(0.2)  # so that the head has gone on before the break

    secured[0].play(script)
    head, body, end = http2.ask(request())
    assert (dict(head)[":status"], body, end) == ("200", b"hello", "reset")


@pytest.mark.parametrize(
    "lines",
    [
        [("content-length", "99")],
        [("transfer-encoding", "chunked")],
        [("connection", "close")],
        [("host", "evil.test")],
        [("x", "a\r\nContent-Length: 5")],
        [("x\r\ny", "a")],
        [("x y", "a")],
        [("content-length", "5"), ("content-length", "6")],
    ],
    ids=["length", "te", "connection", "host", "value break", "name break", "name space", "lengths"],
)
def test_http_2_smuggles_nothing(secured: tuple[RawSite, int], http2: Http2, lines: Lines) -> None:
    """Downgrades: whatever HTTP/2 can say that HTTP/1.1 would read otherwise.

    Of ``:authority`` and a ``host`` that differs, Granian shows us the latter alone; the site gets that one too.
    """
    head, _, end = http2.ask([*request("/first", "POST"), *lines], b"hello")
    sent = secured[0].received.lower()
    assert not head or dict(head)[":status"] != "200" or end != "end" or b"hello" in sent
    assert sent.count(b"http/1.1") <= 1
    assert sent.count(b"\r\nhost: ") == sent.count(b"http/1.1")
    assert sent.count(b"content-length") + sent.count(b"transfer-encoding") <= 1


@contextmanager
def secure_site(authority: Authority, name: str) -> Iterator[int]:
    """A site that speaks TLS with a certificate for *name*."""
    context = authority.certificate(name).server_context()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    raw, _ = listener.accept()
                    with context.wrap_socket(raw, server_side=True) as sock:
                        wire = Wire(sock)
                        while wire.request()[0]:
                            wire.send(OK)
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "trusted", "status"),
    [
        ("127.0.0.1", True, 200),
        ("127.0.0.1", False, 502),
        ("other.test", True, 502),
    ],
)
def test_the_sites_certificate_is_verified(
    authority: Authority, name: str, trusted: bool, status: int
) -> None:
    env = {"SSL_CERT_FILE": str(authority.root)} if trusted else {}
    with secure_site(authority, name) as site, passing(f"https://127.0.0.1:{site}", env) as (port, _):
        assert fetch(port).status == status
