"""What is to be passed on to somewhere else: every event from a moment on, in the order in which they were stored.

How far it is, is kept in the database, beside the keys: what was not acknowledged is there after any crash. One process
at a time passes on, by a lease that it renews; whoever comes after it goes on behind what was acknowledged last.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from ..engine import schema
from ..engine.dialects import insert_once
from ..log.vault import Vault
from . import events
from .tables import EventTables

LEASE = 20.0
"""Seconds for which who passes on need not fear another; a request takes at most half of it."""
_RELAYS, _EVENTS = schema.relays.c, schema.events.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits: its number, the tag of its visitor, or empty, and what it says as an export has it."""

    number: int
    visitor: str
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """How many events wait, and what is amiss since when, in milliseconds since the epoch; empty where nothing is."""

    waiting: int
    trouble: str
    since_ms: int


class Outbox:
    """What of *tables* goes to *destination*, an address. *holder* names this process. Its methods block, and raise
    ``StoreUnavailable``."""

    def __init__(
        self,
        tables: EventTables,
        vault: Vault,
        destination: str,
        holder: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tables = tables
        self._vault = vault
        self._destination = destination
        self._holder = holder
        self._clock = clock
        self._mine = _RELAYS.destination == destination

    def take(self) -> bool:
        """Take the lease, or keep it; False where another process has it. The first time it begins with what comes
        from then on."""
        newest = events.newest(self._tables)
        now_ms = self._now_ms()
        with self._tables.keys.writing(alone=True) as connection:
            nobody = {
                "destination": self._destination,
                "last": newest,
                "holder": "",
                "until_ms": 0,
                "trouble": "",
                "since_ms": now_ms,
            }
            connection.execute(insert_once(connection, schema.relays), nobody)
            free = (_RELAYS.until_ms < now_ms) | (_RELAYS.holder == self._holder)
            lease = schema.relays.update().where(self._mine, free)
            until_ms = now_ms + int(LEASE * 1000)
            return connection.execute(lease.values(holder=self._holder, until_ms=until_ms)).rowcount > 0

    def waiting(self, most: int) -> list[Waiting]:
        """The oldest events that were not acknowledged, at most so many."""
        with self._tables.keys.reading() as connection:
            last = connection.execute(select(_RELAYS.last).where(self._mine)).scalar_one()
        settled_ms = self._now_ms() - self._tables.rows.settles_ms
        found = events.following(self._tables, self._vault, last, most=most, before_ms=settled_ms)
        return [Waiting(number, visitor, said) for number, visitor, said in found]

    def done(self, number: int) -> None:
        """Everything up to the event of this *number* was acknowledged, or is not to be passed on."""
        with self._tables.keys.writing(alone=True) as connection:
            mine = schema.relays.update().where(
                self._mine, _RELAYS.holder == self._holder, _RELAYS.last < number
            )
            connection.execute(mine.values(last=number, trouble="", since_ms=self._now_ms()))

    def failed(self, trouble: str) -> None:
        """Nothing can be passed on just now, for the reason that *trouble* gives."""
        with self._tables.keys.writing(alone=True) as connection:
            first = (_RELAYS.trouble == "") & (_RELAYS.holder == self._holder)
            connection.execute(
                schema.relays.update().where(self._mine, first).values(since_ms=self._now_ms())
            )
            mine = schema.relays.update().where(self._mine, _RELAYS.holder == self._holder)
            connection.execute(mine.values(trouble=trouble))

    def leave(self) -> None:
        """Let another process pass on."""
        with self._tables.keys.writing(alone=True) as connection:
            mine = schema.relays.update().where(self._mine, _RELAYS.holder == self._holder)
            connection.execute(mine.values(holder="", until_ms=0))

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def state(tables: EventTables, destination: str) -> State | None:
    """The state of what goes to *destination*; None where nothing was ever passed on there. It blocks.

    Raises ``StoreUnavailable``.
    """
    with tables.reading() as (keys, rows):
        found = keys.execute(select(schema.relays).where(_RELAYS.destination == destination)).first()
        if found is None:
            return None
        waiting = rows.execute(select(func.count()).where(_EVENTS.id > found.last)).scalar_one()
    return State(waiting, found.trouble, found.since_ms)
