"""What a process reads of the log is what was recorded: nobody without a key takes a withdrawal away in it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.log.news import MARK_BYTES, Known, News
from holdback.store.log.records import NewRecord
from holdback.store.proof import merkle
from holdback.store.store import LOG_FILE, open_store

ADA, BOB = "5b0c1b0e-0000-4000-8000-000000000001", "5b0c1b0e-0000-4000-8000-000000000002"
OF_KIND = 'WHERE idx = (SELECT MIN(idx) FROM records WHERE instr(leaf, CAST(\'"kind":"%s"\' AS BLOB)))'
WITHDRAWN, GRANTED = OF_KIND % "withdrawal", OF_KIND % "grant"
BY_HAND = {
    "emptied": f"UPDATE records SET salt = NULL, payload = NULL, person = NULL, key_id = NULL {WITHDRAWN}",
    "half emptied": f"UPDATE records SET payload = NULL {WITHDRAWN}",
    "half emptied otherwise": f"UPDATE records SET salt = NULL {WITHDRAWN}",
    "salted otherwise": f"UPDATE records SET salt = CAST('0123456789abcdef' AS BLOB) {WITHDRAWN}",
    "filed under another": f"UPDATE records SET person = '{'ab' * 16}' {WITHDRAWN}",
    "filed under nobody": f"UPDATE records SET person = '' {WITHDRAWN}",
    "under no name": f"UPDATE records SET person = NULL {WITHDRAWN}",
    "another's, throughout": f"UPDATE records SET payload = zeroblob(300), person = '{'00' * 16}' {WITHDRAWN}",
    "of another kind": f"UPDATE records SET leaf = CAST(replace(leaf, 'withdrawal', 'disclosed') AS BLOB) {WITHDRAWN}",
    "deleted": f"DELETE FROM records {WITHDRAWN}",
    "the grant itself deleted": f"DELETE FROM records {GRANTED}",
    "the grant itself another": f"UPDATE records SET leaf = (SELECT MAX(leaf) FROM records) {GRANTED}",
    "the last deleted": "DELETE FROM records WHERE idx = (SELECT MAX(idx) FROM records)",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A log in which Ada withdraws, and Bob agrees 300 times afterwards."""

    async def fill() -> None:
        await store.ledger.append(NewRecord(ADA, "grant", {"analytics": True}))
        await store.ledger.append(NewRecord(ADA, "withdrawal", {"analytics": False}))
        for _ in range(3):
            await asyncio.gather(
                *(store.ledger.append(NewRecord(BOB, "grant", {"analytics": True})) for _ in range(100))
            )

    with closing(open_store(tmp_path)) as store:
        asyncio.run(fill())
    return tmp_path


def news(data: Path, known: Known) -> News:
    with closing(open_store(data)) as store:
        return store.ledger.news(known)


def test_what_was_recorded_is_read(data: Path) -> None:
    found = news(data, Known())
    with closing(open_store(data)) as store:
        tag = store.ledger.tag(ADA)
    [(index, whose)] = found.withdrawals
    assert (index, whose) == (found.known.size - 301, tag)
    with closing(sqlite3.connect(data / LOG_FILE)) as raw:
        leaves = [leaf for (leaf,) in raw.execute("SELECT leaf FROM records ORDER BY idx")]
    assert found.marks == b"".join(merkle.leaf_hash(leaf)[:MARK_BYTES] for leaf in leaves)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 302])
def test_what_is_known_is_not_read_again(data: Path, size: int) -> None:
    whole = news(data, Known())
    with closing(sqlite3.connect(data / LOG_FILE)) as raw:
        leaves = [leaf for (leaf,) in raw.execute("SELECT leaf FROM records ORDER BY idx")]
    tree = merkle.Frontier()
    tree.extend([merkle.leaf_hash(leaf) for leaf in leaves[:size]])
    rest = news(data, Known(size, -1, tree.hashes()))
    assert rest.known == whole.known
    assert rest.marks == whole.marks[size * MARK_BYTES :]
    assert rest.withdrawals == tuple(pair for pair in whole.withdrawals if pair[0] >= size)


@pytest.mark.parametrize("how", list(BY_HAND))
def test_what_was_changed_by_hand_is_not_believed(data: Path, how: str) -> None:
    with closing(sqlite3.connect(data / LOG_FILE)) as raw, raw:
        assert raw.execute(BY_HAND[how]).rowcount == 1

    with pytest.raises(StoreUnavailable, match=r"by hand|the last record is missing"):
        news(data, Known())


def test_another_past_is_not_gone_on_from(data: Path) -> None:
    with pytest.raises(StoreUnavailable, match="by hand"):
        news(data, Known(2, -1, bytes(merkle.HASH_BYTES)))


ROWS = "SELECT salt, payload, person, key_id, idx FROM records WHERE person != ''"
PUT_BACK = "UPDATE records SET salt = ?, payload = ?, person = ?, key_id = ? WHERE idx = ?"
ACCOUNTS = {
    "emptied": ("UPDATE stripped SET bits = x''",),
    "emptied, without a mark": ("UPDATE stripped SET bits = x''", "DELETE FROM erased"),
    "gone": ("DELETE FROM stripped", "DELETE FROM facts WHERE name = 'stripped'", "DELETE FROM erased"),
    "of another record": (
        "UPDATE stripped SET bits = x''",
        "UPDATE facts SET value = replace(value, '302', '301')",
    ),
}


@pytest.mark.parametrize("how", list(ACCOUNTS))
def test_who_was_erased_is_not_put_back(data: Path, how: str) -> None:
    with closing(sqlite3.connect(data / LOG_FILE)) as raw:
        rows, people = raw.execute(ROWS).fetchall(), raw.execute("SELECT * FROM people").fetchall()
    with closing(open_store(data)) as store:
        store.ledger.erase(ADA)
        assert store.ledger.news(Known()).erased
    with closing(sqlite3.connect(data / LOG_FILE)) as raw, raw:
        raw.executemany(PUT_BACK, rows)
        raw.executemany("INSERT OR IGNORE INTO people VALUES (?, ?, ?)", people)
        for statement in ACCOUNTS[how]:
            raw.execute(statement)

    with pytest.raises(StoreUnavailable, match="by hand"):
        news(data, Known())


def test_a_mark_that_was_deleted_is_missed(data: Path) -> None:
    with closing(open_store(data)) as store:
        store.ledger.erase(ADA)
        store.ledger.erase(BOB)
    with closing(sqlite3.connect(data / LOG_FILE)) as raw, raw:
        assert raw.execute("DELETE FROM erased WHERE idx = (SELECT MIN(idx) FROM erased)").rowcount == 1

    with pytest.raises(StoreUnavailable, match="by hand"):
        news(data, Known())


def test_an_account_that_changes_though_nothing_was_recorded_is_not_believed(data: Path) -> None:
    with closing(open_store(data)) as store:
        store.ledger.erase(ADA)
        known = store.ledger.news(Known()).known
        assert store.ledger.news(known).known == known
        with closing(sqlite3.connect(data / LOG_FILE)) as raw, raw:
            raw.execute("UPDATE facts SET value = replace(value, '302', '301') WHERE name = 'stripped'")
        with pytest.raises(StoreUnavailable, match="by hand"):
            store.ledger.news(known)
