"""A server that answers as it is told and keeps every request: what it did not get was never sent.

It stands for a tracker's collector, for a vendor's host or for a small site. One port speaks HTTP or, with a
certificate, TLS.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext, SSLError, SSLSocket
from typing import Any
from urllib.parse import urlsplit

from .processes import until


@dataclass(frozen=True)
class Request:
    """One request as it came off the wire; names of headers in lower case."""

    method: str
    host: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    def get(self, name: str) -> str:
        """The values of every line called *name*, joined by a comma and a space; empty if there is none."""
        return ", ".join(value for key, value in self.headers if key == name)

    def __str__(self) -> str:
        return f"{self.method} {self.host}{self.target}"


@dataclass(frozen=True)
class Reply:
    """What to answer. ``Content-Length`` is added; *lines* may repeat a name."""

    body: bytes = b""
    status: int = 200
    lines: Sequence[tuple[str, str]] = ()


type Handler = Callable[[Request], Reply]


@dataclass
class Recorder:
    """A running server and what it received, oldest first."""

    port: int
    requests: list[Request] = field(default_factory=list)

    def received(self, part: str = "") -> list[Request]:
        """The requests whose method, host and target contain *part*."""
        return [request for request in list(self.requests) if part in str(request)]

    def wait(self, part: str, seconds: float = 20) -> Request:
        """The first request that contains *part*, once it has come."""
        return until(
            lambda: next(iter(self.received(part)), None),
            f"a request with {part!r}; got {[str(request) for request in self.requests]}",
            seconds,
        )

    def forget(self) -> None:
        """Begin again with no request received."""
        self.requests.clear()


@contextmanager
def recording(handler: Handler, *, tls: SSLContext | None = None) -> Iterator[Recorder]:
    """Serve *handler* on a free port of 127.0.0.1 until the block ends."""
    recorder = Recorder(0)
    server = _Server(_handler_class(handler, recorder), tls)
    recorder.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, handler: type[BaseHTTPRequestHandler], tls: SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._tls = tls

    def get_request(self) -> tuple[Any, Any]:
        """Take a connection; the TLS handshake is left to the connection's own thread, at its first read."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a visitor that goes away in the middle is ordinary."""

    def shutdown_request(self, request: Any) -> None:
        try:
            if isinstance(request, SSLSocket):
                request.settimeout(1)
            super().shutdown_request(request)
        except SSLError:
            request.close()


def _handler_class(handler: Handler, recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            lines = [(name.lower(), value) for name, value in self.headers.items()]
            request = Request(self.command, self.headers.get("Host", ""), self.path, lines, self._read_body())
            recorder.requests.append(request)
            self._send(handler(request))

        def log_message(self, format: str, *values: object) -> None:
            """Nothing: what was received is kept."""

        def _read_body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                pieces = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _send(self, reply: Reply) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.lines:
                self.send_header(name, value)
            if reply.status not in (204, 304):
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD" and reply.status not in (204, 304):
                self.wfile.write(reply.body)

    return Answering
