"""What is about a person lies encrypted, opens by the master key alone, and is bound to its leaf by a hash."""

import asyncio
import hashlib
import shutil
import sqlite3
import stat
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.export import archive, log_lines
from holdback.store.keys.keyring import BadKeys
from holdback.store.keys.master import MasterKeys
from holdback.store.log import person_keys
from holdback.store.log.person_keys import Tried, attempt
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault, Verified, verify
from holdback.store.proof.kit import verify as kit
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of

ONE, OTHER = str(uuid.uuid4()), str(uuid.uuid4())


def record(person: str, kind: str = "grant") -> NewRecord:
    return NewRecord(person, kind, {"analytics": kind == "grant"}, {"hotjar": False}, country="DE")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "data")
    store.ledger._append([record(ONE), record(OTHER)])
    store.ledger._append([record(ONE, "refusal")])
    yield store
    store.close()


def _rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(store.data / LOG_FILE)
    with database:
        rows = database.execute(query).fetchall()
    database.close()
    return rows


def _exported(data: Path, *, opened: bool = True) -> list[tuple[str, str]]:
    with reading(data, LOG_FILE) as database:
        vault = vault_of(database, data) if opened else None
        return [(row["kind"], row["id"]) for row in log_lines.lines(database, vault)]


def test_nothing_of_a_person_lies_there_in_the_clear(store: Store) -> None:
    store.databases[0].settle()
    data = (store.data / LOG_FILE).read_bytes()
    for word in (ONE, OTHER, "analytics", "hotjar", '"DE"', "opt-in"):
        assert word.encode() not in data
    assert _exported(store.data) == [("grant", ONE), ("grant", OTHER), ("refusal", ONE)]


def test_a_person_has_one_key_and_one_tag(store: Store) -> None:
    assert len(_rows(store, "SELECT id FROM people")) == 2
    [one, other, again] = [person for (person,) in _rows(store, "SELECT person FROM records ORDER BY idx")]
    assert one == again != other
    assert ONE not in str(one)
    salts = {salt for (salt,) in _rows(store, "SELECT salt FROM records")}
    nonces = {payload[48:60] for (payload,) in _rows(store, "SELECT payload FROM records")}
    assert (len(salts), len(nonces)) == (3, 3)


def test_the_leaf_commits_to_what_is_encrypted_and_to_what_is_opened(store: Store) -> None:
    evidence = asyncio.run(store.ledger.evidence(0))
    assert evidence.salt is not None
    assert evidence.payload is not None
    assert evidence.opening is not None
    assert hashlib.sha256(evidence.salt + evidence.payload).hexdigest().encode() in evidence.leaf
    assert hashlib.sha256(evidence.opening).digest() == evidence.payload[16:48]
    assert ONE.encode() in evidence.opening


def test_without_the_key_it_verifies_and_people_are_withheld(store: Store, tmp_path: Path) -> None:
    store.databases[0].settle()
    (tmp_path / "copy").mkdir()
    shutil.copy(store.data / LOG_FILE, tmp_path / "copy")
    with reading(tmp_path / "copy", LOG_FILE) as database:
        assert isinstance(verify(database), Verified)
        with pytest.raises(BadKeys, match=r"master\.keys can't be read"):
            vault_of(database, tmp_path / "copy")
    assert _exported(tmp_path / "copy", opened=False) == [("grant", ""), ("grant", ""), ("refusal", "")]
    assert not (tmp_path / "copy" / "master.keys").exists()


def _archived(store: Store, *, opened: bool) -> Path:
    output = BytesIO()
    with reading(store.data, LOG_FILE) as database:
        archive.write(database, output, vault_of(database, store.data) if opened else None)
    path = store.data.parent / "log.tar.gz"
    path.write_bytes(output.getvalue())
    return path


def test_an_archive_without_the_fields_is_checked_all_the_same(store: Store) -> None:
    for opened, withheld in ((True, 0), (False, 3)):
        with kit.opened(str(_archived(store, opened=opened))) as found:
            assert kit.Audit(found, kit.chain_in(found)).run()["withheld"] == withheld


