"""Which choices the log bears out, as one process learns of what others record."""

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from holdback.banner.consent.recorded import Recorded
from holdback.banner.consent.signed_choice import Choice
from holdback.proxy.rules.model import Purpose
from holdback.store.log.ledger import Appended
from holdback.store.log.records import NewRecord
from holdback.store.log.spool import Spool
from holdback.store.store import LOG_FILE, Store, open_store

GRANTED = frozenset({Purpose.ANALYTICS})
ONE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


def choice(visitor: str, appended: Appended) -> Choice:
    return Choice(
        visitor,
        0,
        "shop.test",
        "00" * 8,
        GRANTED,
        record=appended.index,
        size=appended.size,
        leaf=appended.mark,
    )


async def record(store: Store, visitor: str, kind: str) -> Choice:
    appended = await store.ledger.append(NewRecord(visitor, kind, {"analytics": kind == "grant"}))
    return choice(visitor, appended)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def recorded(store: Store) -> Iterator[Recorded]:
    recorded = Recorded()
    recorded.follow(store.ledger)
    yield recorded
    recorded.close()


@pytest.fixture
def elsewhere(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The same log as another process has it."""
    other = open_store(tmp_path)
    yield other
    other.close()


def test_only_what_is_older_than_the_visitors_last_withdrawal_is_void() -> None:
    recorded = Recorded()
    recorded.note(ONE, Appended(5, 0), withdraws=True)
    recorded.note(ONE, Appended(3, 0), withdraws=True)
    recorded.note(OTHER, Appended(9, 0), withdraws=False)
    made = [recorded.voids(choice(ONE, Appended(index, 0))) for index in (0, 4, 5, 6)]
    assert made == [True, True, False, False]
    assert not recorded.voids(choice(OTHER, Appended(0, 0)))


async def test_a_new_process_knows_the_old_withdrawals_and_learns_of_new_ones(
    store: Store, elsewhere: Store
) -> None:
    grant = await record(store, ONE, "grant")
    others = await record(store, OTHER, "grant")
    withdrawal = await record(store, ONE, "withdrawal")
    anew = await record(store, ONE, "grant")
    recorded = Recorded()
    recorded.follow(store.ledger)
    assert [recorded.voids(made) for made in (grant, withdrawal, anew)] == [True, False, False]
    assert not recorded.voids(others)
    for kind in ("withdrawal", "grant", "withdrawal"):
        later = await record(elsewhere, OTHER, kind)
        assert recorded.voids(others)
        assert not recorded.voids(later)
    elsewhere.erase(ONE)
    assert recorded.voids(anew)
    recorded.close()


async def test_while_a_log_in_which_somebody_withdrew_can_t_be_read_no_choice_stands(
    store: Store, recorded: Recorded, elsewhere: Store, tmp_path: Path
) -> None:
    grant = await record(store, ONE, "grant")
    assert not recorded.voids(grant)
    await record(elsewhere, OTHER, "withdrawal")
    (tmp_path / "log.db").rename(tmp_path / "away.db")
    assert recorded.voids(grant)
    (tmp_path / "away.db").rename(tmp_path / "log.db")
    recorded.read(store.ledger)
    recorded._out_of_reach = False  # as the thread says that reads each second
    assert not recorded.voids(grant)


async def test_what_another_process_has_recorded_counts_at_once(recorded: Recorded, elsewhere: Store) -> None:
    assert not recorded.voids(await record(elsewhere, ONE, "grant"))


async def test_a_process_need_not_read_what_it_has_recorded_itself(
    recorded: Recorded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended = await store.ledger.append(NewRecord(ONE, "grant", {}))
    recorded.note(ONE, appended, withdraws=False)
    monkeypatch.setattr(recorded, "_caught_up", lambda _log: pytest.fail("it was read"))
    assert not recorded.voids(choice(ONE, appended))


async def test_a_choice_of_another_record_or_of_none_is_void(store: Store, recorded: Recorded) -> None:
    one, other = await record(store, ONE, "grant"), await record(store, OTHER, "grant")
    swapped = Choice(ONE, 0, "shop.test", "", GRANTED, record=one.record, size=one.size, leaf=other.leaf)
    unnamed = Choice(ONE, 0, "shop.test", "", GRANTED)
    assert not recorded.voids(one)
    assert recorded.voids(swapped)
    assert recorded.voids(unnamed)
    recorded.read(store.ledger)
    assert recorded.voids(swapped)


async def test_a_stripped_record_bears_nothing_out(store: Store, recorded: Recorded) -> None:
    one, other = await record(store, ONE, "grant"), await record(store, OTHER, "grant")
    store.ledger._clock = lambda: 4e9
    await store.ledger.append(NewRecord(OTHER, "grant", {}))
    assert store.ledger.expire(int(3e12)) == 2
    recorded.read(store.ledger)
    assert recorded.voids(one)
    assert recorded.voids(other)


async def test_a_choice_of_a_larger_tree_ends_every_choice(tmp_path: Path) -> None:
    """The whole folder was restored from a backup, what is remembered of the log with it."""
    store = open_store(tmp_path / "data")
    kept = await record(store, ONE, "grant")
    store.close()
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    store = open_store(tmp_path / "data")
    lost = await record(store, OTHER, "grant")
    store.close()
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "backup").rename(tmp_path / "data")

    store = open_store(tmp_path / "data")
    recorded = Recorded()
    recorded.follow(store.ledger)
    assert not recorded.voids(kept)
    assert await store.ready() is None
    assert recorded.voids(lost)
    assert recorded.voids(kept), "nothing is released any more"
    assert "has 1 records, and had 2" in (await store.ready() or "")
    with pytest.raises(Exception, match="has 1 records, and had 2"):
        await store.ledger.append(NewRecord(ONE, "refusal", {}))
    recorded.close()
    store.close()
    with pytest.raises(Exception, match="has 1 records, and had 2"):
        open_store(tmp_path / "data")

    store = open_store(tmp_path / "data", adopting=True)
    assert store.ledger.adopt().lost == 2
    store.close()
    store = open_store(tmp_path / "data")
    recorded.follow(store.ledger)
    assert recorded.voids(lost)
    assert not recorded.voids(kept)
    assert await store.ready() is None
    assert not recorded.voids(await record(store, OTHER, "refusal"))
    store.close()


async def test_a_log_that_grew_smaller_under_a_process_ends_every_choice(
    store: Store, recorded: Recorded, tmp_path: Path
) -> None:
    grant = await record(store, ONE, "grant")
    await record(store, OTHER, "grant")
    recorded.read(store.ledger)
    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as raw, raw:
        raw.execute("DELETE FROM records WHERE idx = 1")
        raw.execute("DELETE FROM heads WHERE size = 2")
    recorded.read(store.ledger)
    assert recorded.voids(grant)


async def test_a_refusal_needs_nothing_to_bear_it_out(store: Store, recorded: Recorded) -> None:
    assert not recorded.voids(Choice(ONE, 0, "shop.test", ""))
    store.ledger.claim(7)
    assert not recorded.voids(Choice(ONE, 0, "shop.test", ""))


async def test_a_narrower_choice_ends_the_wider_one(store: Store, recorded: Recorded) -> None:
    wide = await record(store, ONE, "grant")
    narrow = await record(store, ONE, "partial")
    assert recorded.voids(wide)
    assert not recorded.voids(narrow)


def _refused(spool: Spool, visitor: str, at: int) -> None:
    spool.add({"record": asdict(NewRecord(visitor, "withdrawal", {"analytics": False})), "at": at})


async def test_a_refusal_in_the_spool_ends_what_was_granted_before(store: Store, recorded: Recorded) -> None:
    grant, other = await record(store, ONE, "grant"), await record(store, OTHER, "grant")
    recorded.heed(store.spool)
    assert not recorded.voids(grant)
    _refused(store.spool, ONE, 5)
    assert recorded.voids(grant)
    assert not recorded.voids(other)
    assert not recorded.voids(replace(grant, at=6))
    store.ledger.drain()
    assert store.spool.is_empty
    assert recorded.voids(grant), "now the log says so"
    assert not recorded.voids(other)
    kinds = [one.kind for one in await store.ledger.records_of(ONE)]
    assert kinds == ["grant", "withdrawal"]


async def test_an_empty_log_bears_nothing_out(store: Store, recorded: Recorded) -> None:
    assert recorded.voids(choice(ONE, Appended(0, 0, 0, b"x" * 8)))
