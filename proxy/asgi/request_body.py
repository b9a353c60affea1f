"""The request's body as ASGI hands it over, read only once it is known where it goes."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from ..http.headers import Headers, first
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


AHEAD = 16 * 1024 * 1024
"""Bytes of one body that are read ahead of a site that does not take them."""
AHEAD_OF_ALL = 64 * 1024 * 1024
"""The same for all bodies of a process together."""


class RequestBody:
    """The body of one request: whether one is ``possible``, its ``length`` if told, whether all was read (``over``).

    ``waiting`` tells that the visitor is waited for, ``since`` (loop time) for how long nothing came, ``size`` how many
    bytes did. Raises :class:`..upstream.errors.VisitorGone` where the body will never be whole.
    """

    __slots__ = (
        "_ahead",
        "_arrived",
        "_kept",
        "_reader",
        "_receive",
        "length",
        "over",
        "possible",
        "since",
        "size",
        "waiting",
    )
    _read_ahead = 0

    def __init__(self, receive: Receive, expected: Announced) -> None:
        self.possible = expected.possible
        self.length = expected.length
        self.over = not expected.possible
        self.waiting = False
        self.since = 0.0
        self.size = 0
        self._receive = receive
        self._ahead = b""
        self._kept: deque[Message] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._arrived: asyncio.Event | None = None

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
        message = await self._message()
        if message["type"] == "http.disconnect":
            raise VisitorGone
        self.over = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        self.size += len(body)
        return body

    async def _message(self) -> Message:
        loop = asyncio.get_running_loop()
        self.since = loop.time()
        if self._kept is not None and (message := await self._read_before(self._kept)) is not None:
            return message
        self.waiting = True
        try:
            return await self._receive()
        finally:
            self.waiting = False
            self.since = loop.time()

    async def _read_before(self, kept: deque[Message]) -> Message | None:
        """The next message that was read ahead, or is just being; None where nobody reads ahead any more."""
        while self._reader is not None and not kept:
            assert self._arrived is not None
            self._arrived.clear()
            await self._arrived.wait()
        if not kept:
            return None
        message = kept.popleft()
        RequestBody._read_ahead -= len(message.get("body", b""))
        return message

    def read_ahead(self, gone: Callable[[], None]) -> None:
        """Read on while the site takes nothing, within bounds: only behind what they sent is it told that they left.

        *gone* is called if they did. Harmless where that is going on already.
        """
        if self._reader is None and not self.waiting and not self.over:
            arrived = self._arrived = asyncio.Event()
            if self._kept is None:
                self._kept = deque()
            self._reader = asyncio.get_running_loop().create_task(self._go_ahead(gone, self._kept, arrived))

    async def _go_ahead(self, gone: Callable[[], None], kept: deque[Message], arrived: asyncio.Event) -> None:
        read = 0
        try:
            while read < AHEAD and RequestBody._read_ahead < AHEAD_OF_ALL:
                message = await self._receive()
                kept.append(message)
                size = len(message.get("body", b""))
                read += size
                RequestBody._read_ahead += size
                arrived.set()
                if message["type"] == "http.disconnect":
                    gone()
                    return
                if not message.get("more_body", False):
                    return
        finally:
            self._reader = None
            arrived.set()

    def drop(self) -> None:
        """The request was served: forget what was read ahead."""
        if self._reader is not None:
            self._reader.cancel()
        if self._kept:
            RequestBody._read_ahead -= sum(len(message.get("body", b"")) for message in self._kept)
            self._kept.clear()
