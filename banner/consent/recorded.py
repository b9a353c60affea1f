"""Which choices the log bears out: a cookie grants only what is in the log, and still stands there.

A signature shows that we once gave a value out, not that it still counts. A backup, another tab's copy or a thief's may
hold a grant that the visitor has since withdrawn; and the log may have been cut, restored from a backup, or emptied by
hand. Each choice names its record: the index, the size of the tree that it was in, and the first bytes of its leaf's
hash. One that is not there, or bare, or older than its visitor's last withdrawal is no choice, and of who was erased
none ever is. Where a choice names a larger tree than there is, records were lost: then no grant counts any more. A
refusal needs nothing to bear it out.
"""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from ...store.engine.errors import StoreUnavailable
from ...store.log.ledger import Appended
from ...store.log.news import MARK_BYTES, Known, News
from ...store.log.records import erased_mark
from ...store.log.spool import Spool
from .signed_choice import Choice

_EVERY = 1.0
"""Seconds between two looks at the log for what other processes have recorded."""
_PATIENCE = 0.2
"""Seconds that a request waits for somebody else's look: a database that hangs must not stop the process."""

_log = logging.getLogger("holdback")


class Log(Protocol):
    """What is asked of the ledger."""

    def tag(self, id_: str) -> str:
        """What an id is known by in the log."""

    def news(self, known: Known) -> News:
        """What the log has that is not *known*. Raises ``StoreUnavailable``."""

    def drain(self) -> None:
        """Record what the spool holds. Raises ``StoreUnavailable``."""

    def claim(self, size: int) -> None:
        """Somebody has reason to believe that the log had so many records."""

    @property
    def lost(self) -> bool:
        """Whether the log has fewer records than somebody has claimed."""

    @property
    def sound(self) -> bytes:
        """Another value after each withdrawal or erasure that any process on this machine has recorded."""


class Recorded:
    """What the log says of choices, in memory: asked for with every request, it must not cost a look-up."""

    def __init__(self) -> None:
        self._begin_anew()
        self._tag: Callable[[str], str] = str
        self._log: Log | None = None
        self._spool: Spool | None = None
        self._leafed = b""
        self._refused: dict[str, int] = {}
        self._heard = b""
        self._out_of_reach = False
        self._reading = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def _begin_anew(self) -> None:
        self._last: dict[str, int] = {}
        self._erased: set[str] = set()
        self._known = Known()
        self._marks = bytearray()
        self._bare = b""
        self._fresh: dict[int, bytes] = {}

    def voids(self, choice: Choice) -> bool:
        """Whether *choice* does not count: the log does not have it, it was withdrawn later, or its visitor was erased.

        Where somebody has just withdrawn, or chosen at another process, the log is read first; what can't be read does
        not count.
        """
        log, grants = self._log, bool(choice.purposes or choice.services)
        if log is not None and grants:
            if log.sound != self._heard and not self._caught_up(log):
                return True
            if not self._has(choice, log) or log.lost:
                return True
        if self.erased(choice):
            return True
        if not grants:
            return False
        if self._spool is not None and self._spool.changes != self._leafed:
            try:
                self._look_into(self._spool)
            except StoreUnavailable:
                return True
        if self._refused and self._refused.get(choice.id, -1) >= choice.at:
            return True
        return bool(self._last) and choice.record < self._last.get(self._tag(choice.id), -1)

    def refusing(self) -> set[str]:
        """The tags of those whose refusal is on the disk, and not in the log yet. Raises ``StoreUnavailable``."""
        if self._spool is not None and self._spool.changes != self._leafed:
            self._look_into(self._spool)
        return {self._tag(id_) for id_ in self._refused}

    @property
    def in_doubt(self) -> bool:
        """Whether nothing may be taken for granted: the log is away, or has lost records."""
        return self._log is None or self._out_of_reach or self._log.lost

    def erased(self, choice: Choice) -> bool:
        """Whether the visitor of *choice* was erased."""
        return bool(self._erased) and erased_mark(choice.id) in self._erased

    def _look_into(self, spool: Spool) -> None:
        changes = spool.changes
        said = [entry.said for entry in spool.entries()]
        self._refused = {one["record"].get("id", ""): one["at"] for one in said if "at" in one}
        self._leafed = changes

    def _has(self, choice: Choice, log: Log) -> bool:
        """Whether the log has the record that *choice* names, whole."""
        index = choice.record
        if index >= self._known.size and self._fresh.get(index) != choice.leaf:
            self._caught_up(log)
            if choice.size > self._known.size and not self._out_of_reach:
                log.claim(choice.size)
        if index >= self._known.size:
            return self._fresh.get(index) == choice.leaf
        at = index * MARK_BYTES
        if self._marks[at : at + MARK_BYTES] != choice.leaf:
            return False
        return not (index >> 3 < len(self._bare) and self._bare[index >> 3] >> (index & 7) & 1)

    def _caught_up(self, log: Log) -> bool:
        """Read what is new, unless the thread that reads each second could not: a request must not wait for it."""
        if self._out_of_reach:
            return False
        heard = log.sound
        if not self._reading.acquire(timeout=_PATIENCE):
            return False
        try:
            self._read(log)
        except StoreUnavailable:
            self._out_of_reach = True
            return False
        finally:
            self._reading.release()
        self._heard = heard
        return True

    def note(self, visitor: str, appended: Appended, *, withdraws: bool) -> None:
        """This process has appended a choice of *visitor*, which *withdraws* what they granted before, or does not."""
        self._fresh[appended.index] = appended.mark
        if withdraws:
            self._note(self._tag(visitor), appended.index)

    def _note(self, tag: str, index: int) -> None:
        self._last[tag] = max(index, self._last.get(tag, -1))

    def read(self, log: Log) -> None:
        """Take in what *log* has recorded since the last time. Raises ``StoreUnavailable``."""
        with self._reading:
            self._read(log)

    def _read(self, log: Log) -> None:
        self._tag = log.tag
        news = log.news(self._known)
        if news.known.size < self._known.size:
            log.claim(self._known.size)
            if not log.lost:  # its owner has adopted the log as it is
                self._begin_anew()
            return
        for index, tag in news.withdrawals:
            self._note(tag, index)
        self._erased.update(news.erased)
        self._marks += news.marks
        if news.bare is not None:
            self._bare = news.bare
        self._known = news.known
        for index in [index for index in self._fresh if index < news.known.size]:
            del self._fresh[index]

    def heed(self, spool: Spool) -> None:
        """What is in the *spool* counts too: refusals that the log could not take yet."""
        self._spool = spool

    def follow(self, log: Log) -> None:
        """Read *log* now, and go on in a thread: workers on other machines record withdrawals too."""
        self._heard = log.sound
        self.read(log)
        self._log = log
        self._thread = threading.Thread(
            target=self._go_on, args=(log,), name="holdback-recorded", daemon=True
        )
        self._thread.start()

    def _go_on(self, log: Log) -> None:
        while not self._closed.wait(_EVERY):
            try:
                log.drain()
                self.read(log)
                self._out_of_reach = False
            except StoreUnavailable as error:
                _log.warning("what other workers have recorded can't be read: %s", error)

    def close(self) -> None:
        """End the thread. Must come before the log is closed."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
