"""A new store has the very tables and indices that the migrations make, so that an older one becomes the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from holdback.store.engine import database
from holdback.store.engine.postgres import PostgresDatabase
from holdback.store.engine.sqlite import SQLiteDatabase
from sqlalchemy import Connection, inspect, text

from tests.support.postgres import Postgres, postgres_running


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_running() as running:
        yield running


def _migrated(connection: Connection, name: str, versions: str) -> None:
    database._upgrade(connection, name, versions)


def _tables(connection: Connection) -> dict[str, Any]:
    """Everything that the engine says of each table."""
    seen = inspect(connection)
    return {
        table: {
            "columns": [{**one, "type": str(one["type"])} for one in seen.get_columns(table)],
            "key": seen.get_pk_constraint(table),
            "indices": sorted((_index(one) for one in seen.get_indexes(table)), key=str),
            "rows": connection.execute(text(f"SELECT * FROM {table}")).all(),
        }
        for table in seen.get_table_names()
    }


def _index(one: Any) -> dict[str, Any]:
    condition = {option: str(value) for option, value in one.get("dialect_options", {}).items()}
    return {**one, "dialect_options": condition}


@pytest.mark.parametrize("name", ["log", "events"])
def test_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = SQLiteDatabase(tmp_path / "made.db", name)
    monkeypatch.setattr(database, "_make", _migrated)
    migrated = SQLiteDatabase(tmp_path / "migrated.db", name)
    with made.reading() as ours, migrated.reading() as theirs:
        assert _tables(ours) == _tables(theirs)
        assert len(_tables(ours)) > 4
        assert any("sqlite_where" in str(table["indices"]) for table in _tables(ours).values())
    for one in (made, migrated):
        one.close()


@pytest.mark.parametrize("name", ["log", "events"])
def test_on_a_server(name: str, server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = PostgresDatabase(server.url(f"made_{name}"), name, tmp_path)
    monkeypatch.setattr(database, "_make", _migrated)
    migrated = PostgresDatabase(server.url(f"migrated_{name}"), name, tmp_path)
    with made.reading() as ours, migrated.reading() as theirs:
        assert _tables(ours) == _tables(theirs)
        assert len(_tables(ours)) > 4
        assert any("postgresql_where" in str(table["indices"]) for table in _tables(ours).values())
    for one in (made, migrated):
        one.close()
