"""A ClickHouse database, for the rows of events alone. It knows no transactions, and no key that is unique.

So whoever writes holds a lock elsewhere (:mod:`..events.tables`), and what came before is looked for first: the table
is ordered by ``uid`` in steps that are small enough for that. An insert is on the server's disk when it returns. A
server that is away is asked anew with each call; the log does without it.
"""

import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Table, create_engine, func, select
from sqlalchemy.pool import QueuePool

from . import schema
from .addresses import EMBEDDED, clickhouse_server
from .database import Database
from .errors import StoreUnavailable

DIALECT = "clickhousedb"
_TABLE = """
CREATE TABLE IF NOT EXISTS events (
    id Int64,
    time_ms Int64 CODEC(Delta, ZSTD),
    name LowCardinality(String),
    visitor Nullable(String),
    path String,
    properties String,
    uid String,
    received_ms Int64 CODEC(Delta, ZSTD),
    sealed String,
    key_id Int64,
    person Nullable(String),
    referrer LowCardinality(Nullable(String)),
    source LowCardinality(Nullable(String)),
    medium LowCardinality(Nullable(String)),
    campaign LowCardinality(Nullable(String)),
    device LowCardinality(Nullable(String)),
    country LowCardinality(Nullable(String))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(time_ms))
ORDER BY uid
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 60
"""
_OVER_HTTP = {"connect_timeout": 5, "send_receive_timeout": 30, "autogenerate_session_id": False}
_SETTINGS = {
    "ch_mutations_sync": 1,  # what is deleted is gone when it is said
    "ch_async_insert": 0,  # and what is inserted there
    "ch_max_partitions_per_insert_block": 0,  # a batch may be of many months
}
NAMED_AT_ONCE = 2000
"""Ids in one statement, which the server reads up to a quarter of a megabyte of."""


class ClickHouseDatabase(Database):
    """The events in the database at *url*, made there with the first of them; keys and stamps lie in *folder*."""

    settles_ms = 70_000  # numbers are moments, and the clocks of several hosts may differ

    def __init__(self, url: str, folder: Path) -> None:
        scheme = urlsplit(url).scheme
        super().__init__(
            "events", folder, f"the events at {url if scheme == EMBEDDED else clickhouse_server(url)}"
        )
        try:
            from clickhouse_connect import dbapi

            options: dict[str, Any] = _SETTINGS if scheme == EMBEDDED else _SETTINGS | _OVER_HTTP
            self.engine = create_engine(
                "clickhousedb+connect://",
                creator=lambda: dbapi.connect(dsn=url, secure=scheme == "clickhouses", **options),
                poolclass=QueuePool,
                pool_size=2,
            )
        except ModuleNotFoundError as error:
            raise StoreUnavailable(
                'ClickHouse needs the extra "clickhouse": pip install "holdback[clickhouse]"'
            ) from error
        self._is_made = False

    @contextmanager
    def told(self) -> Iterator[None]:
        """Whatever the driver raises becomes a :class:`StoreUnavailable`, also before SQLAlchemy has a connection."""
        from clickhouse_connect.driver.exceptions import ClickHouseError

        with super().told():
            try:
                yield
            except ClickHouseError as error:
                raise StoreUnavailable(f"{self.label}: {str(error).strip().partition(chr(10))[0]}") from error

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A connection; whoever needs to be *alone* holds another lock. Raises :class:`StoreUnavailable`."""
        with self._connected() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection. Raises :class:`StoreUnavailable`."""
        with self._connected() as connection:
            yield connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self.told(), self.engine.connect() as connection:
            if not self._is_made:
                self._make(connection)
            yield connection

    def _make(self, connection: Connection) -> None:
        """Make the table where there is none; who may only read need not try."""
        if not connection.exec_driver_sql("EXISTS TABLE events").scalar():
            connection.exec_driver_sql(_TABLE)
        self._is_made = True

    def settle(self, seconds: float = 10) -> bool:
        """Nothing: what is deleted is in no part that is read, and the old parts go by themselves in a minute."""
        return True


def add_once(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add *rows* to the events, but for those whose ``uid`` is there, or came before in *rows*.

    Rows that come from elsewhere may bring their ``id``.
    """
    there = _known(connection, {row["uid"] for row in rows if row["uid"]})
    new: dict[str, dict[str, Any]] = {}
    for row in rows:
        uid = row["uid"] or secrets.token_hex(16)
        if uid not in there:
            new.setdefault(uid, {**row, "uid": uid})
    # Later batches have larger numbers, which is all that is asked of them.
    first = time.time_ns() // 1000 << 10
    numbered = [{"id": first + number, **row} for number, row in enumerate(new.values())]
    if numbered:
        connection.execute(schema.events.insert(), numbered)


def _known(connection: Connection, uids: Collection[str]) -> set[str]:
    """Those of *uids* that are there."""
    column, found = schema.events.c.uid, set[str]()
    for some in batched(uids, NAMED_AT_ONCE):
        found.update(connection.execute(select(column).where(column.in_(some))).scalars())
    return found


def delete_from(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    """Delete the rows of *table* for which *condition* holds, from the disk too; how many there were."""
    count = int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
    if count:
        connection.execute(table.delete().where(condition))
        connection.exec_driver_sql(f"ALTER TABLE {table.name} APPLY DELETED MASK")
    return count
