"""Editions: what visitors are asked about, and how that grows with what the site is seen to use.

An edition that somebody has answered is closed for a while, so that a site whose services change does not ask its
visitors every day. What turns up meanwhile is held, and waits for the next edition.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import Connection, exists, inspect, select

from ...proxy.rules.model import Purpose
from ...proxy.rules.sighting import How
from ..engine import schema
from ..engine.database import Database
from ..engine.errors import ODD, readable

_DAY_MS = 86_400_000
_ALL = select(schema.editions).order_by(schema.editions.c.number)


@dataclass(frozen=True)
class Edition:
    """What one edition lists: the purpose of each service by its id. ``site`` is the name of its controller.

    Equal editions have the same ``digest``, by which the signed cookie, the form's token and the notices name theirs.
    """

    site: str = field(compare=False)
    services: Mapping[str, Purpose] = field(compare=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        text = json.dumps([self.site, sorted(self.services.items())])
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest()[:16])


@dataclass(frozen=True, slots=True)
class Kept:
    """The editions that there are, oldest first, and until when the newest is closed for what is new.

    ``closed_until_ms`` is 0 where it is not: nobody has answered it, or that was long ago.
    """

    editions: Sequence[Edition]
    closed_until_ms: int = 0


type Grown = Callable[[Edition | None, frozenset[str]], Edition]
"""The edition that should be in force, of the newest one and the services that were seen on the site meanwhile."""


class Editions:
    """The editions in *database*. All that it does blocks, and raises :class:`..engine.errors.StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, grown: Grown, now_ms: int, days: int, made: Sequence[Edition] = ()) -> Kept:
        """Bring the editions up to date at *now_ms*; *made* were shown already, and are kept as they are.

        An edition that was answered is closed until it is *days* old.
        """
        with readable(self._database.label), self._database.reading() as connection:
            kept, due = _due(connection, grown, now_ms, days, made)
        if not due:
            return kept
        with readable(self._database.label), self._database.writing() as connection:
            kept, due = _due(connection, grown, now_ms, days, made)
            for number, edition in enumerate(due, len(kept.editions)):
                connection.execute(schema.editions.insert(), _row(number, edition, now_ms))
            return Kept(*_there(connection, days))  # it may have been answered before it was written

    def changed(self) -> int | None:
        """The number of the first edition that is not the one which its digest names; None where each is.

        A log of before there were editions has none.
        """
        with self._database.reading() as connection:
            if not inspect(connection).has_table(schema.editions.name):
                return None
            for row in connection.execute(_ALL):
                try:
                    same = edition_of(row.site, row.services).digest == row.digest
                except ODD:
                    same = False
                if not same:
                    return int(row.number)
        return None

    def all(self, days: int) -> Kept:
        """The editions as they are."""
        with readable(self._database.label), self._database.reading() as connection:
            return Kept(*_there(connection, days))


def _due(
    connection: Connection, grown: Grown, now_ms: int, days: int, made: Sequence[Edition]
) -> tuple[Kept, list[Edition]]:
    """What there is, and the editions that are to follow it."""
    there, closed_until_ms = _there(connection, days)
    if closed_until_ms <= now_ms:
        closed_until_ms = 0
    known = {edition.digest for edition in there}
    due = [edition for edition in made if edition.digest not in known]
    newest = (there + due)[-1] if there or due else None
    seen = frozenset[str]() if closed_until_ms else _seen(connection)
    target = grown(newest, seen)
    if newest is None or target.digest != newest.digest:
        due.append(target)
    return Kept(there, closed_until_ms), due


def _there(connection: Connection, days: int) -> tuple[list[Edition], int]:
    """Every edition, oldest first, and until when the newest is closed: 0 if nobody has answered it."""
    rows = connection.execute(_ALL).all()
    editions = [edition_of(row.site, row.services) for row in rows]
    if not rows:
        return editions, 0
    answered = select(exists().where(schema.notices.c.edition == rows[-1].digest))
    return editions, rows[-1].made_ms + days * _DAY_MS if connection.execute(answered).scalar() else 0


@lru_cache(1024)
def edition_of(site: str, services: str) -> Edition:
    """The edition of a row; remembered, for every process reads them each second."""
    return Edition(site, {service: Purpose(purpose) for service, purpose in json.loads(services).items()})


def _seen(connection: Connection) -> frozenset[str]:
    """The services that were seen on the site, but for what browsers alone say."""
    seen = schema.seen.c
    found = select(seen.service).where(seen.service != "", seen.how != How.REPORTED.value).distinct()
    return frozenset(connection.execute(found).scalars())


def _row(number: int, edition: Edition, now_ms: int) -> dict[str, object]:
    return {
        "number": number,
        "digest": edition.digest,
        "site": edition.site,
        "services": json.dumps(dict(sorted(edition.services.items()))),
        "made_ms": now_ms,
    }