@pytest.mark.parametrize("opened", [True, False])
def test_fields_that_nothing_opens_to_are_told(store: Store, tmp_path: Path, opened: bool) -> None:
    folder = tmp_path / "unpacked"
    shutil.unpack_archive(_archived(store, opened=opened), folder, "gztar", filter="data")
    lines = (folder / "records.jsonl").read_text()
    old = '"analytics":true' if opened else '"purposes":{}'
    assert old in lines
    (folder / "records.jsonl").write_text(
        lines.replace(old, '"purposes":{"analytics":false}'[-len(old) :], 1)
    )
    assert isinstance(archive.check(folder), Fault)


def test_no_key_is_in_an_archive(store: Store, tmp_path: Path) -> None:
    shutil.unpack_archive(_archived(store, opened=True), tmp_path / "unpacked", "gztar", filter="data")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "unpacked").rglob("*") if path.is_file())
    for (wrapped,) in _rows(store, "SELECT wrapped FROM people"):
        assert wrapped not in everything
    assert (store.data / "master.keys").read_text().strip().encode() not in everything


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            "UPDATE people SET wrapped = (SELECT wrapped FROM people WHERE id = 1) WHERE id = 0",
            "does not open",
        ),
        ("UPDATE people SET wrapped = zeroblob(60) WHERE id = 0", "does not open"),
        ("UPDATE records SET key_id = 1 WHERE idx = 0", "does not open"),
        ("DELETE FROM people WHERE id = 0", "the key of its person is missing"),
        ("UPDATE records SET payload = CAST(payload || 'x' AS BLOB) WHERE idx = 0", "does not open"),
    ],
)
async def test_what_does_not_open_is_told_with_its_index(store: Store, change: str, reason: str) -> None:
    _rows(store, change)
    with pytest.raises(StoreUnavailable, match=f"record 0 is not readable: .*{reason}"):
        _exported(store.data)
    if "UPDATE people" in change:
        with reading(store.data, LOG_FILE) as database:
            assert isinstance(verify(database), Verified), "the tree does not depend on keys"
            vault = vault_of(database, store.data)
            assert vault is not None
            fault = attempt(database, vault.masters)
        assert isinstance(fault, Fault)
        assert (fault.index, "does not open" in fault.reason) == (0, True)


def test_each_key_is_tried_or_so_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.ledger._append([record(f"somebody {number}") for number in range(38)])
    monkeypatch.setattr(person_keys, "AT_MOST", 10)
    with reading(store.data, LOG_FILE) as database:
        vault = vault_of(database, store.data)
        assert vault is not None
        assert attempt(database, vault.masters, every=True) == Tried(40, 40)
        few = attempt(database, vault.masters)
    assert isinstance(few, Tried)
    assert (0 < few.tried <= 11, few.of) == (True, 40)


async def test_whose_key_was_changed_can_choose_all_the_same(store: Store) -> None:
    _rows(store, "UPDATE people SET wrapped = zeroblob(60) WHERE id = 0")
    first = await store.ledger.append(record(ONE, "withdrawal"))
    second = await store.ledger.append(record(ONE, "grant"))
    assert _rows(
        store, f"SELECT DISTINCT key_id FROM records WHERE idx IN ({first.index}, {second.index})"
    ) == [(first.index,)]
    assert store.ledger.erase(ONE)[1] == 4
    assert len(_rows(store, "SELECT id FROM people")) == 1, "of OTHER"


@pytest.mark.parametrize("fact", ["lookup", "master"])
def test_another_key_of_the_tags_is_not_made_in_silence(store: Store, fact: str) -> None:
    """What people have withdrawn would be somebody else's."""
    store.close()
    _rows(store, f"DELETE FROM facts WHERE name = '{fact}'")
    with pytest.raises(StoreUnavailable, match=f"facts {fact} are missing"):
        open_store(store.data)
    with reading(store.data, LOG_FILE) as database, pytest.raises(StoreUnavailable, match="removed by hand"):
        vault_of(database, store.data)


