"""One line of JSON for each request, without what would tell who the visitor was.

Addresses are cut to their network (/24, /48 for IPv6), queries, referrers and user agents are not written at all:
what is not in the log need not be erased from it (GDPR Art. 5(1)(c)).
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..gate.request.networks import network_of
from ..gate.request.trusted_hops import Trusted, client

_LOGGED = 48
"""Bits of an IPv6 network that a log may name: a site, by RFC 6177."""

type Write = Callable[[bytes], None]


class AccessLog:
    """Writes a line when the response, or the WebSocket, has ended."""

    def __init__(self, app: ASGIApp, write: Write, trusted_hops: Trusted = ()) -> None:
        self._app = app
        self._write = write
        self._trusted = trusted_hops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and note what came of it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status, size = 0, 0

        async def counting(message: Message) -> None:
            nonlocal status, size
            kind = message["type"]
            if kind == "http.response.body":
                size += len(message.get("body", b""))
            elif kind == "http.response.start":
                status = message["status"]
            elif kind == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self._app(scope, receive, counting)
        finally:
            self._write(self._line(scope, status, size, time.perf_counter() - start))

    def _line(self, scope: Scope, status: int, size: int, seconds: float) -> bytes:
        headers = list(scope["headers"])
        peer = scope.get("client") or ("", 0)
        who = client(peer[0], scope.get("scheme", "http"), headers, self._trusted)
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "client": network_of(who.address, _LOGGED),
            "host": who.host,
            "method": scope.get("method", "WEBSOCKET"),
            "path": raw.partition(b"?")[0].decode("latin-1"),
            "status": status or None,
            "bytes": size,
            "ms": round(seconds * 1000, 1),
        }
        return json.dumps(line).encode() + b"\n"


def writer(where: str) -> Write | None:
    """What writes to *where* (the setting ``access_log``); None for ``off``.

    A line is one ``write`` to a file opened for appending, so the lines of several workers do not mix.
    """
    if where == "off":
        return None
    if where == "stderr":
        descriptor = sys.stderr.fileno()
    else:
        descriptor = os.open(where, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def write(line: bytes) -> None:
        os.write(descriptor, line)

    return write
