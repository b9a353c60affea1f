"""Takes what the gate saw of the site to the inventory that all workers and hosts share, and lists it in editions."""

import logging
import threading
import time
from collections.abc import Callable

from ...banner.notice.listing import Listing
from ...store.engine.errors import StoreUnavailable
from ...store.site.editions import Edition
from ...store.store import Store
from ..gate.sightings import Sightings
from ..rules.sighting import Kind, Sighting

_EVERY = 1.0
"""Seconds between two looks at what was noted."""
_ANEW = 86_400.0
"""Seconds after which everything is noted again: so old may the inventory's word be that a thing is still there."""
_LEARNT = 60.0
"""Seconds between two readings of the hosts in the inventory."""
_MOST = 4096
"""Sightings that are kept while the store can't be used."""

_log = logging.getLogger("holdback")


class Noting:
    """Writes *sightings* into *store*, and keeps *listing* up to date, in a thread of its own, until it is closed.

    An edition that was answered is closed for *days*. *learn* is told the hosts of the inventory, the latest first,
    every now and then: other workers and machines write there too.
    """

    def __init__(
        self,
        sightings: Sightings,
        listing: Listing,
        store: Store,
        days: int,
        *,
        learn: Callable[[list[str]], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sightings = sightings
        self._listing = listing
        self._store = store
        self._days = days
        self._learn = learn
        self._learned = float("-inf")
        self._clock = clock
        self._began = clock()
        self._waiting: list[Sighting] = []
        self._made: list[Edition] = []
        self._is_told = False
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Read and begin the edition in force, and go on. Raises :class:`StoreUnavailable`."""
        now_ms = int(self._clock() * 1000)
        self._listing.use(self._store.editions.keep(self._listing.begun, now_ms, self._days))
        self._tell_hosts()
        self._thread = threading.Thread(target=self._run, name="holdback-noting", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closed.wait(_EVERY):
            self.note()

    def note(self) -> None:
        """Write what was noted until now; it blocks. What can't be written is kept, and written later."""
        with self._lock:
            now = self._clock()
            if now - self._began >= _ANEW:
                self._began = now
                self._sightings.begin_anew()
            self._waiting += self._sightings.take()
            self._made += self._listing.take()
            try:
                self._write(int(now * 1000))
                self._is_told = False
            except StoreUnavailable as error:
                del self._waiting[_MOST:]
                if not self._is_told:
                    _log.warning("what the site uses can't be noted, and is kept: %s", error)
                self._is_told = True

    def _write(self, now_ms: int) -> None:
        if self._waiting:
            self._store.inventory.note(self._waiting, now_ms)
            self._waiting = []
            self._learned = float("-inf")
        if now_ms / 1000 - self._learned >= _LEARNT:
            self._tell_hosts()
        kept = self._store.editions.keep(self._listing.grown, now_ms, self._days, self._made)
        self._made = []
        self._listing.use(kept)

    def _tell_hosts(self) -> None:
        if self._learn is None:
            return
        self._learned = self._clock()
        seen = [one for one in self._store.inventory.all() if one.kind is Kind.HOST]
        self._learn([one.name for one in sorted(seen, key=lambda one: one.last_ms, reverse=True)])

    def close(self) -> None:
        """End, and write the rest. Must come before the store is closed."""
        if self._thread is not None:
            self._closed.set()
            self._thread.join()
            self.note()
