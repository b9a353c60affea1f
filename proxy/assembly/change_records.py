"""Puts on record that a choice counts for less than it did, though its visitor did nothing: once for each choice."""

import asyncio
import logging
from contextlib import suppress

from ...store.engine.errors import StoreUnavailable
from ...store.log.ledger import Ledger
from ...store.log.records import CHOICES, NewRecord
from ..gate.changes import Change, Changes
from ..rules.model import ASKED

_EVERY = 1.0
_MOST = 1000
"""Changes that wait while the log can't be written."""
_REMEMBERED = 10_000
"""Changes that this process need not look up again."""
_HOW = {"signal": "gpc", "expired": "time"}

_log = logging.getLogger("holdback")


class ChangeRecords:
    """Records in *ledger* what is noticed in *changes*, until it is closed."""

    def __init__(self, changes: Changes, ledger: Ledger) -> None:
        self._changes = changes
        self._ledger = ledger
        self._waiting: list[Change] = []
        self._done: set[tuple[str, int, str]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await self.record()

    async def record(self) -> None:
        """Record what was noticed; what can't be recorded waits. A request that was seen before is not looked at again,
        so that nothing would notice it a second time.
        """
        taken = self._changes.take()
        self._waiting = [*self._waiting, *taken][:_MOST]
        try:
            while self._waiting:
                await self._record(self._waiting[0])
                del self._waiting[0]
        except StoreUnavailable as error:
            if taken:  # said once for each, not each second
                _log.warning("that a choice counts for less could not be recorded yet: %s", error)

    async def _record(self, change: Change) -> None:
        choice = change.choice
        key = (choice.id, choice.record, change.kind)
        if key in self._done:
            return
        if not await self._ledger.is_past(choice.id, choice.record, (*CHOICES, change.kind)):
            await self._ledger.append(
                NewRecord(
                    id=choice.id,
                    kind=change.kind,
                    purposes={purpose.value: purpose in change.released.purposes for purpose in ASKED},
                    services={id_: id_ in change.released.services for id_ in sorted(choice.services)},
                    regime=choice.regime.value,
                    language="",
                    how=_HOW[change.kind],
                )
            )
        if len(self._done) >= _REMEMBERED:
            self._done.clear()
        self._done.add(key)

    async def close(self) -> None:
        """End, and record the rest."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            await self.record()
