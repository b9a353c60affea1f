"""What ``verify`` says of a log that was changed after a big batch: which record, not only which batch."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from holdback.store.log import verify as verifying
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault, Verified, verify
from holdback.store.store import LOG_FILE, open_store, reading
from sqlalchemy import text

RECORDS = 600


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("log")

    async def fill() -> None:
        store = open_store(data)
        try:
            record = NewRecord("5b0c1b0e-0000-4000-8000-000000000001", "grant", {"analytics": True})
            await asyncio.gather(*(store.ledger.append(record) for _ in range(RECORDS)))
        finally:
            await asyncio.to_thread(store.close)

    asyncio.run(fill())
    return data


@pytest.fixture
def log(original: Path, tmp_path: Path) -> Path:
    source, target = sqlite3.connect(original / LOG_FILE), sqlite3.connect(tmp_path / LOG_FILE)
    source.backup(target)
    source.close()
    target.close()
    return tmp_path


def _verified(data: Path) -> Verified | Fault:
    with reading(data, LOG_FILE) as database:
        return verify(database)


def test_untouched_it_holds(log: Path) -> None:
    result = _verified(log)

    assert isinstance(result, Verified)
    assert result.size == RECORDS


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET leaf = CAST(replace(leaf, 'grant', 'grunt') AS BLOB) WHERE idx = 411",
        "UPDATE records SET leaf = 'not JSON' WHERE idx = 411",
        'UPDATE records SET leaf = replace(leaf, \'"time":\', \'"time":"soon","tame":\') WHERE idx = 411',
        "UPDATE records SET payload = payload || 'x' WHERE idx = 411",
        "UPDATE records SET salt = 'salt' WHERE idx = 411",
        "UPDATE records SET salt = NULL WHERE idx = 411",
        "UPDATE records SET person = 'somebody else' WHERE idx = 411",
        "UPDATE records SET person = NULL WHERE idx = 411",
        "DELETE FROM records WHERE idx = 411",
    ],
)
def test_the_very_record_is_named(log: Path, statement: str) -> None:
    database = sqlite3.connect(log / LOG_FILE)
    with database:
        database.execute(statement)
    database.close()
    fault = _verified(log)

    assert isinstance(fault, Fault)
    assert fault.index == 411


@pytest.mark.parametrize(
    "leaf",
    [
        b"[" * 20_000,
        b'{"code":"","commitment":"","kind":"adopted","time":1,"v":2}',
        b'{"code":"","commitment":"","kind":"adopted","lost":[],"time":1,"v":2}',
        b'{"code":"","commitment":"","kind":"adopted","lost":1e999,"time":1,"v":2}',
        b'{"code":"","commitment":"","kind":"grant","time":1e999,"v":2}',
        b'{"code":"","commitment":"","kind":"erased","previous":[],"stripped":{},"time":1,"v":2}',
        b"null",
        b"",
    ],
)
def test_a_leaf_may_say_anything(log: Path, leaf: bytes) -> None:
    with closing(sqlite3.connect(log / LOG_FILE)) as database, database:
        database.execute("UPDATE records SET leaf = ? WHERE idx = 411", [leaf])
    fault = _verified(log)
    assert isinstance(fault, Fault)
    assert fault.index == 411


def test_old_signatures_are_checked_where_all_are_asked_for(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root that an old checkpoint names is compared in any case."""
    monkeypatch.setattr(verifying, "SIGNATURES", 1)
    database = sqlite3.connect(log / LOG_FILE)
    with database:
        [[note]] = database.execute("SELECT note FROM heads WHERE size = 0").fetchall()
        forged = note[:-6] + ("AAAA" if note[-6:-2] != "AAAA" else "BBBB") + note[-2:]
        database.execute("UPDATE heads SET note = ? WHERE size = 0", [forged])
    database.close()
    result = _verified(log)

    assert isinstance(result, Verified)
    assert result.checkpoints > result.signatures == 1
    with reading(log, LOG_FILE) as opened:
        fault = verify(opened, every_signature=True)
    assert isinstance(fault, Fault)
    assert fault.reason.startswith("the checkpoint of size 0 does not hold")


def test_a_log_that_grows_meanwhile_holds(original: Path, log: Path) -> None:
    """Everything is read from one state: what is appended during the check is no fault."""
    for keys in ("log.key", "master.keys", "cookie.keys"):
        shutil.copy(original / keys, log)
    store = open_store(log)
    record = NewRecord("5b0c1b0e-0000-4000-8000-000000000002", "refusal", {})
    try:
        with reading(log, LOG_FILE) as database, database.reading() as connection:
            heads = connection.execute(text("SELECT count(*) FROM heads")).scalar()
            store.ledger._append([record])
            assert connection.execute(text("SELECT count(*) FROM records")).scalar() == RECORDS
            assert connection.execute(text("SELECT count(*) FROM heads")).scalar() == heads
        result = _verified(log)
    finally:
        store.close()

    assert isinstance(result, Verified)
    assert result.size == RECORDS + 1
