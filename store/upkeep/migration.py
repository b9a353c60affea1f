"""From SQLite to PostgreSQL, with the log intact: the same records, under the same indices and the same checkpoints.
And from either of them to ClickHouse, for the rows of events.

The old files are locked while they are copied, so that nothing is recorded that would be missing. The copy is verified
before it is committed. Then the old files get other names: a log that went on in both places would be two histories
under one key, and a proxy that still has them open answers choices with 503.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, func, select

from ..engine import schema
from ..engine.clickhouse import NAMED_AT_ONCE
from ..engine.database import Database
from ..engine.dialects import add_once
from ..engine.errors import StoreUnavailable
from ..engine.postgres import PostgresDatabase
from ..engine.sqlite import SQLiteDatabase
from ..events.tables import EventTables
from ..log.memory import Memory
from ..log.verify import Fault, verify_on
from ..store import EVENTS_FILE, LOG_FILE

_AT_ONCE = 5_000
"""Rows that are read and written at a time."""
_MOVED = ".moved"
"""What is added to the name of a file whose content is elsewhere now."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many rows of how many are copied."""

    done: int
    total: int


def move(folder: Path, url: str) -> Iterator[Progress]:
    """Move log and events of *folder* to the database at *url*; it is done when the last step was taken.

    Stopped before that, nothing is changed. Raises :class:`StoreUnavailable`, also where the database is not empty.
    """
    for name in (LOG_FILE, EVENTS_FILE):
        if not (folder / name).is_file():
            raise StoreUnavailable(f"there is no {name} in {folder} to be moved")
    with ExitStack() as opened:
        pairs = [_pair(opened, folder, name, url) for name in (LOG_FILE, EVENTS_FILE)]
        connections = [
            (opened.enter_context(old.writing()), opened.enter_context(new.writing(alone=True)))
            for old, new in pairs
        ]
        if not _moved_before(*connections[0]):
            _must_be_empty(connections[0][1], connections[1][1])
            yield from _copied(connections)
            _must_hold(connections[0][1], pairs[0][1])
    for old, _ in pairs:
        assert old.path is not None
        old.path.rename(old.path.with_name(old.path.name + _MOVED))


def move_rows(tables: EventTables) -> Iterator[Progress]:
    """Move the rows of events from where their keys are to where they belong; done when the last step was taken.

    Nobody stores an event meanwhile. Stopped before the end, nothing is deleted, and done again it goes on. Raises
    :class:`StoreUnavailable`.
    """
    columns = schema.events.c
    with tables.writing() as (old, new):
        total = old.execute(select(func.count()).select_from(schema.events)).scalar_one()
        if old.execute(select(columns.id).where(columns.sealed.is_(None)).limit(1)).first() is not None:
            raise StoreUnavailable(
                f"{tables.keys.label}: events of before are not sealed yet; start the proxy once"
            )
        done = 0
        yield Progress(done, total)
        everything = old.execute(select(schema.events).order_by(columns.id)).mappings()
        for part in everything.partitions(NAMED_AT_ONCE):
            rows = [{**row, "uid": row["uid"] or f"moved {row['id']}"} for row in part]
            add_once(new, schema.events, rows)
            there = select(func.count()).where(columns.uid.in_([row["uid"] for row in rows]))
            if new.execute(there).scalar_one() != len(rows):
                raise StoreUnavailable(f"{tables.rows.label} does not have what was written to it")
            done += len(rows)
            yield Progress(done, total)
        old.execute(schema.events.delete())
    tables.keys.settle()


def _pair(opened: ExitStack, folder: Path, name: str, url: str) -> tuple[SQLiteDatabase, PostgresDatabase]:
    schema_name = name.partition(".")[0]
    old, new = SQLiteDatabase(folder / name, schema_name), PostgresDatabase(url, schema_name, folder)
    opened.callback(old.close)
    opened.callback(old.settle)
    opened.callback(new.close)
    return old, new


def _newest(connection: Connection) -> str | None:
    heads = schema.heads.c
    return connection.execute(select(heads.note).order_by(heads.size.desc()).limit(1)).scalar()


def _moved_before(old: Connection, new: Connection) -> bool:
    """Whether all was committed before, and only the names of the files are left to do."""
    return (moved := _newest(new)) is not None and moved == _newest(old)


def _must_be_empty(log: Connection, events: Connection) -> None:
    if _newest(log) is not None:
        size = log.execute(select(func.count()).select_from(schema.records)).scalar()
        raise StoreUnavailable(f"the database already has a log, of {size} records: give an empty one")
    if events.execute(select(schema.events.c.id).limit(1)).first() is not None:
        raise StoreUnavailable("the database already has events: give an empty one")


def _copied(connections: list[tuple[Connection, Connection]]) -> Iterator[Progress]:
    steps = [
        (table, old, new)
        for metadata, (old, new) in zip((schema.log, schema.events_meta), connections, strict=True)
        for table in metadata.sorted_tables
    ]
    total = sum(old.execute(select(func.count()).select_from(table)).scalar_one() for table, old, _ in steps)
    done = 0
    yield Progress(done, total)
    for table, old, new in steps:
        for count in _table_copied(table, old, new):
            done += count
            yield Progress(done, total)


def _table_copied(table: Table, old: Connection, new: Connection) -> Iterator[int]:
    """Copy *table* in the order of its key. Events keep their numbers: how far they were passed on is said by them."""
    rows = old.execute(select(table).order_by(*table.primary_key)).mappings()
    for part in rows.partitions(_AT_ONCE):
        new.execute(table.insert(), [dict(row) for row in part])
        yield len(part)
    if table in (schema.events, schema.event_keys):  # the server counts on from there
        number = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
        new.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), number, False)))


def _must_hold(connection: Connection, database: Database) -> None:
    found = verify_on(connection, database, Memory(database.folder).recall())
    if isinstance(found, Fault):
        raise StoreUnavailable(f"the log does not hold, and nothing was moved: {found.reason}")
