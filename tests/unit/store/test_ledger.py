"""The log on a real disk: what is appended can be read, proved and verified, by several processes at once."""

import asyncio
import base64
import hashlib
import os
import sqlite3
import stat
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from holdback.store.engine import schema
from holdback.store.engine.errors import Behind, StoreUnavailable
from holdback.store.export import log_lines
from holdback.store.log import start_check
from holdback.store.log import verify as verifying
from holdback.store.log.memory import Memory
from holdback.store.log.records import PUBLISHED, NewRecord
from holdback.store.log.verify import Fault, Verified, verify
from holdback.store.proof import merkle
from holdback.store.proof.kit import verify as kit
from holdback.store.proof.notes import BadNote, Checkpoint, NoteSigner, Verifier, opened
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of
from holdback.store.upkeep.rotation import rotate_log_key
from sqlalchemy import Connection, select

from tests.support.texts import keep

NOTICE, RULES = b"<p>We ask.", '{"services":[]}'


def record(kind: str = "grant", person: str | None = None) -> NewRecord:
    return NewRecord(
        id=person or str(uuid.uuid4()),
        kind=kind,
        purposes={"analytics": kind == "grant", "marketing": False},
        services={"hotjar": False},
        notice=hashlib.sha256(NOTICE).hexdigest(),
        rules=hashlib.sha256(RULES.encode()).hexdigest(),
        settings="ef" * 32,
        code="01" * 32,
        how="form",
        country="DE",
    )


async def filled(store: Store, count: int) -> list[int]:
    keep(store, notice=NOTICE, rules=RULES)
    appended = await asyncio.gather(*(store.ledger.append(record()) for _ in range(count)))
    return [one.index for one in appended]


def verified(data: Path, **arguments: str) -> Verified | Fault:
    with reading(data, LOG_FILE) as database:
        return verify(database, **arguments)  # type: ignore[arg-type]


