"""How a WebSocket to the site begins (RFC 6455 §4.1). No extension is offered: messages are passed on as they are."""

import asyncio
import base64
import os
import ssl

import httptools
from wsproto.utilities import generate_accept_token

from ..http.headers import Headers, every, first
from .connection import is_chunked
from .errors import TimedOut, Truncated, Unreachable
from .origin import Origin
from .websocket import SiteSocket
from .wire import request_head

_READ = 64 * 1024
_REFUSAL_LIMIT = 64 * 1024
_OURS = frozenset({b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions"})


class Refused(Exception):
    """The site does not want this WebSocket: its answer, for the visitor."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body


async def connect(
    origin: Origin,
    target: bytes,
    headers: Headers,
    *,
    context: ssl.SSLContext | None,
    within: float,
) -> SiteSocket:
    """Open a WebSocket. *headers* are what the gate lets the site see; *within* (seconds) is for all of it.

    Raises :class:`Refused` with the site's answer, or :class:`.errors.UpstreamError`.
    """
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_connection(
                origin.host,
                origin.port,
                ssl=context,
                server_hostname=origin.host if context is not None else None,
                limit=_READ,
            )
            try:
                return await _handshake(reader, writer, target, headers)
            except BaseException:
                writer.transport.abort()
                raise
    except TimeoutError as error:
        raise TimedOut("the site took too long to accept a WebSocket") from error
    except (OSError, ssl.CertificateError) as error:
        raise Unreachable(f"the site can't be reached: {error}") from error


async def _handshake(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: bytes, headers: Headers
) -> SiteSocket:
    key = base64.b64encode(os.urandom(16))
    sent = [pair for pair in headers if pair[0] not in _OURS]
    sent += [
        (b"connection", b"Upgrade"),
        (b"upgrade", b"websocket"),
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-key", key),
    ]
    writer.write(request_head(b"GET", target, sent))
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise Truncated("the site's answer to a WebSocket is not HTTP") from error
    answer = _Answer()
    answer.read(raw)
    if answer.status == 101:
        accept = generate_accept_token(key)
        if first(answer.headers, b"sec-websocket-accept") != accept:
            raise Truncated("the site's answer does not belong to this WebSocket")
        return SiteSocket(reader, writer, answer.headers)
    while not answer.ended and len(answer.body) < _REFUSAL_LIMIT:
        data = await reader.read(_READ)
        if not data:
            break
        answer.read(data)
    raise Refused(answer.status, answer.headers, bytes(answer.body))


class _Answer:
    """The site's answer to a handshake: 101, or a refusal with a body."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.headers: Headers = []
        self.body = bytearray()
        self.status = 0
        self.ended = False

    def read(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.ended = True
        except httptools.HttpParserError as error:
            raise Truncated("the site's answer to a WebSocket is not HTTP") from error

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if not all(is_chunked(coding) for coding in every(self.headers, b"transfer-encoding")):
            raise Truncated("the site's answer to a WebSocket has a Transfer-Encoding other than chunked")

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.ended = True
