"""Withdrawn grants, as one process learns of them from another."""

import uuid
from pathlib import Path

from holdback.banner.signed import Choice
from holdback.banner.withdrawals import Withdrawals
from holdback.store.records import NewRecord
from holdback.store.store import open_store

ONE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


def choice(visitor: str, record: int) -> Choice:
    return Choice(visitor, 0, "shop.test", "00" * 8, record=record)


def record(visitor: str, kind: str) -> NewRecord:
    return NewRecord(visitor, kind, {"analytics": kind == "grant"})


def test_only_what_is_older_than_the_visitors_last_withdrawal_is_void() -> None:
    withdrawals = Withdrawals()
    withdrawals.note(ONE, 5)
    withdrawals.note(ONE, 3)
    assert [withdrawals.voids(choice(ONE, index)) for index in (0, 4, 5, 6)] == [True, True, False, False]
    assert not withdrawals.voids(choice(OTHER, 0))


async def test_a_new_process_knows_the_old_withdrawals_and_learns_of_new_ones(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for visitor, kind in ((ONE, "grant"), (OTHER, "grant"), (ONE, "withdrawal"), (ONE, "grant")):
        await store.ledger.append(record(visitor, kind))
    withdrawals = Withdrawals()
    withdrawals.follow(store.ledger)
    assert [withdrawals.voids(choice(ONE, index)) for index in (0, 2, 3)] == [True, False, False]
    assert not withdrawals.voids(choice(OTHER, 1))
    elsewhere = open_store(tmp_path)  # as another process has it
    for index, (visitor, kind) in enumerate([(OTHER, "withdrawal"), (OTHER, "grant"), (OTHER, "withdrawal")]):
        await elsewhere.ledger.append(record(visitor, kind))
        assert withdrawals.voids(choice(OTHER, 1))
        assert withdrawals.voids(choice(OTHER, 4 + index - 1)) == (kind == "withdrawal")
    elsewhere.erase(ONE)
    assert withdrawals.voids(choice(ONE, 3))
    withdrawals.close()
    elsewhere.close()
    store.close()


async def test_while_a_log_in_which_somebody_withdrew_can_t_be_read_no_choice_stands(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await store.ledger.append(record(ONE, "grant"))
    withdrawals = Withdrawals()
    withdrawals.follow(store.ledger)
    elsewhere = open_store(tmp_path)
    await elsewhere.ledger.append(record(OTHER, "withdrawal"))
    (tmp_path / "log.db").rename(tmp_path / "away.db")
    assert withdrawals.voids(choice(ONE, 0))
    (tmp_path / "away.db").rename(tmp_path / "log.db")
    assert not withdrawals.voids(choice(ONE, 0))
    withdrawals.close()
    elsewhere.close()
    store.close()


async def test_an_empty_log_has_none(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    withdrawals = Withdrawals()
    withdrawals.read(store.ledger)
    assert not withdrawals.voids(choice(ONE, 0))
    await store.ledger.append(record(ONE, "withdrawal"))
    withdrawals.read(store.ledger)
    assert withdrawals.voids(choice(ONE, -1))
    store.close()
