"""What the log and the events are kept in, whatever engine it is: :mod:`.sqlite` or :mod:`.postgres`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from sqlite3 import Error as SQLiteError

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError, StatementError

from .errors import StoreUnavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = {"log": "0006_stripped", "events": "0004_relays"}
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
    if _revision(connection, versions) == HEAD[name]:
        return
    from alembic import command  # what only reads needs none of it, and is a tenth of a second quicker
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(_MIGRATIONS / name))
    config.attributes["connection"] = connection
    config.attributes["versions"] = versions
    command.upgrade(config, "head")


def _revision(connection: Connection, versions: str) -> str | None:
    if not inspect(connection).has_table(versions):
        return None
    return connection.execute(select(text("version_num")).select_from(text(versions))).scalar()
