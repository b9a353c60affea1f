"""Grants that were withdrawn, so that an old copy of the signed cookie does not bring them back.

A signature shows that we once gave a value out, not that it still stands: a backup, another tab's copy or a thief's
may hold a grant that the visitor has since withdrawn. Each choice names its record in the log; one that is older than
its visitor's last withdrawal is no choice, and of who was erased none ever is.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from ..store.errors import StoreUnavailable
from ..store.records import erased_mark
from .signed import Choice

_EVERY = 1.0
"""Seconds between two looks at the log for what other processes have recorded."""

_log = logging.getLogger("holdback")


class Log(Protocol):
    """What is asked of the ledger."""

    def tag(self, id_: str) -> str:
        """What an id is known by in the log."""

    def withdrawals(self, after: int) -> tuple[int, Iterable[tuple[int, str]]]:
        """The newest index, and index and tag of each withdrawal behind *after*. Raises ``StoreUnavailable``."""

    def erasures(self, after: int) -> Iterable[tuple[int, str]]:
        """Index and mark of everybody who was erased behind *after*. Raises ``StoreUnavailable``."""

    @property
    def sound(self) -> bytes:
        """Another value after each withdrawal or erasure that any process on this machine has recorded."""


class Withdrawals:
    """The last withdrawal of each visitor, in memory: asked for with every request, it must not cost a look-up."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._tag: Callable[[str], str] = str
        self._erased: set[str] = set()
        self._seen = -1
        self._log: Log | None = None
        self._heard = b""
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def voids(self, choice: Choice) -> bool:
        """Whether *choice* was withdrawn after it was made, or whose it is was erased.

        Where somebody has just withdrawn, the log is read first; while it can't be read, no choice stands.
        """
        if self._log is not None and self._log.sound != self._heard and not self._caught_up(self._log):
            return True
        if self._erased and erased_mark(choice.id) in self._erased:
            return True
        return bool(self._last) and choice.record < self._last.get(self._tag(choice.id), -1)

    def _caught_up(self, log: Log) -> bool:
        heard = log.sound
        try:
            self.read(log)
        except StoreUnavailable:
            return False
        self._heard = heard
        return True

    def note(self, visitor: str, index: int) -> None:
        """The record at *index* withdraws what *visitor* had granted before."""
        self._note(self._tag(visitor), index)

    def _note(self, tag: str, index: int) -> None:
        self._last[tag] = max(index, self._last.get(tag, -1))

    def read(self, log: Log) -> None:
        """Take in what *log* has recorded since the last time. Raises ``StoreUnavailable``."""
        self._tag = log.tag
        newest, found = log.withdrawals(self._seen)
        self._erased.update(mark for _, mark in log.erasures(self._seen))
        for index, tag in found:
            self._note(tag, index)
        self._seen = newest

    def follow(self, log: Log) -> None:
        """Read *log* now, and go on in a thread: workers on other machines record withdrawals too."""
        self._heard = log.sound
        self.read(log)
        self._log = log
        self._thread = threading.Thread(
            target=self._go_on, args=(log,), name="holdback-withdrawals", daemon=True
        )
        self._thread.start()

    def _go_on(self, log: Log) -> None:
        while not self._closed.wait(_EVERY):
            try:
                self.read(log)
            except StoreUnavailable as error:
                _log.warning("withdrawals of other workers can't be read: %s", error)

    def close(self) -> None:
        """End the thread. Must come before the log is closed."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
