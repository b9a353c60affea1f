"""The site's inventory: the hosts, cookies and services that it was seen to use, since when, and until when.

All workers and hosts note what they see in one table. It is about the site, and about no visitor: there is one row a
thing, whoever met it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ...proxy.rules.sighting import How, Kind, Sighting
from ..engine import facts, schema
from ..engine.database import Database
from ..engine.errors import readable

_READ = "site/read"
"""The fact that says when the site was read."""
_MOST_UNKNOWN = 2000
"""Rows of things that belong to no service. A site may give each visitor a cookie of another name."""
_MOST_REPORTED = 500
"""Rows of things that browsers alone have told of, so that lies can't keep the rest out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing of the inventory. Times are in milliseconds since the epoch, ``seconds`` is a cookie's lifetime."""

    kind: Kind
    name: str
    service: str
    how: frozenset[How]
    first_ms: int
    last_ms: int
    seconds: int | None

    def and_again(self, sighting: Sighting, now_ms: int) -> "Seen":
        """The same thing, seen once more. What it is said to belong to now counts."""
        lifetimes = [seconds for seconds in (self.seconds, sighting.seconds) if seconds is not None]
        return Seen(
            self.kind,
            self.name,
            sighting.service,
            self.how | {sighting.how},
            self.first_ms,
            max(self.last_ms, now_ms),
            max(lifetimes, default=None),
        )


class Inventory:
    """The inventory in *database*. All that it does blocks, and raises :class:`..engine.errors.StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, sightings: Iterable[Sighting], now_ms: int) -> None:
        """Add what was seen at *now_ms*."""
        with readable(self._database.label), self._database.writing() as connection:
            known = {(one.kind, one.name): one for one in seen(connection)}
            room = _MOST_UNKNOWN - sum(not one.service for one in known.values())
            rumours = _MOST_REPORTED - sum(one.how == {How.REPORTED} for one in known.values())
            met: dict[tuple[Kind, str], Seen] = {}
            for sighting in sightings:
                key = sighting.kind, sighting.name
                before = met.get(key) or known.get(key)
                if before is None:
                    if not sighting.service and (room := room - 1) < 0:
                        continue
                    if sighting.how is How.REPORTED and (rumours := rumours - 1) < 0:
                        continue
                    before = Seen(*key, sighting.service, frozenset(), now_ms, now_ms, None)
                met[key] = before.and_again(sighting, now_ms)
            for key, one in met.items():
                if key in known:
                    here = (_COLUMNS.kind == one.kind, _COLUMNS.name == one.name)
                    connection.execute(schema.seen.update().where(*here).values(_row(one)))
                else:
                    connection.execute(schema.seen.insert(), _row(one))

    def was_read(self) -> bool:
        """Whether the site was read once, from its front page on."""
        with self._database.reading() as connection:
            return facts.get(connection, _READ) is not None

    def mark_read(self, now_ms: int) -> None:
        """The site was read at *now_ms*."""
        with self._database.writing() as connection:
            facts.put(connection, _READ, str(now_ms))

    def all(self) -> list[Seen]:
        """Everything that was seen, in the order of kinds and names."""
        with readable(self._database.label), self._database.reading() as connection:
            return seen(connection)


_COLUMNS = schema.seen.c


def seen(connection: Connection) -> list[Seen]:
    """Everything that was seen, in the order of kinds and names."""
    found = connection.execute(select(schema.seen).order_by(_COLUMNS.kind, _COLUMNS.name))
    return [
        Seen(
            Kind(row.kind),
            row.name,
            row.service,
            frozenset(map(How, row.how.split(","))) if row.how else frozenset(),
            row.first_ms,
            row.last_ms,
            row.seconds,
        )
        for row in found
    ]


def _row(one: Seen) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        "name": one.name,
        "service": one.service,
        "how": ",".join(sorted(one.how)),
        "first_ms": one.first_ms,
        "last_ms": one.last_ms,
        "seconds": one.seconds,
    }
