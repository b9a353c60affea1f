"""Where events lie: their rows, and the keys that seal them with the names of their visitors.

Both are in one database, but where the rows are in one that knows no transactions (:mod:`..engine.clickhouse`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from ..engine.database import Database


@dataclass(frozen=True, slots=True)
class EventTables:
    """The database of the ``rows``, and that of the ``keys`` and names."""

    rows: Database
    keys: Database

    @property
    def apart(self) -> bool:
        """Whether the rows are in a database of their own."""
        return self.rows is not self.keys

    @contextmanager
    def writing(self) -> Iterator[tuple[Connection, Connection]]:
        """A transaction of the keys, and a connection to write the rows; the same one where they are together.

        Where they are apart writers take turns, and what was written of the rows stays if the transaction fails.
        Raises ``StoreUnavailable``.
        """
        with self.keys.writing(alone=self.apart) as keys:
            if not self.apart:
                yield keys, keys
                return
            with self.rows.writing() as rows:
                yield keys, rows

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, Connection]]:
        """Connections that read the keys and the rows; the same one where they are together.

        Raises ``StoreUnavailable``.
        """
        with self.keys.reading() as keys:
            if not self.apart:
                yield keys, keys
                return
            with self.rows.reading() as rows:
                yield keys, rows
