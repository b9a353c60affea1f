"""Retention by rule: what is about people is not kept for longer than its owner said (GDPR Art. 5(1)(e)).

Of records that are too old only the leaves stay, so the log still verifies; a record says that it was done. Events
that are too old go. It runs in every worker, because any of them may be the only one; whoever comes second finds
nothing to do.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..engine.errors import StoreUnavailable
from ..store import Store

_EVERY = 3600.0
"""Seconds between two rounds."""
_DAY_MS = 86_400_000

_log = logging.getLogger("holdback")


@dataclass(frozen=True, slots=True)
class Rule:
    """For how many days something is kept; None keeps it until its person is erased."""

    records_days: int | None = None
    events_days: int | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many records and events were too old."""

    records: int
    events: int


def apply(rule: Rule, store: Store, now: float) -> Dropped:
    """Drop from *store* what *rule* says is too old at *now*, in seconds since the epoch. It blocks.

    Raises :class:`StoreUnavailable`; what was dropped until then stays dropped, and the next round goes on.
    """
    now_ms = int(now * 1000)
    log, events = store.databases
    dropped = Dropped(
        store.ledger.expire(now_ms - rule.records_days * _DAY_MS) if rule.records_days else 0,
        store.events.expire(now_ms - rule.events_days * _DAY_MS) if rule.events_days else 0,
    )
    for database, count in ((log, dropped.records), (events, dropped.events)):
        if count and not database.settle():
            _log.warning("%s: a write-ahead log still holds what was dropped", database.label)
    return dropped


class Retention:
    """Applies *rule* to *store* now, and each hour, in a thread of its own.

    Events of people who were erased go again where a backup has brought them back.
    """

    def __init__(self, rule: Rule, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._rule = rule
        self._store = store
        self._clock = clock
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="holdback-retention", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                if count := self._store.erase_again():
                    _log.warning(
                        "%d events of people who were erased were there again, and are erased", count
                    )
                apply(self._rule, self._store, self._clock())
            except StoreUnavailable as error:
                _log.warning("what is erased or too old could not be dropped: %s", error)
            if self._closed.wait(_EVERY):
                return

    def close(self) -> None:
        """End the thread. Must come before the store is closed."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
