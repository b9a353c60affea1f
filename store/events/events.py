"""First-party events: kept in the owner's own database, on the disk before anybody is told so."""

import csv
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from sqlalchemy import Delete, select

from ..engine import schema
from ..engine.database import Database
from ..engine.dialects import insert_once
from ..engine.group_commit import Writer
from ..log.records import rfc3339

_EXPIRED_AT_ONCE = 5000
"""Events that are deleted in one transaction, so that nobody waits long for the write lock."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on the site. ``visitor`` is the id of the visitor's choice, where there is one.

    ``uid`` is the sender's own id for it: one that is there already is not stored again.
    """

    name: str
    time: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    visitor: str | None = None
    path: str = ""
    uid: str | None = None


class Events:
    """The events in *database*."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._writer: Writer[Sequence[dict[str, Any]], None] = Writer("holdback-events", self._commit)

    async def add(self, events: Sequence[Event]) -> None:
        """Store *events*, all or none; they are on the disk when this returns. Raises ``StoreUnavailable``."""
        if events:
            now_ms = int(self._clock() * 1000)
            await self._writer.write([_row(event, now_ms) for event in events])

    def erase(self, visitor: str) -> int:
        """Delete every event of *visitor*; how many there were. It blocks. Raises ``StoreUnavailable``."""
        with self._database.writing() as connection:
            done = connection.execute(schema.events.delete().where(schema.events.c.visitor == visitor))
            return done.rowcount

    def expire(self, before_ms: int) -> int:
        """Delete every event that is older than *before_ms*; how many there were. It blocks.

        Raises ``StoreUnavailable``.
        """
        columns = schema.events.c
        old = select(columns.id).where(columns.time_ms < before_ms).order_by(columns.time_ms)
        step = schema.events.delete().where(columns.id.in_(old.limit(_EXPIRED_AT_ONCE)))
        total = 0
        while count := self._deleted(step):
            total += count
        return total

    def _deleted(self, statement: Delete) -> int:
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount

    def _commit(self, batches: Sequence[Sequence[dict[str, Any]]]) -> list[None]:
        rows = [row for batch in batches for row in batch]
        with self._database.writing() as connection:
            connection.execute(insert_once(connection, schema.events), rows)
        return [None] * len(batches)

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._writer.close()


def _row(event: Event, now_ms: int) -> dict[str, Any]:
    return {
        "time_ms": int(event.time.astimezone(UTC).timestamp() * 1000) if event.time else now_ms,
        "name": event.name,
        "visitor": event.visitor,
        "path": event.path,
        "properties": json.dumps(event.properties, separators=(",", ":"), ensure_ascii=False),
        "uid": event.uid,
        "received_ms": now_ms,
    }


def stored(database: Database, visitor: str | None = None) -> Iterator[dict[str, Any]]:
    """Every stored event, or those of one visitor, oldest first."""
    columns = schema.events.c
    query = select(
        columns.time_ms,
        columns.name,
        columns.visitor,
        columns.path,
        columns.properties,
        columns.uid,
        columns.received_ms,
    )
    if visitor is not None:
        query = query.where(columns.visitor == visitor)
    with database.reading() as connection:
        for time_ms, name, visitor, path, properties, uid, received_ms in connection.execute(
            query.order_by(columns.time_ms, columns.id)
        ):
            yield {
                "time": rfc3339(time_ms),
                "event": name,
                "visitor": visitor,
                "path": path,
                "properties": json.loads(properties),
                "id": uid,
                "received": None if received_ms is None else rfc3339(received_ms),
            }


def as_csv(rows: Iterator[dict[str, Any]], heading: Sequence[str] = ()) -> Iterator[str]:
    """Lines of CSV (RFC 4180), a heading first; nested values are JSON. A cell can't be taken for a formula.

    *heading* names the columns; without it, they are those of the first row.
    """
    buffer = StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(rows):
        if not number:
            heading = heading or list(row)
            writer.writerow(heading)
        writer.writerow([_cell(row.get(name)) for name in heading])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _cell(value: object) -> str:
    """Spreadsheets run a cell that begins like a formula; a quote before it keeps it text (OWASP, CSV injection)."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
