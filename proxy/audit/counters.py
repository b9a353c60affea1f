"""Writes what the audit counted into the consent log: signed counters, each from one record on to its own.

Within a process the records are numbered, and the last one says how the process ended; so who reads the log sees what
is missing. Between two records the counts lie in a journal (:mod:`.journal`), written each second.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...store.engine.errors import StoreUnavailable
from ...store.log.ledger import Ledger
from ...store.log.records import COUNTERS, NewRecord
from ...store.proof.notes import Checkpoint
from .journal import Journal
from .leak_audit import LeakAudit, Thing

EVERY = 60.0
"""Seconds between two records; none is written where nothing was counted."""
KEPT_EVERY = 1.0
"""Seconds between two writings of the journal."""

_log = logging.getLogger("holdback")


class Counting:
    """Records what *audit* counts in *ledger*, until it is closed; what can't be recorded is counted on.

    The journal is in the folder *data*.
    """

    def __init__(self, audit: LeakAudit, ledger: Ledger, data: Path, every: float = EVERY) -> None:
        self._audit = audit
        self._ledger = ledger
        self._data = data
        self._every = every
        self._since: int | None = None
        self._number = 0
        self._waiting: Counter[Thing] = Counter()
        self._worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._journal: Journal | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_warned = False

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self.recover()
        except (StoreUnavailable, OSError) as error:
            _log.warning("what a process counted before it died is not in the log yet: %s", error)
        left = self._every
        while True:
            await asyncio.sleep(min(KEPT_EVERY, left))
            left -= KEPT_EVERY
            if self._take():
                await self._keep()
            if left <= 0:
                left = self._every
                await self.record()

    async def recover(self) -> None:
        """Record what processes had counted that died. Raises ``StoreUnavailable`` and ``OSError``; then they wait."""
        for journal in await asyncio.to_thread(lambda: list(Journal.left(self._data))):
            done = False
            try:
                await self._record_left(journal)
                done = True
            finally:
                journal.end(keep=not done)

    async def _record_left(self, journal: Journal) -> None:
        said = journal.read()
        if said == {}:
            return
        told: dict[str, Any] = said or {"worker": journal.worker, "torn": True}
        since = int(told.get("from") or 0)
        number = told.get("number")
        if number is not None and number <= await self._ledger.counted(journal.worker, since):
            # It died between the record and the journal's next line: only how it ended is still to be said.
            told = {"worker": journal.worker, "from": since, "number": number + 1}
        if "end" not in told:
            _log.warning("a process died; what it had counted until a second before is recorded now")
        await self._append({"end": "crash", **told})

    def _take(self) -> bool:
        """Whether something was counted since the last time."""
        taken = self._audit.take()
        self._waiting += taken
        return bool(taken)

    async def _keep(self, end: str = "") -> None:
        """Put what is not in the log yet onto the disk; *end* says how this process ends."""
        with suppress(StoreUnavailable):
            if self._since is None:
                self._since = Checkpoint.parse(await self._ledger.checkpoint()).size
        try:
            if self._journal is None:
                self._journal = await asyncio.to_thread(Journal.begin, self._data, self._worker)
            await asyncio.to_thread(self._journal.keep, self._told(self._waiting, end))
        except OSError as error:
            if not self._is_warned:
                _log.warning("what was counted can't be kept on the disk, only in memory: %s", error)
            self._is_warned = True

    def _told(self, counts: Counter[Thing], end: str = "") -> dict[str, Any]:
        told = {"worker": self._worker, "from": self._since, "number": self._number, **_nested(counts)}
        return told | {"end": end} if end else told

    async def record(self, end: str = "") -> None:
        """Write what was counted since the last record of this process; *end* says that it is the last, and how."""
        self._take()
        if not self._waiting and not (end and self._number):
            return
        counts, self._waiting = self._waiting, Counter()
        try:
            if self._since is None:
                self._since = Checkpoint.parse(await self._ledger.checkpoint()).size
            index = await self._append(self._told(counts, end))
        except StoreUnavailable as error:
            self._waiting += counts
            _log.warning("what was held could not be recorded, and is counted on: %s", error)
            return
        self._since, self._number = index + 1, self._number + 1
        if self._journal is not None:
            await self._keep()

    async def _append(self, told: dict[str, Any]) -> int:
        record = NewRecord("", COUNTERS, {}, how="proxy", regime="", language="", counters=told)
        return (await self._ledger.append(record)).index

    async def close(self) -> None:
        """End, and record the rest, and that this is a clean end."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._audit.finish()
            await self.record("clean")
        if self._waiting:
            await self._keep("clean")
        if self._journal is not None:
            self._journal.end(keep=bool(self._waiting))


def _nested(counts: Counter[Thing]) -> dict[str, dict[str, dict[str, int]]]:
    """By what became of things, their kind and their service."""
    told: dict[str, dict[str, dict[str, int]]] = {}
    for (outcome, kind, service), count in sorted(counts.items()):
        told.setdefault(outcome, {}).setdefault(kind, {})[service] = count
    return told
