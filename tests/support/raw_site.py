"""A site at the level of bytes: it keeps what came over each connection, and answers with the bytes it is told."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from .processes import until


class Wire:
    """One accepted connection, with what was read from it so far."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.raw = b""
        self._buffer = b""

    def head(self) -> bytes:
        """The next request's head, without its empty line; empty when the other side has closed."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return b""
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head

    def body(self, size: int) -> bytes:
        """*size* bytes, or what came before the other side closed."""
        while len(self._buffer) < size and self._more():
            pass
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body

    def chunked(self) -> bytes | None:
        """A chunked body; None if it never ended."""
        while b"0\r\n\r\n" not in self._buffer:
            if not self._more():
                return None
        raw, _, self._buffer = self._buffer.partition(b"0\r\n\r\n")
        out = b""
        while raw:
            size, _, raw = raw.partition(b"\r\n")
            count = int(size, 16)
            out, raw = out + raw[:count], raw[count + 2 :]
        return out

    def request(self) -> tuple[bytes, bytes | None]:
        """A whole request: head and body, read as its head says."""
        head = self.head()
        lines = head.lower().split(b"\r\n")
        if b"transfer-encoding: chunked" in lines:
            return head, self.chunked()
        for line in lines:
            if line.startswith(b"content-length: "):
                return head, self.body(int(line[16:]))
        return head, b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65_536)
        except OSError:
            return False
        self.raw += data
        self._buffer += data
        return bool(data)


@dataclass
class RawSite:
    """A running site: its port and every connection that it accepted."""

    port: int
    script: "Script"
    wires: list[Wire] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> bytes:
        """Everything that came, over all connections."""
        return b"".join(wire.raw for wire in self.wires)

    def play(self, script: "Script") -> None:
        """Begin again: no connection, nothing received, and *script* for what comes."""
        for wire in self.wires:
            with suppress(OSError):
                wire.socket.shutdown(socket.SHUT_RDWR)
        self.wires = []
        self.script = script

    def wire(self, number: int = 0) -> Wire:
        """The connection with that number, once it is there."""
        return until(lambda: self.wires[number] if len(self.wires) > number else None, "a connection")


type Script = Callable[[Wire], None]


def answering(data: bytes) -> Script:
    """Answer every request with *data*."""

    def script(wire: Wire) -> None:
        while wire.request()[0]:
            wire.send(data)

    return script


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


@contextmanager
def raw_site(script: Script) -> Iterator[RawSite]:
    """Run *script* on every connection, in a thread of its own; the connection is closed when it returns."""
    listener = socket.create_server(("127.0.0.1", 0))
    site = RawSite(listener.getsockname()[1], script)

    def serve(wire: Wire) -> None:
        with wire.socket, suppress(OSError):
            site.script(wire)

    def accept() -> None:
        with suppress(OSError):
            while True:
                wire = Wire(listener.accept()[0])
                site.wires.append(wire)
                threading.Thread(target=serve, args=(wire,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        site.play(script)


def exchange(port: int, request: bytes, *, seconds: float = 10) -> tuple[bytes, bool]:
    """Send bytes to 127.0.0.1, say what came until the other side closed, and whether it did."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as sock:
        sock.sendall(request)
        return read_all(sock)


def read_all(sock: socket.socket) -> tuple[bytes, bool]:
    """What comes until the other side closes (True) or is silent for the socket's timeout (False)."""
    out = b""
    try:
        while data := sock.recv(65_536):
            out += data
    except TimeoutError:
        return out, False
    except ConnectionResetError:
        pass
    return out, True
