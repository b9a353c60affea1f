"""A log from before there was a vault: it verifies, is read, goes on encrypted, and its people can be forgotten."""

import asyncio
import sqlite3
import uuid
from pathlib import Path

import pytest
from holdback.banner.consent.recorded import Recorded
from holdback.banner.consent.signed_choice import Choice
from holdback.proxy.command.app import run
from holdback.proxy.rules.model import Purpose
from holdback.store.events import forgotten
from holdback.store.export import archive, log_lines
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault, Verified, verify
from holdback.store.store import LOG_FILE, open_store, reading, vault_of

from tests.support.old_log import old_log

GRANTED = frozenset({Purpose.ANALYTICS})
ONE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


def _record(person: str, kind: str) -> NewRecord:
    return NewRecord(person, kind, {"analytics": kind == "grant"}, country="DE")


@pytest.fixture
def saved(tmp_path: Path) -> str:
    return old_log(tmp_path, [_record(ONE, "grant"), _record(OTHER, "grant"), _record(ONE, "withdrawal")])


def _kept(data: Path) -> list[tuple[str, str]]:
    with reading(data, LOG_FILE) as database:
        return [(row["kind"], row["id"]) for row in log_lines.lines(database, vault_of(database, data))]


def _verified(data: Path, saved: str) -> int:
    with reading(data, LOG_FILE) as database:
        result = verify(database, saved=saved)
    assert isinstance(result, Verified), result
    return result.size


def test_an_old_copy_is_read_as_it_is(tmp_path: Path, saved: str) -> None:
    assert _verified(tmp_path, saved) == 3
    assert _kept(tmp_path) == [("grant", ONE), ("grant", OTHER), ("withdrawal", ONE)]
    assert not (tmp_path / "master.keys").exists()
    with reading(tmp_path, LOG_FILE) as database:
        assert forgotten.in_log(database) == {}
    assert run(["log", "verify", "--data", str(tmp_path)]) == 0


async def test_it_goes_on_encrypted(tmp_path: Path, saved: str) -> None:
    store = open_store(tmp_path)
    await store.ledger.append(_record(ONE, "refusal"))
    found = await store.ledger.records_of(ONE)
    assert [record.kind for record in found] == ["grant", "withdrawal", "refusal"]
    assert (await store.ledger.evidence(0)).opening is None
    assert (await store.ledger.evidence(3)).opening is not None
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        persons = [person for (person,) in raw.execute("SELECT person FROM records ORDER BY idx")]
    raw.close()
    assert persons == [ONE, OTHER, ONE, store.ledger.tag(ONE)]
    recorded = Recorded()
    recorded.read(store.ledger)
    assert recorded.voids(Choice(ONE, 0, "shop.test", "00" * 8, GRANTED, record=0))
    assert not recorded.voids(Choice(OTHER, 0, "shop.test", "00" * 8, GRANTED, record=1))
    await asyncio.to_thread(store.close)
    assert _verified(tmp_path, saved) == 4


def test_an_archive_of_both_kinds(tmp_path: Path, saved: str) -> None:
    store = open_store(tmp_path)
    store.ledger._append([_record(ONE, "refusal")])
    store.close()
    for name, opened in (("open", True), ("withheld", False)):
        with (tmp_path / name).open("wb") as file, reading(tmp_path, LOG_FILE) as database:
            archive.write(database, file, vault_of(database, tmp_path) if opened else None)
        assert isinstance(archive.check(tmp_path / name, saved=saved), Verified)


def test_its_people_can_be_forgotten(tmp_path: Path, saved: str) -> None:
    store = open_store(tmp_path)
    store.ledger._append([_record(ONE, "refusal")])
    erased = store.erase(ONE)
    store.close()
    assert (erased.records, erased.settled) == (3, True)
    assert _kept(tmp_path)[1:] == [("grant", OTHER), ("withdrawal", ""), ("refusal", ""), ("erased", "")]
    assert [path.name for path in tmp_path.iterdir() if ONE.encode() in path.read_bytes()] == []
    assert _verified(tmp_path, saved) == 5


def test_what_was_stripped_without_an_account_is_taken_into_it(tmp_path: Path) -> None:
    """A record of an erasure, which such a version appended, accounts for what is bare before it."""
    old_log(
        tmp_path, [_record(ONE, "grant"), _record(OTHER, "grant"), NewRecord("", "erased", {}, how="owner")]
    )
    bare = "UPDATE records SET salt = NULL, payload = NULL, person = NULL WHERE idx = "
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        raw.execute(f"{bare} 0")
    raw.close()
    with reading(tmp_path, LOG_FILE) as database:
        assert isinstance(verify(database), Verified)
    store = open_store(tmp_path)
    store.ledger._append([_record(ONE, "refusal")])
    store.ledger.erase(ONE)
    store.close()
    with reading(tmp_path, LOG_FILE) as database:
        found = verify(database)
        assert isinstance(found, Verified), found
        assert found.stripped == 2
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        raw.execute(f"{bare} 1")
    raw.close()
    with reading(tmp_path, LOG_FILE) as database:
        fault = verify(database)
    assert isinstance(fault, Fault)
    assert fault.index == 1


def test_behind_the_last_erasure_of_an_old_version_nothing_may_be_bare(tmp_path: Path) -> None:
    old_log(tmp_path, [NewRecord("", "erased", {}, how="owner"), _record(ONE, "grant")])
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        raw.execute("UPDATE records SET salt = NULL, payload = NULL, person = NULL WHERE idx = 1")
    raw.close()
    with reading(tmp_path, LOG_FILE) as database:
        fault = verify(database)
    assert isinstance(fault, Fault)
    assert fault.index == 1
