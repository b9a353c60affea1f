"""A data folder: the consent log, the events and the keys, opened together."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .engine import facts
from .engine.addresses import server_of
from .engine.clickhouse import ClickHouseDatabase
from .engine.database import Database
from .engine.errors import Misplaced, StoreUnavailable, readable
from .engine.postgres import PostgresDatabase
from .engine.sqlite import SQLiteDatabase
from .events import forgotten
from .events.events import Events
from .events.outbox import Outbox
from .events.sealing import EventKeys
from .events.tables import EventTables
from .keys.keyring import Keys
from .keys.log_signer import FIRST, Signing
from .keys.master import DEFAULT, MasterKeys
from .log.begin import begin_log
from .log.bell import Bell
from .log.ledger import LEARNED, Ledger
from .log.memory import Memory
from .log.spool import Spool
from .log.vault import MASTER, Vault
from .site.editions import Editions
from .site.inventory import Inventory

LOG_FILE = "log.db"
EVENTS_FILE = "events.db"
_PROBED = "probed"
"""The fact that is written to see whether anything can be."""


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Where a store is: the folder of the keys, where the master key is, and the PostgreSQL database, if it is one.

    ``events_url`` is another database for the events, if there is one.
    """

    folder: Path
    master: str = DEFAULT
    url: str = ""
    events_url: str = ""

    def __str__(self) -> str:
        return server_of(self.url) if self.url else str(self.folder)

    def open(self, *, adopting: bool = False) -> "Store":
        """See :func:`open_store`."""
        return open_store(self.folder, self.master, self.url, self.events_url, adopting=adopting)

    def reading(self, file: str) -> AbstractContextManager[Database]:
        """See :func:`reading`."""
        return reading(self.folder, file, self.url)

    @contextmanager
    def event_tables(self) -> Iterator[EventTables]:
        """The tables of events, to be written to, and nothing else of the store."""
        with ExitStack() as opened:
            yield _event_tables(
                opened, _database(opened, self.folder, EVENTS_FILE, self.url), self.events_url
            )

    @property
    def has_events(self) -> bool:
        """Whether the events are at hand: whoever audits a log need not have them."""
        return bool(self.url) or (self.folder / EVENTS_FILE).is_file()

    def reading_events(self) -> AbstractContextManager[EventTables]:
        """See :func:`reading_events`."""
        return reading_events(self.folder, self.url, self.events_url)

    def vault(self, log: Database) -> Vault | None:
        """See :func:`vault_of`."""
        return vault_of(log, self.folder, self.master)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten, and the indexes of the records that say so, one for each visitor.

    ``settled`` is False where readers kept a write-ahead log busy, in which traces are left until it is emptied.
    """

    indexes: tuple[int, ...]
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
    inventory: Inventory
    editions: Editions
    databases: tuple[Database, ...]
    spool: Spool
    kept: tuple[EventTables, Vault] | None = None
    """Where the events lie, and what opens them; None where the store can't be used."""

    async def ready(self) -> str | None:
        """Why nothing can be recorded just now; None where it can."""
        return await asyncio.to_thread(self._reason)

    def _reason(self) -> str | None:
        try:
            for database in self.databases:
                database.check_room()
                with database.writing() as connection:
                    # A transaction that writes nothing succeeds on a full disk.
                    if database.name == "log":
                        facts.put(connection, _PROBED, str(int(time.time())))
            self.ledger.rehearse()
        except StoreUnavailable as error:
            return str(error)
        return None

    def erase(self, *visitors: str, people: Sequence[str] = ()) -> "Erased":
        """Forget these *visitors*, ids, and *people*, as SDKs call them: their events, and all that the log keeps of
        them beside the leaves. It blocks.

        The log comes first, and the events once every worker has learned of it and stores no more of them. If the
        machine stops in between, doing it again finishes it. Raises :class:`StoreUnavailable`.
        """
        until = int((time.time() + LEARNED) * 1000)
        forgotten.remember(self.databases[0], self.events.tags_of(visitors, people), until)
        done = [self.ledger.erase(visitor) for visitor in visitors]
        if done:
            time.sleep(LEARNED)
        events = self.events.erase(*visitors, people=people)
        settled = [database.settle() for database in self.databases]
        records = sum(count for _, count in done)
        return Erased(tuple(index for index, _ in done), records, events, all(settled))

    def erase_again(self) -> int:
        """Erase the events of people who were erased before, which a backup has brought back; how many there were.

        It blocks. Raises :class:`StoreUnavailable`.
        """
        log, events = self.databases
        count = self.events.erase_again(forgotten.in_log(log))
        if count:
            events.settle()
        return count

    def outbox(self, destination: str, holder: str) -> Outbox | None:
        """What of the events is to be passed on to *destination* by the process that *holder* names."""
        return Outbox(*self.kept, destination, holder) if self.kept is not None else None

    def withdraw(self, *visitors: str) -> tuple[int, ...]:
        """Take back what these *visitors*, ids, have agreed to; the indexes of the records that say so. It blocks.

        When it returns, everybody knows. Raises :class:`StoreUnavailable`; doing it again finishes it.
        """
        done = [appended.index for visitor in visitors if (appended := self.ledger.withdraw(visitor))]
        if done:
            time.sleep(self.ledger.spread)
        return tuple(done)

    def close(self) -> None:
        """Write what is waiting, and close every file."""
        self.ledger.close()
        self.events.close()
        for database in self.databases:
            database.close()
        self.spool.close()


