"""The first questions of an owner: what visitors answered, what was held and released, how many came.

One layer for every front: the command that shows a day, and whatever shows it later. It only reads.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, distinct, func, select, true

from ..engine import schema
from ..engine.database import Database
from ..engine.dialects import steps, streamed
from ..engine.errors import StoreUnavailable
from ..log import rows
from ..log.counters import OUTCOMES, Sums, added_up
from ..log.records import CHOICES, COUNTERS
from ..log.vault import Vault
from .event import BOT, NOBODY, SERVER, VIEW
from .tables import EventTables

_KIND = re.compile(rb'"kind":"([^"]*)"')
_TIME = re.compile(rb'"time":(\d+)')
_EVENTS = schema.events.c
SESSION_MS = 30 * 60_000
"""After so long without an event a session is over."""
BY = {
    name: _EVENTS[name]
    for name in ("name", "path", "referrer", "source", "medium", "campaign", "device", "country")
}
"""What events can be counted by."""
_NO_BOT = func.coalesce(_EVENTS.device, "") != BOT


@dataclass(frozen=True, slots=True)
class Period:
    """From *since* on, and before *until*, in milliseconds since the epoch."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Answers:
    """How many answers of each kind there were, and how many of them allow statistics.

    ``unread`` are those that allow a part, which only the master key opens.
    """

    kinds: Mapping[str, int] = field(default_factory=dict)
    agreed: int = 0
    unread: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.kinds.values())

    @property
    def rate(self) -> float | None:
        """The share that allows statistics, of those that are known; None where nobody has answered."""
        known = self.total - self.unread
        return self.agreed / known if known else None


@dataclass(frozen=True, slots=True)
class Visits:
    """What was counted of visitors who had agreed: page views, other events, different visitors, and their sessions.

    ``by_server`` are events that the site's own server sent, ``by_bots`` those of machines that say so; they are in
    none of the others.
    """

    views: int = 0
    events: int = 0
    visitors: int = 0
    sessions: int = 0
    by_server: int = 0
    by_bots: int = 0


def answers(log: Database, vault: Vault | None, period: Period) -> tuple[Answers, Sums]:
    """What visitors answered in the *period*, and what the proxy's counters say of it. Raises
    :class:`StoreUnavailable`."""
    kinds: Counter[str] = Counter()
    agreed = unread = 0
    counted = []
    with log.reading() as connection:
        start = _first_since(connection, period.since)
        query = rows.query(vault).where(schema.records.c.idx >= start)
        with streamed(connection, query, 1000) as found:
            for row in found:
                kind, time_ms = _kind_and_time(row.leaf)
                if time_ms >= period.until:
                    break
                if time_ms < period.since:
                    continue
                if kind == COUNTERS:
                    counted.append(rows.read(row, None)[0])
                elif kind in CHOICES:
                    kinds[kind] += 1
                    agreed += kind == "grant"
                    if kind == "partial":
                        purposes = _purposes(row, vault)
                        agreed += bool(purposes and purposes.get("analytics"))
                        unread += purposes is None
    return Answers({kind: kinds[kind] for kind in CHOICES}, agreed, unread), added_up(counted)


def _first_since(connection: Connection, since: int) -> int:
    """A record before which none is of the period: times never go back, so a checkpoint's time bounds all it covers."""
    heads = schema.heads.c
    return connection.execute(select(func.max(heads.size)).where(heads.time_ms < since)).scalar() or 0


def _kind_and_time(leaf: bytes) -> tuple[str, int]:
    kind, time_ms = _KIND.search(leaf), _TIME.search(leaf)
    return (kind[1].decode() if kind else ""), (int(time_ms[1]) if time_ms else 0)


def _purposes(row: Any, vault: Vault | None) -> Mapping[str, bool] | None:
    try:
        record, _ = rows.read(row, vault)
    except StoreUnavailable:
        return None
    return None if record.missing else record.purposes


