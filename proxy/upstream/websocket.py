"""An open WebSocket to the site (RFC 6455): whole messages in and out; wsproto makes and reads the frames."""

import asyncio
import contextlib
from dataclasses import dataclass

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

from ..http.headers import Headers, first

MESSAGE_LIMIT = 64 * 1024 * 1024
"""Bytes of one message: ASGI hands over whole messages, so that one has to be held in memory."""
_READ = 64 * 1024
_GOODBYE = 2.0
"""Seconds that the site has to end its side once it was told of the end."""
_HANDSHAKE_ONLY = frozenset(
    {
        b"sec-websocket-accept",
        b"sec-websocket-extensions",
        b"sec-websocket-protocol",
        b"connection",
        b"upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a WebSocket: code and reason as RFC 6455 §7.4 has them; 1005 where none was given."""

    code: int
    reason: str = ""


class SiteSocket:
    """An open WebSocket to the site. ``headers`` are those of its answer, without the handshake's own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: Headers) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = Connection(ConnectionType.CLIENT)
        self._parts: list[TextMessage | BytesMessage] = []
        self._size = 0
        protocol = first(headers, b"sec-websocket-protocol")
        self.subprotocol = protocol.decode("latin-1") if protocol is not None else None
        self.headers = [pair for pair in headers if pair[0] not in _HANDSHAKE_ONLY]

    async def send(self, data: str | bytes) -> None:
        """Send one message; returns when the site's socket takes more. Nothing happens after the end."""
        message = TextMessage(data) if isinstance(data, str) else BytesMessage(bytearray(data))
        try:
            self._writer.write(self._frames.send(message))
            await self._writer.drain()
        except (OSError, LocalProtocolError):
            self.abort()

    async def receive(self) -> str | bytes | Closed:
        """The next message, whole; or the end. Pings are answered on the way."""
        while True:
            for event in self._frames.events():
                if isinstance(event, TextMessage | BytesMessage):
                    whole = self._collect(event)
                    if whole is not None:
                        return whole
                    if self._size > MESSAGE_LIMIT:
                        self.close(Closed(1009))
                        return Closed(1009)
                elif isinstance(event, Ping):
                    self._writer.write(self._frames.send(event.response()))
                elif isinstance(event, CloseConnection):
                    self._say(event.response())
                    return Closed(int(event.code), event.reason or "")
            try:
                data = await self._reader.read(_READ)
            except OSError:
                data = b""
            if not data:
                return Closed(1006)
            try:
                self._frames.receive_data(data)
            except LocalProtocolError:
                return Closed(1006)

    def close(self, how: Closed) -> None:
        """Say goodbye. An end without one (1006) is passed on as such."""
        if how.code == 1006:
            self.abort()
        else:
            code = CloseReason.NO_STATUS_RCVD if how.code == 1005 else how.code
            self._say(CloseConnection(code, how.reason or None))

    async def finish(self) -> None:
        """Give the site a moment to end its side, then close. A goodbye would be lost in an immediate reset."""
        try:
            async with asyncio.timeout(_GOODBYE):
                while await self._reader.read(_READ):
                    pass
        except (TimeoutError, OSError):
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        self._writer.transport.abort()

    def _say(self, event: CloseConnection) -> None:
        with contextlib.suppress(LocalProtocolError):
            self._writer.write(self._frames.send(event))

    def _collect(self, event: TextMessage | BytesMessage) -> str | bytes | None:
        """The whole message that *event* ends, or None."""
        self._parts.append(event)
        self._size += len(event.data)
        if not event.message_finished:
            return None
        parts, self._parts, self._size = self._parts, [], 0
        if isinstance(event, TextMessage):
            return "".join(part.data for part in parts if isinstance(part, TextMessage))
        return b"".join(part.data for part in parts if isinstance(part, BytesMessage))
