"""Requests to the site: one connection each, repeated only where nobody could notice."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from ..http.headers import Headers
from . import handshake
from .connection import Connection, Visitor, signs_in_the_connection
from .errors import Truncated, Unanswered
from .origin import Origin
from .pool import Pool, Timeouts
from .response import Response
from .websocket import SiteSocket
from .wire import LAST_CHUNK, chunk, request_head

_DEFAULT_TIMEOUTS = Timeouts()
_REPEATABLE = frozenset({b"GET", b"HEAD"})


class Upstream:
    """A pooled client for the one site that stands behind us."""

    def __init__(
        self,
        url: str,
        *,
        timeouts: Timeouts = _DEFAULT_TIMEOUTS,
        context: ssl.SSLContext | None = None,
        shared: Callable[[str], bool] = lambda _address: False,
    ) -> None:
        """*shared* tells of an address that it speaks for many visitors over one connection: a trusted hop."""
        self.origin = Origin.parse(url)
        self._timeouts = timeouts
        self._context = context or self.origin.tls()
        self._pool = Pool(self.origin, timeouts, self._context, shared)

    async def request(
        self,
        method: bytes,
        target: bytes,
        headers: Headers,
        body: bytes | AsyncGenerator[bytes] = b"",
        *,
        length: int | None = None,
        visitor: Visitor = None,
    ) -> Response:
        """Send a request; return when the head of its answer is there (with the body, where that is short).

        *target* goes out as it is; *headers* hold no hop-by-hop header, and the Content-Length where the body has one.
        *body* is all of it, or an iterator over its pieces: *length* bytes, or as many as come (None), in chunks.
        An iterator that raises leaves the request visibly incomplete, and its exception is raised here.
        *visitor* is whose request it is: a connection over which somebody signed in serves nobody else.

        Sent again, once, on a new connection: GET and HEAD without a body whose reused connection closed before a
        byte of the answer (RFC 9110 §9.2.2; RFC 9112 §9.3.1). Raises :class:`.errors.UpstreamError`.
        """
        streamed = not isinstance(body, bytes)
        head = request_head(method, target, headers, chunked=streamed and length is None)
        repeatable = method in _REPEATABLE and not body
        connection = self._pool.take(visitor, repeatable=repeatable)
        if connection is None:
            connection = await self._pool.open()
        self._belongs(connection, visitor, headers)
        if not isinstance(body, bytes):
            return await self._stream(connection, head, body, length, is_head=method == b"HEAD")
        if body:
            head += body
        is_head = method == b"HEAD"
        try:
            return await connection.exchange(head, is_head=is_head, whole=True)
        except asyncio.CancelledError:
            connection.close()
            raise
        except Unanswered:
            if not repeatable or not connection.used:
                raise
        connection = await self._pool.open()
        self._belongs(connection, visitor, headers)
        return await self._exchange(connection, head, is_head=is_head)

    async def websocket(self, target: bytes, headers: Headers) -> SiteSocket:
        """Open a WebSocket to the site. Raises :class:`.handshake.Refused` or :class:`.errors.UpstreamError`."""
        within = self._timeouts.connect + self._timeouts.first_byte
        return await handshake.connect(self.origin, target, headers, context=self._context, within=within)

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are in use and how many idle."""
        return self._pool.size

    def close(self) -> None:
        """Close what is idle now, and the rest as it becomes free."""
        self._pool.close()

    @staticmethod
    def _belongs(connection: Connection, visitor: Visitor, headers: Headers) -> None:
        connection.visitor = visitor
        if not connection.bound and signs_in_the_connection(headers):
            connection.bound = True

    @staticmethod
    async def _exchange(connection: Connection, head: bytes, *, is_head: bool) -> Response:
        try:
            return await connection.exchange(head, is_head=is_head, whole=True)
        except asyncio.CancelledError:
            connection.close()
            raise

    async def _stream(
        self,
        connection: Connection,
        head: bytes,
        body: AsyncGenerator[bytes],
        length: int | None,
        *,
        is_head: bool,
    ) -> Response:
        answer = connection.exchange(head, is_head=is_head, whole=False)
        pump = asyncio.create_task(_pump(connection, body, length))
        try:
            response = await answer
        except BaseException:
            pump.cancel()
            connection.close()
            raise
        response.sender = pump
        return response


async def _pump(connection: Connection, body: AsyncGenerator[bytes], length: int | None) -> None:
    """Send *body*, as fast as the site takes it. The site may answer, and stop listening, before its end."""
    sent = 0
    try:
        async with aclosing(body):
            async for data in body:
                sent += len(data)
                if connection.closed:
                    return
                if length is not None and sent > length:
                    break
                if data:
                    await connection.write(data if length is not None else chunk(data))
        if length is None:
            await connection.write(LAST_CHUNK)
        elif sent != length:
            raise Truncated("the request's body is not as long as announced")
        connection.finish()
    except Exception as error:
        connection.fail(error)
