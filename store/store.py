"""A data folder: the consent log, the events and the keys, opened together."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .database import Database
from .errors import StoreUnavailable
from .events import Events
from .keys import Keys
from .ledger import Ledger, found
from .master import DEFAULT, MasterKeys
from .signing import Signing
from .vault import Vault

LOG_FILE = "log.db"
EVENTS_FILE = "events.db"
_LEARNED = 1.5
"""Seconds in which workers, who look each second, have learned of what was recorded."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten, and the index of the record that says so.

    ``settled`` is False where readers kept a write-ahead log busy, in which traces are left until it is emptied.
    """

    index: int
    records: int
    events: int
    settled: bool


@dataclass
class Store:
    """What is open. ``close`` writes what is waiting."""

    data: Path
    keys: Keys
    ledger: Ledger
    events: Events
    databases: tuple[Database, Database]

    async def ready(self) -> str | None:
        """Why nothing can be recorded just now; None where it can."""
        return await asyncio.to_thread(self._reason)

    def _reason(self) -> str | None:
        try:
            for database in self.databases:
                with database.writing():
                    pass
        except StoreUnavailable as error:
            return str(error)
        return None

    def erase(self, person: str) -> "Erased":
        """Forget *person*, an id: their events, and all that the log keeps of them beside the leaves. It blocks.

        The log comes first, and the events once every worker has learned of it and stores no more of them. If the
        machine stops in between, doing it again finishes it. Raises :class:`StoreUnavailable`.
        """
        index, records = self.ledger.erase(person)
        time.sleep(_LEARNED)
        events = self.events.erase(person)
        settled = [database.settle() for database in self.databases]
        return Erased(index, records, events, all(settled))

    def close(self) -> None:
        """Write what is waiting, and close every file."""
        self.ledger.close()
        self.events.close()
        for database in self.databases:
            database.close()


def open_store(data: Path, master: str = DEFAULT) -> Store:
    """Open the folder *data*, and make what is missing of it. *master* says where the master key is (:mod:`.master`).

    Raises :class:`StoreUnavailable` and ``BadKeys``.
    """
    with ExitStack() as opened:  # closes what is open if the rest can't be
        try:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            keys = Keys.open(data)
            log = _database(opened, data / LOG_FILE, "log")
            events = _database(opened, data / EVENTS_FILE, "events")
            signing = Signing(data)
            vault = found(log, signing, MasterKeys(master, data))
        except OSError as error:
            raise StoreUnavailable(f"{data} can't be used: {error}") from error
        opened.pop_all()
    return Store(data, keys, Ledger(log, signing, vault), Events(events), (log, events))


def _database(opened: ExitStack, path: Path, name: str) -> Database:
    """A database whose files nobody else may read, whatever the mask is."""
    old_mask = os.umask(0o077)
    try:
        database = Database(path, name)
    finally:
        os.umask(old_mask)
    opened.callback(database.close)
    return database


def vault_of(log: Database, data: Path, master: str = DEFAULT) -> Vault | None:
    """What opens a *log* that is only read; None where nothing in it is encrypted.

    Raises ``BadKeys`` where *master* does not hold its key, and :class:`StoreUnavailable`.
    """
    with log.reading() as connection:
        return Vault.of(connection, MasterKeys(master, data))


@contextmanager
def reading(data: Path, file: str) -> Iterator[Database]:
    """One database of *data* for reading only; nothing is made or changed. Raises :class:`StoreUnavailable`."""
    path = data / file
    if not path.is_file():
        raise StoreUnavailable(f"there is no {file} in {data}")
    database = Database(path, file.partition(".")[0], read_only=True)
    try:
        yield database
    finally:
        database.close()