def open_store(
    data: Path, master: str = DEFAULT, url: str = "", events_url: str = "", *, adopting: bool = False
) -> Store:
    """Open the folder *data*, and make what is missing of it. *master* says where the master key is
    (:mod:`.keys.master`).

    With *url* log and events are in a PostgreSQL database, and the folder has the keys only. With *events_url* the rows
    of events are in a ClickHouse database; it need not answer now. Only who is *adopting* the log may open one that has
    lost records.

    Raises :class:`StoreUnavailable` and ``BadKeys``.
    """
    # The stack closes what is open if the rest can't be.
    with ExitStack() as opened, readable(server_of(url) if url else str(data)):
        try:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            _must_be_moved(data, url)
            memory = Memory(data)
            if not (adopting or url or (data / LOG_FILE).exists()):
                memory.must_be_empty()  # before an empty file is made: the log may be moved back at any moment
            log = _database(opened, data, LOG_FILE, url)
            keys = Keys.open(data, begun=_is_begun(log))
            events = _database(opened, data, EVENTS_FILE, url)
            signing = Signing(data)
            vault = begin_log(log, signing, MasterKeys(master, data), None if adopting else memory)
            spool = Spool(data)
            ledger = Ledger(log, signing, vault, bell=Bell(data), memory=memory, spool=spool)
            if not adopting:
                ledger.examine()
            tables = _event_tables(opened, events, events_url)
            kept = Events(tables, EventKeys(vault, lambda: _in_force(log)))
            kept.seal_old()
            if tables.apart and kept.any_beside_keys():
                raise Misplaced(
                    f"there are events in {events.label}: `holdback store migrate` moves them to {tables.rows.label}"
                )
        except OSError as error:
            raise StoreUnavailable(f"{data} can't be used: {error}") from error
        opened.pop_all()
    return Store(
        data,
        keys,
        ledger,
        kept,
        Inventory(log),
        Editions(log),
        (log, events),
        spool,
        (tables, vault),
    )


def _is_begun(log: Database) -> bool:
    with log.reading() as connection:
        return facts.get(connection, FIRST) is not None


def _in_force(log: Database) -> str:
    """The name of the master key in force."""
    with log.reading() as connection:
        return facts.get(connection, MASTER) or ""


def _must_be_moved(data: Path, url: str) -> None:
    """A log that goes on elsewhere from its beginning would be another log, signed by the same key."""
    if url and (data / LOG_FILE).exists():
        raise Misplaced(
            f"{data / LOG_FILE} is a log of its own: `holdback store migrate` moves it to {server_of(url)}"
        )


def _database(opened: ExitStack, data: Path, file: str, url: str) -> Database:
    """A database whose files nobody else may read, whatever the mask is."""
    name = file.partition(".")[0]
    old_mask = os.umask(0o077)
    try:
        database = PostgresDatabase(url, name, data) if url else SQLiteDatabase(data / file, name)
    finally:
        os.umask(old_mask)
    opened.callback(database.close)
    return database


def _event_tables(opened: ExitStack, events: Database, url: str) -> EventTables:
    if not url:
        return EventTables(events, events)
    rows = ClickHouseDatabase(url, events.folder)
    opened.callback(rows.close)
    return EventTables(rows, events)


def vault_of(log: Database, data: Path, master: str = DEFAULT) -> Vault | None:
    """What opens a *log* that is only read; None where nothing in it is encrypted.

    Raises ``BadKeys`` where *master* does not hold its key, and :class:`StoreUnavailable`.
    """
    with log.reading() as connection:
        return Vault.of(connection, MasterKeys(master, data))


@contextmanager
def reading(data: Path, file: str, url: str = "") -> Iterator[Database]:
    """One database of *data*, or of *url*, for reading only; nothing is made or changed.

    Raises :class:`StoreUnavailable`.
    """
    path, name = data / file, file.partition(".")[0]
    if not url and not path.is_file():
        raise StoreUnavailable(f"there is no {file} in {data}")
    database: Database = (
        PostgresDatabase(url, name, data, read_only=True)
        if url
        else SQLiteDatabase(path, name, read_only=True)
    )
    try:
        yield database
    finally:
        database.close()


@contextmanager
def reading_events(data: Path, url: str = "", events_url: str = "") -> Iterator[EventTables]:
    """The events of *data*, of *url*, or of *events_url*, for reading only, as :func:`reading` does."""
    with ExitStack() as opened, reading(data, EVENTS_FILE, url) as events:
        yield _event_tables(opened, events, events_url)
