"""What the log and the events are kept in, whatever engine it is: :mod:`.sqlite` or :mod:`.postgres`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from sqlite3 import Error as SQLiteError

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError, StatementError

from . import schema
from .errors import StoreUnavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = {"log": "0007_forgotten", "events": "0004_relays"}
"""The newest revision of each schema."""


class Database(ABC):
    """One database with the schema *name*. ``folder`` is where keys and stamps lie, ``label`` what people call it."""

    engine: Engine
    settles_ms = 0
    """After so many milliseconds no row appears any more with a smaller number than one that is there."""

    def __init__(self, name: str, folder: Path, label: str) -> None:
        self.name = name
        self.folder = folder
        self.label = label

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""
        return None

    def check_room(self) -> None:
        """Raise :class:`StoreUnavailable` where the disk is about to be full, so far as that can be told from here."""
        return

    @abstractmethod
    def writing(self, *, alone: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that holds the write lock from its start, where there is one, or where it is to be *alone*.

        Raises :class:`StoreUnavailable`.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that reads one state. Raises :class:`StoreUnavailable`."""

    @abstractmethod
    def settle(self, seconds: float = 10) -> bool:
        """Leave as little as can be of what was deleted; False if others prevent it for all of *seconds*."""

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Whatever the engine raises becomes a :class:`StoreUnavailable` that says which database it was."""
        try:
            yield
        except (SQLAlchemyError, SQLiteError, OSError) as error:
            reason = error.orig if isinstance(error, StatementError) and error.orig else error
            raise StoreUnavailable(f"{self.label}: {str(reason).strip().partition(chr(10))[0]}") from error


def migrate(connection: Connection, name: str, versions: str) -> None:
    """Bring the schema *name* up to date, in the transaction of *connection*; the table *versions* says where it is."""
    if not inspect(connection).has_table(versions):
        _make(connection, name, versions)
    elif connection.execute(select(text("version_num")).select_from(text(versions))).scalar() != HEAD[name]:
        _upgrade(connection, name, versions)


def _make(connection: Connection, name: str, versions: str) -> None:
    """The tables of :mod:`.schema`, and the table that says to alembic that nothing is left to be done."""
    metadata = schema.log if name == "log" else schema.events_meta
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(schema.INDEX_OF_SOME[name])
    revision = Table(versions, MetaData(), Column("version_num", String(32), nullable=False))
    revision.append_constraint(PrimaryKeyConstraint("version_num", name=f"{versions}_pkc"))
    revision.create(connection)
    connection.execute(revision.insert().values(version_num=HEAD[name]))


def _upgrade(connection: Connection, name: str, versions: str) -> None:
    from alembic import command  # only an older store needs it, which takes a fifth of a second to load
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(_MIGRATIONS / name))
    config.attributes["connection"] = connection
    config.attributes["versions"] = versions
    command.upgrade(config, "head")
