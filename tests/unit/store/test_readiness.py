"""Whether anything can be recorded: by writing, and by the room that is left."""

from pathlib import Path

import pytest
from holdback.store.engine import sqlite
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.engine.sqlite import SQLiteDatabase
from holdback.store.store import open_store
from holdback.store.unavailable import UnavailableStore
from sqlalchemy import event


async def test_a_store_that_can_record_is_ready(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert await store.ready() is None
    store.close()


async def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    monkeypatch.setattr(sqlite, "_ROOM", 1 << 60)
    assert await store.ready() == "log.db: the disk is full"
    store.close()


async def test_a_log_that_takes_no_write_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    log = store.databases[0]
    log.engine.dispose()
    event.listen(
        log.engine, "connect", lambda connection, _record: connection.execute("PRAGMA query_only=ON")
    )
    assert "readonly" in (await store.ready() or "")
    store.close()


def test_a_damaged_file_is_a_store_that_can_t_be_used(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"nothing of SQLite's" * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        SQLiteDatabase(tmp_path / "log.db", "log")
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_store(tmp_path)


async def test_the_stand_in_says_why_whatever_it_is_asked(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    store = UnavailableStore(tmp_path, "the log is gone")
    assert await store.ready() == "the log is gone"
    with pytest.raises(StoreUnavailable, match="the log is gone"):
        await store.ledger.checkpoint()
    with pytest.raises(StoreUnavailable, match="the log is gone"):
        store.events.erase("x")
    store.close()


async def test_where_there_is_no_room_for_a_spool_the_site_is_served_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(tmp_path).close()
    (tmp_path / "refusals.spool").unlink()

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        open_store(tmp_path)
    store = UnavailableStore(tmp_path, "the disk is full")
    assert (store.spool.is_empty, store.spool.entries()) == (True, [])
    with pytest.raises(StoreUnavailable, match="no room"):
        store.spool.add({})
    store.close()
