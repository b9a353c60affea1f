"""What one server process runs: the assembled parts behind the reverse proxy."""

import asyncio
import logging
import time

from ...store.engine.errors import Behind, Misplaced, StoreUnavailable
from ...store.keys.keyring import BadKeys
from ...store.store import LOG_FILE
from ..asgi.access_log import AccessLog, writer
from ..asgi.reverse import Reverse
from ..asgi.types import App, Receive, Scope, Send
from ..assembly.assembly import Assembly, assemble
from ..gate.request.trusted_hops import is_trusted
from ..settings.model import Settings
from ..upstream.client import Upstream
from ..upstream.pool import Timeouts
from .worker import Running

_log = logging.getLogger("holdback")
_AGAIN = 5.0
"""Seconds between two tries to open a store that could not be opened."""


def run(settings: Settings) -> Running:
    """Build what serves *settings*; called in every process, inside its event loop.

    Where there was a store and it can't be opened, the site is served all the same: see :class:`_Reopening`.
    """
    try:
        parts = assemble(settings)
    except (StoreUnavailable, BadKeys) as error:
        # The keys were there when the service began: else there would be no processes.
        if not may_go_on(settings, error):
            raise
        return _Reopening(settings, str(error)).running()
    return _serving(settings, parts)


def may_go_on(settings: Settings, error: StoreUnavailable | BadKeys) -> bool:
    """Whether the site is served without its store: one was made before, and the settings name the right one."""
    if isinstance(error, Behind):
        return True
    return not isinstance(error, Misplaced) and (
        bool(settings.store.url) or (settings.data / LOG_FILE).exists()
    )


def shut(reason: str) -> str:
    """What the owner is told."""
    return (
        f"{reason}. The site is served with everything held, and no choice can be made, until the store can be opened: "
        f"that is tried again every {_AGAIN:.0f} seconds"
    )


class _Reopening:
    """Serves a site whose store can't be opened, with everything held, and opens the store as soon as that works."""

    def __init__(self, settings: Settings, reason: str) -> None:
        self._settings = settings
        self._current = _serving(settings, assemble(settings, reason))
        self._task = asyncio.get_running_loop().create_task(self._reopen())

    def running(self) -> Running:
        """What the process runs."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._current.app(scope, receive, send)

        async def close() -> None:
            self._task.cancel()
            await self._current.close()

        return Running(app, close)

    async def _reopen(self) -> None:
        while True:
            # All processes try at the same moments of the clock: a visitor isn't told yes by one and no by another.
            await asyncio.sleep(_AGAIN - time.time() % _AGAIN)
            try:
                parts = await asyncio.to_thread(assemble, self._settings)
            except (StoreUnavailable, BadKeys):
                continue
            before, self._current = self._current, _serving(self._settings, parts)
            _log.warning("the store can be used again: choices are taken")
            await before.close()
            return


def _serving(settings: Settings, assembly: Assembly) -> Running:
    assembly.start()
    limits = settings.limits
    upstream = Upstream(
        settings.upstream,
        timeouts=Timeouts(
            connect=limits.connect_timeout, first_byte=limits.first_byte_timeout, idle=limits.idle_timeout
        ),
        shared=lambda address: is_trusted(address, settings.trusted_hops),
    )
    app: App = Reverse(
        assembly.exchanges,
        upstream,
        assembly.banner_app,
        in_flight=limits.in_flight,
        patience=limits.idle_timeout,
    )
    write = writer(settings.access_log)
    if write is not None:
        app = AccessLog(app, write, settings.trusted_hops)

    async def close() -> None:
        upstream.close()
        await assembly.close()

    return Running(app, close)
