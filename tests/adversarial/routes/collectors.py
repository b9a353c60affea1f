"""The tracker's side: a server for HTTP and WebSocket handshakes, and a bare port for each route that is no HTTP."""

import re
import selectors
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.support.recording import Recorder, Reply, Request, recording

_MARKER = re.compile(r"/r/([a-z0-9-]+)")
_KINDS = {
    "gif": ("image/gif", b"GIF89a\x01\0\x01\0\0\0\0;"),
    "js": ("text/javascript", b"void 0"),
    "css": ("text/css", b"i { color: red }"),
    "html": ("text/html", b"<p>tracker"),
    "svg": (
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg"><filter id="a"/><symbol id="a"/></svg>',
    ),
    "json": ("application/json", b"{}"),
    "vtt": ("text/vtt", b"WEBVTT\n"),
    "mp4": ("video/mp4", b""),
    "wav": ("audio/wav", b""),
    "woff2": ("font/woff2", b""),
    "txt": ("text/plain", b"x"),
}


def thank(request: Request) -> Reply:
    """The answer to everything: from every origin, never to be kept in a cache."""
    lines = [
        ("Access-Control-Allow-Origin", request.get("origin") or "*"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Headers", request.get("access-control-request-headers") or "*"),
        ("Cache-Control", "no-store"),
    ]
    ending = request.path.rpartition(".")[2]
    kind, body = _KINDS.get(ending, ("text/plain", b"ok"))
    return Reply(body, lines=[*lines, ("Content-Type", kind)])


@dataclass
class Ports:
    """TCP and UDP ports of 127.0.0.1, one number a name; ``touched`` are the names that anything came to."""

    numbers: dict[str, int] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


@contextmanager
def listening(names: Sequence[str]) -> Iterator[Ports]:
    """Listen on a port for each of *names* until the block ends. Nothing is answered."""
    ports = Ports()
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for name in names:
            stream, packets = _pair()
            ports.numbers[name] = stream.getsockname()[1]
            for sock in (stream, packets):
                stack.enter_context(sock)
                selector.register(sock, selectors.EVENT_READ, name)
        running = True

        def listen() -> None:
            while running:
                for key, _ in selector.select(0.05):
                    sock = key.fileobj
                    assert isinstance(sock, socket.socket)
                    if sock.type == socket.SOCK_STREAM:
                        sock.accept()[0].close()
                    else:
                        sock.recv(65_536)
                    ports.touched.add(key.data)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield ports
        finally:
            running = False
            thread.join()


def _pair() -> tuple[socket.socket, socket.socket]:
    """A TCP and a UDP socket of one number."""
    while True:
        stream = socket.create_server(("127.0.0.1", 0))
        packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            packets.bind(stream.getsockname())
        except OSError:  # somebody else has the UDP port of that number
            stream.close()
            packets.close()
            continue
        return stream, packets


@dataclass
class Collectors:
    """Everything that the tracker listens on."""

    http: Recorder
    ports: Ports

    def arrived(self) -> set[str]:
        """The names of the routes by which anything has come."""
        found = {name for request in list(self.http.requests) for name in _MARKER.findall(request.target)}
        return found | self.ports.touched

    def forget(self) -> None:
        """Begin again with nothing received."""
        self.http.forget()
        self.ports.touched.clear()


@contextmanager
def collecting(names: Sequence[str]) -> Iterator[Collectors]:
    """Run the tracker's servers; *names* are the routes that get a port of their own."""
    with recording(thank) as http, listening(names) as ports:
        yield Collectors(http, ports)
