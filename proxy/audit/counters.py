"""Writes what the audit counted into the consent log: signed counters, each from one record on to its own."""

import asyncio
import logging
import os
import socket
from collections import Counter
from contextlib import suppress

from ...store.engine.errors import StoreUnavailable
from ...store.log.ledger import Ledger
from ...store.log.records import COUNTERS, NewRecord
from ...store.proof.notes import Checkpoint
from .leak_audit import LeakAudit, Thing

EVERY = 60.0
"""Seconds between two records; none is written where nothing was counted."""

_log = logging.getLogger("holdback")


class Counting:
    """Records what *audit* counts in *ledger*, until it is closed; what can't be recorded is counted on."""

    def __init__(self, audit: LeakAudit, ledger: Ledger, every: float = EVERY) -> None:
        self._audit = audit
        self._ledger = ledger
        self._every = every
        self._since: int | None = None
        self._waiting: Counter[Thing] = Counter()
        self._worker = f"{socket.gethostname()}-{os.getpid()}"
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.record()

    async def record(self) -> None:
        """Write what was counted since the last record of this process."""
        self._waiting += self._audit.take()
        if not self._waiting:
            return
        counts, self._waiting = self._waiting, Counter()
        try:
            if self._since is None:
                self._since = Checkpoint.parse(await self._ledger.checkpoint()).size
            told = {"worker": self._worker, "from": self._since, **_nested(counts)}
            appended = await self._ledger.append(
                NewRecord("", COUNTERS, {}, how="proxy", regime="", language="", counters=told)
            )
            self._since = appended.index + 1
        except StoreUnavailable as error:
            self._waiting += counts
            _log.warning("what was held could not be recorded, and is counted on: %s", error)

    async def close(self) -> None:
        """End, and record the rest."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            await self.record()


def _nested(counts: Counter[Thing]) -> dict[str, dict[str, dict[str, int]]]:
    """By what became of things, their kind and their service."""
    told: dict[str, dict[str, dict[str, int]]] = {}
    for (fate, kind, service), count in sorted(counts.items()):
        told.setdefault(fate, {}).setdefault(kind, {})[service] = count
    return told
