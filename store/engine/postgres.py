"""A PostgreSQL database, which several hosts share.

Writers of the log take an advisory lock for the length of their transaction, so that indices are consecutive whoever
writes. A connection that is lost is made anew with the next transaction; until then nothing is recorded, and so nothing
is granted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, func, make_url, select
from sqlalchemy.pool import QueuePool

from . import schema
from .addresses import server_of
from .database import Database, migrate
from .errors import StoreUnavailable

_LOCKS = {"log": 0x686F6C64_6C6F67, "events": 0x686F6C64_657674}
"""Keys of the advisory locks; any numbers that nobody else uses in the same database."""
_CONNECTING = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # ms: a server that is gone without a word is noticed
    "keepalives_idle": 10,
    "application_name": "holdback",
    "options": "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000",
}


class PostgresDatabase(Database):
    """The schema *name* in the database at *url*; keys and stamps lie in *folder*."""

    settles_ms = 70_000  # numbers are given out before a transaction ends, which is after a minute at most

    def __init__(self, url: str, name: str, folder: Path, *, read_only: bool = False) -> None:
        super().__init__(name, folder, f"the {name} at {server_of(url)}")
        try:
            engine = create_engine(
                make_url(url).set(drivername="postgresql+psycopg"),
                poolclass=QueuePool,
                pool_size=4,
                pool_pre_ping=True,
                connect_args=_CONNECTING,
            )
        except ModuleNotFoundError as error:
            raise StoreUnavailable(
                'PostgreSQL needs the extra "postgres": pip install "holdback[postgres]"'
            ) from error
        self.engine = engine
        self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        if not read_only:
            event.listen(engine, "connect", _durable)
            with self.writing(alone=True) as connection:
                migrate(connection, name, f"holdback_{name}_version")

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction; that of the log, and any that is to be *alone*, holds a lock from its start.

        Raises :class:`StoreUnavailable`.
        """
        with self.told(), self.engine.begin() as connection:
            if alone or self.name == "log":
                connection.execute(select(func.pg_advisory_xact_lock(_LOCKS[self.name])))
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads one state. Raises :class:`StoreUnavailable`."""
        with self.told(), self._reader.connect() as connection:
            yield connection

    def settle(self, seconds: float = 10) -> bool:
        """Let the server reuse the room of what was deleted. What its write-ahead log and its backups still hold is
        encrypted, by a key that is deleted.
        """
        metadata = schema.log if self.name == "log" else schema.events_meta
        with self.told(), self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for table in metadata.sorted_tables:
                connection.exec_driver_sql(f"VACUUM {table.name}")
        return True


def _durable(connection: Any, _record: object) -> None:
    """A commit must be on the server's disk when it is answered, whatever the server does by default."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit TO on")
    connection.commit()