def by_service(sums: Sums) -> dict[str, dict[str, int]]:
    """What became of things, by service: how many were held, released, and how many escaped."""
    found: dict[str, dict[str, int]] = {}
    for (outcome, _, service), count in sums.counts.items():
        if outcome in OUTCOMES[:3]:
            services = found.setdefault(service, dict.fromkeys(OUTCOMES[:3], 0))
            services[outcome] += count
    return dict(sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def visits(tables: EventTables, period: Period) -> Visits:
    """How many came in the *period*, of those who had agreed. Raises :class:`StoreUnavailable`.

    A session is over when its visitor has done nothing for half an hour.
    """
    within = _EVENTS.time_ms >= period.since, _EVENTS.time_ms < period.until
    device = func.coalesce(_EVENTS.device, "")
    here = device.not_in(NOBODY)
    before = func.lag(_EVENTS.time_ms, 1, 0).over(partition_by=_EVENTS.visitor, order_by=_EVENTS.time_ms)
    gap = (_EVENTS.time_ms - before).label("gap")  # the first one's reaches back to 1970
    gaps = select(gap).where(*within, here, _EVENTS.visitor.is_not(None)).subquery()
    begun = select(func.count()).where(gaps.c.gap > SESSION_MS)
    counted = select(
        func.count(case((device == SERVER, 1))).label("by_server"),
        func.count(case((device == BOT, 1))).label("by_bots"),
        func.count(case((here, 1))).label("here"),
        func.count(distinct(case((here, _EVENTS.visitor)))).label("visitors"),
        func.count(case((and_(here, _EVENTS.name == VIEW), 1))).label("views"),
    ).where(*within)
    with tables.rows.reading() as connection:
        found = connection.execute(counted).one()
        sessions = connection.execute(begun).scalar_one()
    return Visits(
        found.views, found.here - found.views, found.visitors, sessions, found.by_server, found.by_bots
    )


def top(tables: EventTables, period: Period, by: str, many: int) -> list[tuple[str, int, int]]:
    """The commonest values of one of :data:`BY`: each with how many events there were, and of how many visitors.

    Bots are left out, but among devices. Raises :class:`StoreUnavailable`.
    """
    column = BY[by]
    count = func.count().label("many")
    query = (
        select(column, count, func.count(distinct(_EVENTS.visitor)))
        .where(_EVENTS.time_ms >= period.since, _EVENTS.time_ms < period.until, column.is_not(None))
        .where(true() if by == "device" else _NO_BOT)
        .group_by(column)
        .order_by(count.desc(), column)
        .limit(many)
    )
    with tables.rows.reading() as connection:
        return [(str(name), int(of), int(people)) for name, of, people in connection.execute(query)]


def trend(
    tables: EventTables, period: Period, step_ms: int, name: str | None = None
) -> list[tuple[str, int, int]]:
    """How many events there were in each step of the *period*, those of one *name* or all, and of how many visitors.

    Bots are left out. A step without any is there too. Raises :class:`StoreUnavailable`.
    """
    with tables.rows.reading() as connection:
        found = {
            number: (many, people)
            for number, many, people in connection.execute(_steps(period, step_ms, name))
        }
    numbers = range((period.until - period.since + step_ms - 1) // step_ms)
    return [(_utc(period.since + number * step_ms), *found.get(number, (0, 0))) for number in numbers]


def _steps(period: Period, step_ms: int, name: str | None) -> Select[int, int, int]:
    number = steps(_EVENTS.time_ms - period.since, step_ms)
    query = select(number, func.count(), func.count(distinct(_EVENTS.visitor)))
    query = query.where(_EVENTS.time_ms >= period.since, _EVENTS.time_ms < period.until, _NO_BOT).group_by(
        number
    )
    return query if name is None else query.where(_EVENTS.name == name)


def _utc(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="minutes").replace("+00:00", "Z")
