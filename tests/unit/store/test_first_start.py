"""Workers that start at the same moment on a new folder: each opens the store, whatever the others are doing."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from holdback.store.engine import sqlite
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.engine.sqlite import SQLiteDatabase
from holdback.store.store import Store, open_store
from sqlalchemy.exc import OperationalError

TOGETHER = 8


def at_once(action: Callable[[int], object]) -> None:
    """Run *action* in several threads that are let go together; raises what the first of them raised."""
    gate = threading.Barrier(TOGETHER)

    def run(number: int) -> None:
        gate.wait()
        action(number)

    with ThreadPoolExecutor(TOGETHER) as pool:
        for done in [pool.submit(run, number) for number in range(TOGETHER)]:
            done.result()


@pytest.mark.parametrize("attempt", range(20))
def test_new_file(tmp_path: Path, attempt: int) -> None:
    """The change to WAL is the step that SQLite refuses at once where two want it: a bare connection shows it."""

    def open_it(_number: int) -> None:
        connection = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
        sqlite._configure(connection, None)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE IF NOT EXISTS made (by)")
        connection.execute("COMMIT")
        connection.close()

    at_once(open_it)


@pytest.mark.parametrize("name", ["log", "events"])
def test_new_schema(tmp_path: Path, name: str) -> None:
    at_once(lambda _number: SQLiteDatabase(tmp_path / "new.db", name).close())


def test_a_file_that_somebody_else_has_locked_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that holds the lock for longer than one statement waits is waited for all the same; not for ever."""
    monkeypatch.setattr(sqlite, "_BUSY_MS", 50)
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    timer = threading.Timer(0.5, lambda: other.execute("COMMIT"))
    timer.start()
    SQLiteDatabase(tmp_path / "new.db", "log").close()
    timer.join()

    monkeypatch.setattr(sqlite, "_OPENING", 0.2)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises((OperationalError, sqlite3.OperationalError, StoreUnavailable), match="locked"):
        SQLiteDatabase(tmp_path / "new.db", "log")
    other.close()


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    data = tmp_path / "odd 100% #1? é"
    for _ in range(2):
        open_store(data).close()
    assert {path.name for path in tmp_path.iterdir()} == {data.name}
    assert (data / "log.db").stat().st_size > 0 < (data / "events.db").stat().st_size


def _connect(store: Store, many: int) -> None:
    with ExitStack() as opened:
        for _ in range(many):
            opened.enter_context(store.databases[0].engine.connect())


def test_a_file_that_was_taken_away_is_not_made_anew(tmp_path: Path) -> None:
    """By a connection that had passed the check before: it would end the write-ahead log of the file that is gone."""
    store = open_store(tmp_path)
    (tmp_path / "log.db").rename(tmp_path / "away.db")
    with pytest.raises(OperationalError):
        _connect(store, 8)  # more than the pool has ready
    assert not (tmp_path / "log.db").exists()
    (tmp_path / "away.db").rename(tmp_path / "log.db")
    store.close()
