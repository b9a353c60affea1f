"""HTTP as a visitor's machine says it, and nothing added: no jar, no redirects, no header of its own.

Everything runs against 127.0.0.1; the ``Host`` header says which site is meant.
"""

import http.client
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

type Lines = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A whole answer: status, header lines in order with names in lower case, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """The values of every line called *name*, in order."""
        return [value for key, value in self.headers if key == name]

    def get(self, name: str) -> str:
        """The first value of *name*; empty if there is none."""
        return next(iter(self.all(name)), "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@contextmanager
def opened(
    port: int,
    method: str,
    target: str,
    headers: Lines = (),
    body: bytes | Iterator[bytes] = b"",
    *,
    host: str = "",
    tls: ssl.SSLContext | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """Send one request on a connection of its own and give the response, unread."""
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=tls)
        if tls
        else http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    )
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"127.0.0.1:{port}")
        for name, value in headers:
            connection.putheader(name, value)
        if isinstance(body, bytes):
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
        else:
            connection.endheaders()
            for piece in body:
                connection.send(piece)
        response = connection.getresponse()
        try:
            yield response
        finally:
            response.close()
    finally:
        connection.close()


def fetch(
    port: int,
    target: str = "/",
    headers: Lines = (),
    *,
    method: str = "GET",
    body: bytes = b"",
    host: str = "",
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request and read the whole answer."""
    with opened(port, method, target, headers, body, host=host, tls=tls) as response:
        lines = [(name.lower(), value) for name, value in response.getheaders()]
        return Answer(response.status, lines, response.read())
