"""One answer of the site, while it arrives."""

import asyncio
from typing import Protocol

from ..http.headers import Headers, first

HIGH_WATER = 256 * 1024
"""How many bytes of a body may wait for the visitor before the site's socket is no longer read."""


class Source(Protocol):
    """Where a response comes from: the connection, as the response sees it."""

    def resume(self) -> None:
        """Read on: what had arrived was taken."""

    def abort(self) -> None:
        """Close at once: nobody wants the rest."""


class Response:
    """The status and headers of an answer, and its body as far as it has arrived.

    Made by the connection when the head is complete. ``ended`` tells that the whole body has arrived;
    ``has_body`` that one is expected (RFC 9112 §6.3: none for HEAD, 204, 304); ``waiting`` counts its bytes that were
    not taken yet. ``sender`` is what still sends the request's body, if it was not sent at once.
    """

    __slots__ = (
        "_chunks",
        "_error",
        "_source",
        "_waiter",
        "ended",
        "has_body",
        "headers",
        "sender",
        "status",
        "waiting",
    )

    def __init__(self, source: Source, status: int, headers: Headers) -> None:
        self.status = status
        self.headers = headers
        self.ended = False
        self.has_body = True
        self.waiting = 0
        self.sender: asyncio.Task[None] | None = None
        self._chunks: list[bytes] = []
        self._error: Exception | None = None
        self._source: Source | None = source
        self._waiter: asyncio.Future[None] | None = None

    @property
    def length(self) -> int | None:
        """The body's length in bytes, where the head tells it."""
        value = first(self.headers, b"content-length")
        return int(value) if value is not None and value.isdigit() else None

    @property
    def over(self) -> bool:
        """Whether everything that will ever come has been read."""
        return self.ended and not self._chunks

    def take(self) -> bytes:
        """All that has arrived and was not taken yet; may be empty."""
        chunks = self._chunks
        if not chunks:
            return b""
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self.waiting = 0
        if self._source is not None:
            self._source.resume()
        return data

    async def read(self) -> bytes:
        """What has arrived; waits for some. Empty only at the end of the body.

        Raises :class:`.errors.UpstreamError` where the body will never be whole.
        """
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self.ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self.take()

    def abort(self) -> None:
        """Nobody wants the rest: the site is told by a closed connection. Harmless after the end."""
        if self.sender is not None:
            self.sender.cancel()
        if self._source is not None:
            self._source.abort()
            self._source = None

    # What the connection tells.

    def arrived(self, data: bytes) -> None:
        """*data* is the next piece of the body."""
        self._chunks.append(data)
        self.waiting += len(data)

    def end(self) -> None:
        """The body is whole; the connection is free for another request."""
        self.ended = True
        self._source = None

    def fail(self, error: Exception) -> None:
        """The body will never be whole."""
        self._error = error
        self._source = None
        self.wake()

    def wake(self) -> None:
        """Let the reader look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
