"""A log as it was written before there was a vault: in the clear, filed under ids, by the second revision."""

import zlib
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from holdback.store.engine import sqlite
from holdback.store.engine.sqlite import SQLiteDatabase
from holdback.store.keys.keyring import Keys
from holdback.store.keys.log_signer import Signing
from holdback.store.log import evidence
from holdback.store.log.ledger import Ledger
from holdback.store.log.records import CLEAR, NewRecord, Sealed, committed, fields_of
from holdback.store.log.vault import Vault
from holdback.store.store import LOG_FILE
from sqlalchemy import Connection, create_engine, text

MIGRATIONS = Path(sqlite.__file__).parent / "migrations"


class _NoVault:
    """Seals as it was done before."""

    def seal(
        self, _connection: Connection, _first: int, records: list[NewRecord], _master: str
    ) -> list[Sealed]:
        return [committed(one, zlib.compress(fields_of(one), 6), CLEAR, person=one.id) for one in records]


def note_of(ledger: Ledger) -> str:
    """The newest checkpoint, without an event loop."""
    with ledger._database.reading() as connection:
        return evidence.checkpoint(connection)


def old_log(data: Path, records: list[NewRecord]) -> str:
    """Make such a log in the folder *data*; its newest checkpoint."""
    data.mkdir(exist_ok=True)
    database = SQLiteDatabase(data / LOG_FILE, "log")
    Keys.open(data)
    signing = Signing(data)
    with database.writing() as connection:
        signing.begin(connection)
        _first_head(connection, signing)
    ledger = Ledger(database, signing, cast(Vault, _NoVault()))
    ledger._append(records)
    note = note_of(ledger)
    database.close()
    _downgraded(data / LOG_FILE)
    return note


def _first_head(connection: Connection, signing: Signing) -> None:
    from holdback.store.log.head import put_head
    from holdback.store.proof import merkle

    put_head(connection, signing.in_force(connection), merkle.Frontier(), 0)


def _downgraded(path: Path) -> None:
    """As the second revision has it: without what later ones added."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE people"))
        connection.execute(text("DROP INDEX records_bare"))
        for table in ("seen", "editions", "stripped", "forgotten"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("ALTER TABLE notices DROP COLUMN edition"))
        connection.execute(text("ALTER TABLE records DROP COLUMN key_id"))
        config = Config()
        options: dict[str, Any] = {
            "script_location": MIGRATIONS,
            "path_separator": "newline",
            "version_locations": MIGRATIONS / "log",
        }
        for name, value in options.items():
            config.set_main_option(name, str(value))
        config.attributes["connection"] = connection
        command.stamp(config, "0002_erased")
    engine.dispose()