def test_a_log_that_nobody_is_in_may_be_given_one_again(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as raw, raw:
        raw.execute("DELETE FROM facts WHERE name = 'lookup'")
    open_store(tmp_path).close()


def test_a_record_under_anothers_tag_is_told_without_a_key(store: Store) -> None:
    _rows(store, "UPDATE records SET person = (SELECT person FROM records WHERE idx = 1) WHERE idx = 0")
    with reading(store.data, LOG_FILE) as database:
        fault = verify(database)
    assert not isinstance(fault, Verified)
    assert (fault.index, fault.reason) == (0, "the record is filed under another person's id")


def test_erasing_takes_the_key(store: Store) -> None:
    [[wrapped], _] = _rows(store, "SELECT wrapped FROM people ORDER BY id")
    assert store.ledger.erase(ONE)[1] == 2
    assert len(_rows(store, "SELECT id FROM people")) == 1
    store.databases[0].settle()
    assert wrapped not in (store.data / LOG_FILE).read_bytes()
    assert _exported(store.data) == [("grant", ""), ("grant", OTHER), ("refusal", ""), ("erased", "")]


def test_a_key_stays_while_its_person_has_a_record(store: Store) -> None:
    now = store.ledger._clock()
    store.ledger._clock = lambda: now + 100
    store.ledger._append([record(ONE)])
    store.ledger._clock = lambda: now + 200
    assert store.ledger.expire(int(now * 1000) + 50_000) == 3
    assert _rows(store, "SELECT id FROM people") == [(0,)]
    assert _exported(store.data)[-2:] == [("grant", ONE), ("retention", "")]


def test_the_key_file_is_the_owners_alone(store: Store) -> None:
    assert stat.S_IMODE((store.data / "master.keys").stat().st_mode) == 0o600


KEY = "5e" * 32


def test_keys_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", KEY)
    command = f"command:{sys.executable} -c 'print(\"{KEY}\")'"
    for source in ("env:SHOP_KEY", command):
        store = open_store(tmp_path, source)
        store.ledger._append([record(ONE)])
        assert len(asyncio.run(store.ledger.records_of(ONE))) >= 1
        store.close()
    assert not (tmp_path / "master.keys").exists()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("env:NO_SUCH_KEY", "the environment variable NO_SUCH_KEY is not set"),
        ("env:SHORT_KEY", "env:SHORT_KEY must hold at least one key, each of 32 bytes in hex"),
        ("env:ODD_KEY", "env:ODD_KEY must hold one key in hex on each line"),
        ("command:false", 'the command "false" for the master key ended with status 1'),
        ("command:no-such-program", "can't be run"),
        ("command:'", "can't be run"),
        ("file:nowhere/master.keys", "No such file"),
        ("vault:shop", "must begin with file:, env: or command:"),
    ],
)
def test_a_key_that_can_not_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, reason: str
) -> None:
    monkeypatch.setenv("SHORT_KEY", "5e" * 16)
    monkeypatch.setenv("ODD_KEY", "no hex")
    with pytest.raises((BadKeys, StoreUnavailable)) as caught:
        open_store(tmp_path, source)
    assert reason in str(caught.value)


def test_another_logs_key_opens_nothing(store: Store, tmp_path: Path) -> None:
    store.close()
    path = store.data / "master.keys"
    kept = path.read_text()
    path.write_text(f"{KEY}\n")
    with pytest.raises(
        BadKeys, match=r"encrypted under the master key [0-9a-f]{16}, which .*master\.keys does not hold"
    ):
        open_store(store.data)
    path.unlink()
    with pytest.raises(BadKeys, match="can't be read"):
        open_store(store.data)
    assert not path.exists(), "a fresh key would open nothing of what is there"
    path.write_text(f"{KEY}\n{kept}")
    open_store(store.data).close()


def test_a_key_does_not_show_itself() -> None:
    [key] = MasterKeys("command:echo " + KEY, Path()).load()
    assert KEY not in repr(key)
    assert str(key.secret) not in repr(key)
    assert KEY not in key.name
