"""Connections to one origin: kept while they are young, swept when they are late.

One timer looks at all connections a few times a second. Timers of their own for connect, first byte, idle and total
would cost every request several microseconds; a limit that is kept to a quarter of a second does as well.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from .connection import Connection, Phase, Visitor
from .errors import TimedOut, Unreachable
from .origin import Origin

_TICK = 0.25
_VISITOR_FIRST = 1.0
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

    def __init__(
        self,
        origin: Origin,
        timeouts: Timeouts,
        context: ssl.SSLContext | None,
        shared: Callable[[str], bool] = lambda _address: False,
    ) -> None:
        self._origin = origin
        self._shared = shared
        self._timeouts = timeouts
        self._context = context
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._bound: dict[Visitor, Connection] = {}
        """Connections over which a visitor signed in, while they are idle: they are that visitor's own."""
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, visitor: Visitor, *, repeatable: bool) -> Connection | None:
        """The connection over which *visitor* signed in, or else the idle connection that was used last, or None.

        A request that is not *repeatable* gets one only while it is fresh: the site may be closing it this moment,
        and then nobody could tell whether the request was carried out.
        """
        if self._bound and (own := self._bound.pop(visitor, None)) is not None and not own.closed:
            self._busy.add(own)
            return own
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
        for connection in [*self._idle, *self._bound.values()]:
            connection.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def size(self) -> tuple[int, int]:
        """How many connections are in use and how many idle."""
        return len(self._busy), len(self._idle) + len(self._bound)

    def _freed(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if self._closed:
            connection.close()
        elif connection.bound:
            self._keep_for_its_visitor(connection)
        else:
            self._idle.append(connection)

    def _keep_for_its_visitor(self, connection: Connection) -> None:
        """Behind another proxy (*shared*), or over HTTP/2, nobody can tell whose the next request will be."""
        visitor = connection.visitor
        if visitor is None or self._shared(visitor[0]):
            connection.close()
            return
        before = self._bound.get(visitor)
        self._bound[visitor] = connection
        if before is not None:
            before.close()

    def _lost(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if connection.phase is Phase.IDLE and connection in self._idle:
            self._idle.remove(connection)
        if connection.bound and self._bound.get(connection.visitor) is connection:
            del self._bound[connection.visitor]

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        unused = [*self._idle, *self._bound.values()]
        for connection in [c for c in unused if now - c.since > self._timeouts.keep]:
            connection.close()
        for connection in [*self._busy]:
            late = self._late(connection, now)
            if late is not None:
                connection.time_out(late)
        busy = self._idle or self._busy or self._bound
        self._timer = loop.call_later(_TICK, self._sweep) if busy and not self._closed else None

    def _late(self, connection: Connection, now: float) -> str | None:
        """What *connection* is too late for at *now*, or None."""
        limits = self._timeouts
        if limits.total is not None and now - connection.started > limits.total:
            return "finish"
        quiet = now - connection.since
        if connection.phase is Phase.ANSWERING:
            return "answer" if quiet > limits.first_byte else None
        # Where it is the visitor who sends nothing, they are told first, and what is true: 408, not 504.
        patience = limits.idle + (_VISITOR_FIRST if connection.phase is Phase.SENDING else 0)
        return "go on" if quiet > patience else None
