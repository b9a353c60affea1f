"""The request's body as ASGI hands it over, read only once it is known where it goes."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from ..headers import Headers, first
from ..upstream.errors import VisitorGone
from .types import Message, Receive


@dataclass(frozen=True, slots=True)
class Announced:
    """What a request's head says of its body: whether there may be one, and its length in bytes if it is told."""

    possible: bool
    length: int | None


_NONE = Announced(False, None)
_EMPTY = Announced(False, 0)
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


def announced(headers: Headers, http_version: str) -> Announced:
    """What *headers* announce. HTTP/1.1 has no body without one of two headers (RFC 9112 §6.3); HTTP/2 may."""
    if http_version[0] == "1" and _FRAMING.isdisjoint([name for name, _ in headers]):
        return _NONE
    length = first(headers, b"content-length")
    if length is not None:
        return Announced(True, int(length)) if length.strip(b"0") else _EMPTY
    return Announced(True, None)


class RequestBody:
    """The body of one request: whether one is ``possible``, its ``length`` if told, whether all was read (``over``).

    Raises :class:`..upstream.errors.VisitorGone` where it will never be whole.
    """

    __slots__ = ("_ahead", "_receive", "length", "over", "possible")

    def __init__(self, receive: Receive, expected: Announced) -> None:
        self.possible = expected.possible
        self.length = expected.length
        self.over = not expected.possible
        self._receive = receive
        self._ahead = b""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send: known once the body's start was asked for."""
        return self.over and not self._ahead

    async def start(self, size: int) -> bytes:
        """The first bytes: *size* of them, or all if there are fewer. They are not consumed."""
        while not self.over and len(self._ahead) < size:
            self._ahead += await self._next()
            # Where the length is known, the message that only tells the end needs no waiting for.
            self.over = self.over or len(self._ahead) == self.length
        return self._ahead

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Every piece of the body, from its first byte."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            yield ahead
        while not self.over:
            yield await self._next()

    async def again(self) -> Message:
        """ASGI's ``receive`` for an application behind us, from the body's first byte."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return {"type": "http.request", "body": ahead, "more_body": not self.over}
        return await self._receive()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise VisitorGone
        self.over = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body
