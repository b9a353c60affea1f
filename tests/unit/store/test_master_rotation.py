"""A new master key: every person's key is wrapped anew, while others write, and across interruptions."""

import asyncio
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from holdback.store.export import log_lines
from holdback.store.keys.keyring import BadKeys
from holdback.store.keys.master import DEFAULT, MasterKeys
from holdback.store.log.person_keys import attempt
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of
from holdback.store.upkeep import master_rotation
from holdback.store.upkeep.master_rotation import Progress

PEOPLE = 7


def record() -> NewRecord:
    return NewRecord(str(uuid.uuid4()), "grant", {"analytics": True})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A worker, which was started before any rotation."""
    monkeypatch.setattr(master_rotation, "_BATCH", 3)
    store = open_store(tmp_path)
    store.ledger._append([record() for _ in range(PEOPLE)])
    yield store
    store.close()


def _rotate(store: Store, source: str = DEFAULT) -> Iterator[Progress]:
    return master_rotation.rotate(store, MasterKeys(source, store.data))


def _keys(data: Path) -> list[str]:
    return [key.name for key in MasterKeys(DEFAULT, data).load()]


def _wrapped_by(data: Path) -> list[str]:
    database = sqlite3.connect(data / LOG_FILE)
    names = [name for (name,) in database.execute("SELECT DISTINCT master FROM people ORDER BY master")]
    database.close()
    return names


def _read(data: Path) -> int:
    """How many records open by the keys that the folder holds now."""
    with reading(data, LOG_FILE) as database:
        return sum(bool(line["id"]) for line in log_lines.lines(database, vault_of(database, data)))


def test_every_key_is_wrapped_anew(store: Store) -> None:
    [old] = _keys(store.data)
    assert list(_rotate(store)) == [Progress(done, PEOPLE) for done in (0, 3, 6, 7)]
    new, kept = _keys(store.data)
    assert kept == old
    assert _wrapped_by(store.data) == [new]
    assert master_rotation.retire(store, MasterKeys(DEFAULT, store.data)) == 1
    assert _keys(store.data) == [new]
    assert _read(store.data) == PEOPLE


def test_a_worker_goes_on_in_the_middle(store: Store) -> None:
    """It knows the old key alone; what it writes once the new one is in force is wrapped by that."""
    [old] = _keys(store.data)
    someone = record()
    store.ledger._append([someone])
    rounds = _rotate(store)
    next(rounds)
    store.ledger._append([record()])
    next(rounds)
    store.ledger._append([someone, record()])
    list(rounds)
    new = _keys(store.data)[0]
    assert new != old
    assert _wrapped_by(store.data) == [new]
    master_rotation.retire(store, MasterKeys(DEFAULT, store.data))
    store.ledger._append([someone, record()])
    assert len(asyncio.run(store.ledger.records_of(someone.id))) == 3
    assert _read(store.data) == PEOPLE + 6


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_an_interrupted_rotation_goes_on(store: Store, rounds: int) -> None:
    stopped = _rotate(store)
    for _ in range(rounds):
        next(stopped)
    stopped.close()  # type: ignore[attr-defined]
    assert _read(store.data) == PEOPLE, "by both keys"
    with pytest.raises(BadKeys, match="still wrapped by an older one"):
        master_rotation.retire(store, MasterKeys(DEFAULT, store.data))
    new, _ = _keys(store.data)
    list(_rotate(store))
    assert len(_keys(store.data)) == 2, "no third key is made"
    assert _wrapped_by(store.data) == [new]
    assert _read(store.data) == PEOPLE


@pytest.mark.parametrize("broken", ["x'00'", "'x'", "zeroblob(60)"])
def test_a_key_that_was_changed_keeps_no_rotation_from_its_end(store: Store, broken: str) -> None:
    """Else whoever overwrites one keeps a stolen key in force."""
    with closing(sqlite3.connect(store.data / LOG_FILE)) as raw, raw:
        assert raw.execute(f"UPDATE people SET wrapped = {broken} WHERE id IN (2, 5)").rowcount == 2
    assert list(_rotate(store))[-1] == Progress(PEOPLE, PEOPLE, broken=2)
    assert master_rotation.retire(store, MasterKeys(DEFAULT, store.data)) == 1
    masters = MasterKeys(DEFAULT, store.data)
    assert _wrapped_by(store.data) == _keys(store.data)
    assert list(_rotate(store))[-1] == Progress(PEOPLE, PEOPLE, broken=2), "and by another key"
    with reading(store.data, LOG_FILE) as database:
        fault = attempt(database, masters)
    assert isinstance(fault, Fault)
    assert fault.index == 2


def test_one_that_ended_before_the_log_knew_goes_on(store: Store) -> None:
    path, fresh = store.data / "master.keys", "5e" * 32
    path.write_text(f"{fresh}\n{path.read_text()}")
    list(_rotate(store))
    assert len(_keys(store.data)) == 2
    assert _wrapped_by(store.data) == [_keys(store.data)[0]]


def test_keys_from_the_environment_are_the_owners_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "0d" * 32, "4e" * 32
    monkeypatch.setenv("SHOP_KEY", old)
    store = open_store(tmp_path, "env:SHOP_KEY")
    store.ledger._append([record()])
    with pytest.raises(BadKeys, match="holds no newer key"):
        list(_rotate(store, "env:SHOP_KEY"))
    with pytest.raises(BadKeys, match="yours to change"):
        master_rotation.retire(store, MasterKeys("env:SHOP_KEY", tmp_path))
    monkeypatch.setenv("SHOP_KEY", f"{new} {old}")
    list(_rotate(store, "env:SHOP_KEY"))
    monkeypatch.setenv("SHOP_KEY", new)
    store.close()
    store = open_store(tmp_path, "env:SHOP_KEY")
    assert [row.kind for row in asyncio.run(store.ledger.records_of(record().id))] == []
    store.close()