async def test_what_is_appended_can_be_read(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    person = str(uuid.uuid4())
    await filled(store, 3)
    appended = await store.ledger.append(record("partial", person))
    [found] = await store.ledger.records_of(person)
    assert (
        (found.index, found.kind, found.id) == (appended.index, "partial", person) == (3, "partial", person)
    )
    assert found.services == {"hotjar": False}
    store.close()
    with reading(tmp_path, LOG_FILE) as database:
        lines = list(log_lines.lines(database, vault_of(database, tmp_path)))
    assert [line["index"] for line in lines] == [0, 1, 2, 3]
    assert lines[3]["time"].endswith("Z")


async def test_a_proof_leads_to_the_checkpoint(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    indices = await filled(store, 700)
    assert sorted(indices) == list(range(700))
    verifier = store.keys.log.verifier
    for index in (0, 255, 256, 699):
        text = await store.ledger.proof(index)
        head, _, note = text.partition("\n\n")
        checkpoint = opened(note, verifier)
        steps = [base64.b64decode(line) for line in head.splitlines()[2:]]
        with reading(tmp_path, LOG_FILE) as database, database.reading() as connection:
            leaf = connection.exec_driver_sql("SELECT leaf FROM records WHERE idx = ?", (index,)).scalar()
        assert merkle.root_from_inclusion(merkle.leaf_hash(leaf or b""), index, 700, steps) == checkpoint.root
    assert len(await store.ledger.tile("tile/0/000") or b"") == 256 * 32
    assert len(await store.ledger.tile("tile/1/000.p/2") or b"") == 2 * 32
    assert await store.ledger.tile("tile/0/009") is None
    store.close()
    assert isinstance(verified(tmp_path), Verified)


async def test_a_leaf_says_nothing_about_a_person(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    person = str(uuid.uuid4())
    await store.ledger.append(record("grant", person))
    with reading(tmp_path, LOG_FILE) as database, database.reading() as connection:
        leaf = connection.exec_driver_sql("SELECT leaf FROM records").scalar() or b""
    store.close()
    for word in (person.encode(), b"analytics", b"hotjar", b'"DE"', b"opt-in"):
        assert word not in leaf


async def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    await filled(store, 1)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


async def test_times_never_go_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first = await store.ledger.append(record())
    await filled(store, 1)
    store.ledger._clock = lambda: 1.0
    second = await store.ledger.append(record())
    store.close()
    assert second.time_ms >= first.time_ms
    assert isinstance(verified(tmp_path), Verified)


APPEND = """
import asyncio, sys, uuid
from pathlib import Path
from holdback.store.log.records import NewRecord
from holdback.store.store import open_store

async def run():
    store = open_store(Path(sys.argv[1]))
    for _ in range(15):
        await asyncio.gather(*(store.ledger.append(NewRecord(str(uuid.uuid4()), "grant", {})) for _ in range(10)))
    store.close()

asyncio.run(run())
"""


def test_several_processes_at_once(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", APPEND, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    result = verified(tmp_path)
    assert isinstance(result, Verified), result
    assert result.size == 450


async def test_a_read_only_copy_verifies_without_keys(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    await filled(store, 10)
    store.close()
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / LOG_FILE).write_bytes((tmp_path / "data" / LOG_FILE).read_bytes())
    (copy / LOG_FILE).chmod(0o400)
    copy.chmod(0o500)
    try:
        assert isinstance(verified(copy), Verified)
    finally:
        copy.chmod(0o700)


@pytest.mark.parametrize(
    ("attack", "index"),
    [
        (
            "UPDATE records SET leaf = CAST(replace(CAST(leaf AS TEXT), 'grant', 'gr4nt') AS BLOB) WHERE idx = 4",
            None,
        ),
        ("UPDATE records SET payload = x'00' WHERE idx = 4", 4),
        ("UPDATE records SET salt = NULL WHERE idx = 4", 4),
        ("DELETE FROM records WHERE idx = 4", 4),
        ("DELETE FROM records WHERE idx = 9", 9),
        ("UPDATE records SET idx = 99 WHERE idx = 9", 9),
        (
            "UPDATE records SET idx = -1 WHERE idx = 4; UPDATE records SET idx = 4 WHERE idx = 5;"
            "UPDATE records SET idx = 5 WHERE idx = -1",
            None,
        ),
        (
            "INSERT INTO records SELECT 10, leaf, salt, payload, person, key_id FROM records WHERE idx = 9",
            10,
        ),
        ("DELETE FROM heads WHERE size = 10", 9),
        ("UPDATE heads SET note = replace(note, '10', '11') WHERE size = 10", None),
        ("UPDATE tiles SET hashes = zeroblob(320)", None),
        ("DELETE FROM tiles", None),
        ("UPDATE notices SET html = 'We never track you'", 0),
        ("DELETE FROM notices", 0),
        ("DELETE FROM people WHERE id = 4", 4),
        ("UPDATE records SET key_id = NULL WHERE idx = 4", 4),
        ("UPDATE facts SET value = '{}' WHERE name LIKE 'rules/%'", 0),
        ("DELETE FROM facts WHERE name LIKE 'rules/%'", 0),
        ("UPDATE facts SET value = '{}' WHERE name LIKE 'settings/%'", None),
        ("UPDATE heads SET time_ms = 4102444800000 WHERE size = 10", None),
        ("UPDATE heads SET frontier = zeroblob(64) WHERE size = 10", None),
        ("UPDATE facts SET value = 'nobody+00000000+AAAA'", None),
        ("DELETE FROM heads", None),
    ],
)
async def test_tampering_is_found(tmp_path: Path, attack: str, index: int | None) -> None:
    store = open_store(tmp_path)
    for _ in range(10):
        await filled(store, 1)
    keep(store, settings='{"enforce":"known"}')
    store.close()
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        assert isinstance(verified(tmp_path), Verified)
        raw.executescript(attack)
    raw.close()
    result = verified(tmp_path)
    assert isinstance(result, Fault)
    if index is not None:
        assert result.index == index
        assert result.reason


async def test_a_cut_tail_is_found_by_a_saved_checkpoint(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for _ in range(6):
        await filled(store, 1)
    saved = await store.ledger.checkpoint()
    store.close()
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        raw.executescript("DELETE FROM records WHERE idx >= 4; DELETE FROM heads WHERE size > 4;")
        [(tile,)] = raw.execute("SELECT hashes FROM tiles WHERE level = 0").fetchall()
        raw.execute("UPDATE tiles SET hashes = ?", (tile[: 4 * 32],))
    raw.close()
    remembered = verified(tmp_path)
    assert isinstance(remembered, Fault)
    assert (remembered.index, "log.checkpoint remembers 6" in remembered.reason) == (4, True)
    (tmp_path / "log.checkpoint").unlink()
    assert isinstance(verified(tmp_path), Verified), "a cut can't be seen from inside"
    result = verified(tmp_path, saved=saved)
    assert isinstance(result, Fault)
    assert result.index == 4
    assert "tail was cut" in result.reason


async def test_a_rewritten_history_is_found_by_a_saved_checkpoint(tmp_path: Path) -> None:
    store = open_store(tmp_path / "one")
    await filled(store, 5)
    saved = await store.ledger.checkpoint()
    store.close()
    forged = tmp_path / "two"
    forged.mkdir()
    (forged / "log.key").write_bytes((tmp_path / "one" / "log.key").read_bytes())
    store = open_store(forged)
    await filled(store, 5)
    store.close()
    assert isinstance(verified(forged), Verified)
    result = verified(forged, saved=saved)
    assert isinstance(result, Fault)
    assert "rewritten" in result.reason


async def test_another_key_is_refused(tmp_path: Path) -> None:
    store, other = open_store(tmp_path / "one"), open_store(tmp_path / "two")
    await filled(store, 2)
    with reading(tmp_path / "one", LOG_FILE) as database:
        assert isinstance(verify(database, verifier=other.keys.log.verifier), Fault)
        assert isinstance(verify(database, verifier=store.keys.log.verifier), Verified)
    text = str(store.keys.log.verifier)
    assert Verifier.parse(text) == store.keys.log.verifier
    with pytest.raises(BadNote):
        Verifier.parse(text.replace("+", "+0", 1))
    store.close()
    other.close()


async def test_a_database_that_is_gone_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await filled(store, 1)
    assert await store.ready() is None
    os.rename(tmp_path / LOG_FILE, tmp_path / "elsewhere.db")
    with pytest.raises(StoreUnavailable, match="gone"):
        await store.ledger.append(record())
    assert "gone" in (await store.ready() or "")
    os.rename(tmp_path / "elsewhere.db", tmp_path / LOG_FILE)
    await store.ledger.append(record())
    store.close()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE heads SET time_ms = 4102444800000 WHERE size = 2",
        "UPDATE heads SET frontier = zeroblob(32) WHERE size = 2",
        "UPDATE heads SET note = replace(note, 'holdback', 'holdbark') WHERE size = 2",
        "UPDATE records SET leaf = CAST(replace(CAST(leaf AS TEXT), 'grant', 'gr4nt') AS BLOB) WHERE idx = 1",
    ],
)
async def test_nothing_goes_on_from_a_head_that_was_changed(tmp_path: Path, attack: str) -> None:
    store = open_store(tmp_path)
    await filled(store, 2)
    elsewhere = open_store(tmp_path)
    await elsewhere.ledger.append(record())
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        raw.execute(attack.replace("size = 2", "size = 3").replace("idx = 1", "idx = 2"))
    raw.close()
    for one in (store, elsewhere)[: 1 if "records" in attack else 2]:
        with pytest.raises(StoreUnavailable, match="head of the log, of 3 records, was changed"):
            await one.ledger.append(record())
        assert "was changed" in (await one.ready() or "")
    elsewhere.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="was changed"):
        open_store(tmp_path)


def test_a_checkpoint_of_another_log_by_the_same_key_is_none_of_this_one() -> None:
    """Whoever runs two logs under one key could otherwise show the one for the other (C2SP tlog-checkpoint)."""
    signer = NoteSigner("shop.example/log", Ed25519PrivateKey.generate())
    own = signer.sign(Checkpoint("shop.example/log", 3, bytes(32)).text())
    other = signer.sign(Checkpoint("other.example/log", 3, bytes(32)).text())
    assert opened(own, signer.verifier).size == 3
    assert kit.Verifier(str(signer.verifier)).open(own).size == 3
    with pytest.raises(BadNote, match="of the log other"):
        opened(other, signer.verifier)
    with pytest.raises(kit.Refused, match="of the log other"):
        kit.Verifier(str(signer.verifier)).open(other)


async def test_a_checkpoint_of_another_size_is_no_head(tmp_path: Path) -> None:
    """It is truly signed, and the frontier beside it is the right one."""
    store = open_store(tmp_path)
    for _ in range(3):
        await filled(store, 1)
    store.close()
    with sqlite3.connect(tmp_path / LOG_FILE) as raw:
        raw.execute("UPDATE heads SET note = (SELECT note FROM heads WHERE size = 2) WHERE size = 3")
    raw.close()
    with pytest.raises(StoreUnavailable, match="not the tree that was signed"):
        open_store(tmp_path)


async def test_an_anchor_of_a_history_that_was_given_up_is_passed_over(tmp_path: Path) -> None:
    """And one of the history that goes on is not: it is cut again, after its owner had adopted it."""
    data, anchors = tmp_path / "data", tmp_path / "data" / "anchors"
    store = open_store(data)
    await filled(store, 4)
    anchors.mkdir()
    (anchors / "4.checkpoint").write_text(await store.ledger.checkpoint())
    store.close()
    (data / LOG_FILE).unlink()
    with pytest.raises(Behind, match="remembers one of 4 records"):
        open_store(data)
    store = open_store(data, adopting=True)
    assert store.ledger.adopt().lost == 4
    rotate_log_key(data, store.ledger)
    store.close()

    store = open_store(data)
    await filled(store, 1)
    (anchors / "3.checkpoint").write_text(await store.ledger.checkpoint())
    store.close()
    assert isinstance(verified(data), Verified)
    with sqlite3.connect(data / LOG_FILE) as raw:
        raw.executescript("DELETE FROM records WHERE idx = 2; DELETE FROM heads WHERE size = 3;")
    raw.close()
    with pytest.raises(Behind, match="remembers 3"):
        open_store(data)


async def test_a_record_says_since_when_a_text_is_in_force(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for settings in ("{}", "{}", '{"enforce":"strict"}'):
        store.ledger.publish(rules=RULES, settings=settings)
    for _ in range(2):
        await store.ledger.publish_notice(hashlib.sha256(NOTICE).hexdigest(), NOTICE, "en")
    store.close()
    with reading(store.data, LOG_FILE) as database:
        records = list(log_lines.records(database, None))
        result = verify(database)
    assert [record.kind for record in records] == [PUBLISHED] * 3
    named = [(bool(one.rules), bool(one.settings), bool(one.notice)) for one in records]
    assert named == [(True, True, False), (False, True, False), (False, False, True)]
    assert isinstance(result, Verified)


@pytest.mark.parametrize("reader", ["verify", "examine"])
async def test_what_is_remembered_while_the_log_is_read_convicts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    """Another process appends and remembers its checkpoint when this one has begun to read an earlier state."""
    store = open_store(tmp_path)
    await filled(store, 3)
    module, name = {"verify": (verifying, "verify_on"), "examine": (start_check, "examine")}[reader]
    read = getattr(module, name)

    def later(connection: Connection, *arguments: Any, **options: Any) -> Any:
        connection.execute(select(schema.heads)).all()  # from here on it reads this state
        store.ledger._append([record()])
        note = asyncio.run(store.ledger.checkpoint())
        Memory(tmp_path).keep(note, 4, last=True)
        return read(connection, *arguments, **options)

    monkeypatch.setattr(module, name, later)
    if reader == "verify":
        assert isinstance(await asyncio.to_thread(verified, tmp_path), Verified)
    else:
        await asyncio.to_thread(store.ledger.examine)
    store.close()
