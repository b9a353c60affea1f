"""One server process: what it needs is built when it starts and closed when it stops (ASGI lifespan)."""

import gc
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..asgi.reverse import BrokenTransfer
from ..asgi.types import App, Receive, Scope, Send

logger = logging.getLogger("holdback")


@dataclass(frozen=True, slots=True)
class Running:
    """What serves requests in this process, and how it is brought to an end."""

    app: App
    close: Callable[[], Awaitable[None]]


class Worker:
    """The application of one process; *build* makes what it serves with, inside the process's event loop."""

    def __init__(self, build: Callable[[], Running]) -> None:
        self._build = build
        self._running: Running | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the process's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._running is not None:
            await self._running.app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._running = self._build()
            # What was built lives as long as the process. Looking through it for garbage stops everything for 80 ms.
            gc.collect()
            gc.freeze()
        except Exception as error:
            logger.exception("this process can't start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._running.close()
        await send({"type": "lifespan.shutdown.complete"})


class QuietBreaks(logging.Filter):
    """Keeps broken transfers out of the server's log: they are no fault of ours, and the access log has them.

    It belongs on the *handlers* of the server's logger: the records come from loggers below it, which do not ask the
    filters of those above. Granian writes the exception into the message.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is worth a line."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, BrokenTransfer) and BrokenTransfer.__name__ not in record.getMessage()
