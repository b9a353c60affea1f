"""Connections to one origin: kept while they are young, swept when they are late.

One timer looks at all connections a few times a second. Timers of their own for connect, first byte, idle and total
would cost every request several microseconds; a limit that is kept to a quarter of a second does as well.
"""

import asyncio
import ssl
from dataclasses import dataclass

from .connection import Connection, Phase
from .errors import TimedOut, Unreachable
from .origin import Origin

_TICK = 0.25
FRESH = 1.0
"""Seconds since its last use during which a connection may carry a request that can't be repeated."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. ``idle`` counts without a byte in either direction; ``total`` from the request on (None: no limit);
    ``keep`` is how long an unused connection is kept, shorter than most servers do (Node.js and Uvicorn: 5 s).
    """

    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 300.0
    total: float | None = None
    keep: float = 4.0


class Pool:
    """Connections to *origin*, in use and idle."""

    def __init__(self, origin: Origin, timeouts: Timeouts, context: ssl.SSLContext | None) -> None:
        self._origin = origin
        self._timeouts = timeouts
        self._context = context
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, *, repeatable: bool) -> Connection | None:
        """The idle connection that was used last, or None.

        A request that is not *repeatable* gets one only while it is fresh: the site may be closing it this moment,
        and then nobody could tell whether the request was carried out.
        """
        idle = self._idle
        while idle:
            connection = idle[-1]
            if connection.closed:
                idle.pop()
                continue
            if not repeatable and asyncio.get_running_loop().time() - connection.since > FRESH:
                return None
            idle.pop()
            self._busy.add(connection)
            return connection
        return None

    async def open(self) -> Connection:
        """A new connection. Raises :class:`.errors.UpstreamError`."""
        loop = asyncio.get_running_loop()
        name = self._origin.host if self._context is not None else None
        try:
            async with asyncio.timeout(self._timeouts.connect):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop, self._freed, self._lost),
                    self._origin.host,
                    self._origin.port,
                    ssl=self._context,
                    server_hostname=name,
                )
        except TimeoutError as error:
            raise TimedOut("the site took too long to accept a connection") from error
        except (OSError, ssl.CertificateError) as error:
            raise Unreachable(f"the site can't be reached: {error}") from error
        self._busy.add(connection)
        if self._timer is None:
            self._timer = loop.call_later(_TICK, self._sweep)
        return connection

    def close(self) -> None:
        """Close what is idle now, and the rest as it becomes free."""
        self._closed = True
        for connection in [*self._idle]:
            connection.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def size(self) -> tuple[int, int]:
        """How many connections are in use and how many idle."""
        return len(self._busy), len(self._idle)

    def _freed(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _lost(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if connection.phase is Phase.IDLE and connection in self._idle:
            self._idle.remove(connection)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in [c for c in self._idle if now - c.since > self._timeouts.keep]:
            connection.close()
        for connection in [*self._busy]:
            late = self._late(connection, now)
            if late is not None:
                connection.time_out(late)
        busy = self._idle or self._busy
        self._timer = loop.call_later(_TICK, self._sweep) if busy and not self._closed else None

    def _late(self, connection: Connection, now: float) -> str | None:
        """What *connection* is too late for at *now*, or None."""
        limits = self._timeouts
        if limits.total is not None and now - connection.started > limits.total:
            return "finish"
        quiet = now - connection.since
        if connection.phase is Phase.ANSWERING:
            return "answer" if quiet > limits.first_byte else None
        return "go on" if quiet > limits.idle else None
