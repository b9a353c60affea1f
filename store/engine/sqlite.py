"""One SQLite file: opened for durable writing by several processes at once, or for reading only.

``synchronous=FULL`` makes a commit survive a power cut; WAL lets readers go on meanwhile; ``secure_delete`` overwrites
what is deleted. The file and its companions are readable by the owner alone.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as Connected
from sqlite3 import OperationalError as SQLiteOperationalError
from sqlite3 import connect
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from .database import Database, migrate
from .errors import StoreUnavailable

_VERSIONS = "alembic_version"
_BUSY_MS = 5000
"""Milliseconds that a statement waits for another process's lock."""
_ROOM = 1024 * 1024
"""Bytes that must be free on the disk: choices need a few kilobytes each, and the write-ahead log grows before it is
emptied."""
_OPENING = 60.0
"""Seconds that opening a file waits for other processes that open or make it at the same moment."""


class SQLiteDatabase(Database):
    """A database in the file at *path*; *name* says which schema it has."""

    def __init__(self, path: Path, name: str, *, read_only: bool = False) -> None:
        super().__init__(name, path.parent, path.name)
        self._path = path
        self._read_only = read_only
        if read_only:
            url = f"sqlite:///file:{path}?mode=ro&uri=true"
            if not os.access(path.parent, os.W_OK) or not path.with_name(f"{path.name}-wal").exists():
                url += "&immutable=1"
            self.engine = create_engine(url, poolclass=NullPool)
            event.listen(self.engine, "connect", _by_hand)
            # One state for all that is read, however the log grows.
            event.listen(self.engine, "begin", _begin)
        else:
            self.engine = create_engine("sqlite://", creator=self._opened, poolclass=QueuePool, pool_size=4)
            event.listen(self.engine, "connect", _configure)
            event.listen(self.engine, "begin", _begin)
            self._writer = self.engine.execution_options(writing=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with self.told():
                _when_free(self._migrate)
            self._inode = path.stat().st_ino

    def _opened(self) -> Connected:
        """A connection to the file, which is never made anew: one that came just after it was taken away would make
        another, and with it end the write-ahead log of the first.
        """
        return connect(f"file:{quote(str(self._path))}?mode=rw", uri=True, check_same_thread=False)

    def _migrate(self) -> None:
        with self._writer.begin() as connection:
            migrate(connection, self.name, _VERSIONS)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def check(self) -> None:
        """Raise :class:`StoreUnavailable` where the file was taken away: SQLite would go on writing to a ghost."""
        try:
            there = self.path.stat().st_ino == self._inode
        except OSError:
            there = False
        if not there:
            raise StoreUnavailable(f"{self.path.name} is gone")

    def check_room(self) -> None:
        """Raise :class:`StoreUnavailable` where there is less room than some batches of records need."""
        try:
            disk = os.statvfs(self.path.parent)
        except OSError as error:
            raise StoreUnavailable(f"{self.path.parent} can't be used: {error}") from error
        if disk.f_bavail * disk.f_frsize < _ROOM:
            raise StoreUnavailable(f"{self.path.name}: the disk is full")

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start: it is always *alone*.

        Raises :class:`StoreUnavailable`.
        """
        self.check()
        with self.told(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads one state. Raises :class:`StoreUnavailable`."""
        if not self._read_only:
            self.check()
        with self.told(), self.engine.connect() as connection:
            yield connection

    def settle(self, seconds: float = 10) -> bool:
        """Move what the write-ahead log holds into the file, and empty it: nothing that was deleted is left there.

        False if others were reading for all of *seconds*; then it is still to be done.
        """
        deadline = time.monotonic() + seconds
        while True:
            with self.told(), self.engine.connect() as connection:
                raw = connection.connection.cursor()
                busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if not busy:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


def _when_free(action: Callable[[], object]) -> None:
    """Run *action*, again and again while another process has the file locked, for :data:`_OPENING` seconds at most.

    The timeout for locks does not cover the change to WAL: it needs the file alone, and where two connections want
    that at once SQLite refuses one without waiting (sqlite3_busy_handler, "deadlock"). The same goes for the first
    connection after a crash, which restores the file. So workers that start together on a new folder take turns here.
    """
    deadline = time.monotonic() + _OPENING
    while True:
        try:
            action()
            return
        except (OperationalError, SQLiteOperationalError) as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _by_hand(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN, below, is the only one


def _configure(connection: Any, record: object) -> None:
    _by_hand(connection, record)
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _when_free(lambda: connection.execute("PRAGMA journal_mode=WAL"))
    for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: one that began by reading could not upgrade past another writer."""
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN"
    )
