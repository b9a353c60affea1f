"""A new key for the log: the old one names it, verifiers follow, and what the old key signs afterwards is refused."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.export import archive
from holdback.store.keys.keyring import LOG_KEY, log_signers
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault, Verified, verify
from holdback.store.proof import custodian
from holdback.store.proof.kit import verify as kit
from holdback.store.proof.notes import BadNote, Checkpoint, NoteSigner, Verifier
from holdback.store.proof.tiles import TileReader, tile_of_path
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of
from holdback.store.upkeep.rotation import prepare_log_key, rotate_log_key

from tests.support.old_log import note_of

RECORD = NewRecord("5b0c1b0e-0000-4000-8000-000000000001", "grant", {"analytics": True})


class Log:
    """A log whose key was exchanged twice by a worker, while another one went on; and what its auditors know."""

    def __init__(self, data: Path) -> None:
        self.data = data
        worker, other = open_store(data), open_store(data)
        self.keys = [log_signers(data)[0]]
        self.saved = []
        for number in range(3):
            for store in (worker, other, worker):
                store.ledger._append([RECORD, RECORD])
            self.saved.append(note_of(worker.ledger))
            if number < 2:
                self.rotated = rotate_log_key(data, worker.ledger)
                self.keys.append(log_signers(data)[0])
        worker.close()
        other.close()

    def verified(self, *, key: Verifier | None = None, saved: str | None = None) -> Verified | Fault:
        with reading(self.data, LOG_FILE) as database:
            return verify(database, verifier=key, saved=saved)

    def run(self, statement: str, *values: object) -> None:
        database = sqlite3.connect(self.data / LOG_FILE)
        with database:
            database.execute(statement, values)
        database.close()

    def rows(self, query: str) -> list[tuple[str, ...]]:
        database = sqlite3.connect(self.data / LOG_FILE)
        rows = database.execute(query).fetchall()
        database.close()
        return rows

    def unpacked(self, folder: Path) -> Path:
        packed = folder.with_suffix(".tar.gz")
        with packed.open("wb") as file, reading(self.data, LOG_FILE) as database:
            archive.write(database, file, vault_of(database, self.data))
        shutil.unpack_archive(packed, folder, "gztar", filter="data")
        return folder

    def __call__(self, path: str) -> bytes:
        """The public part, as a server gives it."""
        if path == "checkpoint":
            return self.saved[-1].encode()
        if path == "rotations":
            rows = self.rows("SELECT value FROM facts WHERE name LIKE 'rotation/%' ORDER BY name")
            return "\n".join(line for (line,) in rows).encode()
        named = tile_of_path(path)
        assert named is not None
        with reading(self.data, LOG_FILE) as database, database.reading() as connection:
            return TileReader(connection)(named[0], named[1])[: named[2] * 32]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("log"))


@pytest.fixture
def log(original: Log, tmp_path: Path) -> Log:
    shutil.copytree(original.data, tmp_path / "data")
    copy = object.__new__(Log)
    copy.__dict__.update(original.__dict__)
    copy.data = tmp_path / "data"
    return copy


def _stranger(log: Log) -> NoteSigner:
    return NoteSigner(log.keys[0].verifier.name, Ed25519PrivateKey.generate())


def test_it_verifies_by_each_of_its_keys(log: Log) -> None:
    first, _, last = (str(key.verifier) for key in log.keys)
    assert len({str(key.verifier) for key in log.keys}) == 3
    for key in log.keys:
        for saved in log.saved:
            result = log.verified(key=key.verifier, saved=saved)
            assert isinstance(result, Verified), result
            assert (result.size, result.verifier, result.newest) == (20, first, last)
    fault = log.verified(key=_stranger(log).verifier)
    assert isinstance(fault, Fault)
    assert "nor by a key that it was exchanged for" in fault.reason


def test_the_old_key_is_gone(log: Log) -> None:
    [line] = (log.data / LOG_KEY).read_text().splitlines()
    assert line.split()[0] == log.keys[0].verifier.name
    assert [str(signer.verifier) for signer in log_signers(log.data)] == [str(log.keys[2].verifier)]


def _old_key_goes_on(log: Log) -> None:
    """A thief of the old key signs the newest checkpoint with it."""
    [[note]] = log.rows("SELECT note FROM heads ORDER BY size DESC LIMIT 1")
    forged = log.keys[0].sign(Checkpoint.parse(note).text())
    log.run("UPDATE heads SET note = ? WHERE size = 20", forged)


def _rotation_hidden(log: Log) -> None:
    log.run("DELETE FROM facts WHERE name LIKE 'rotation/%13'")


def _rotation_to_a_stranger(log: Log) -> None:
    [[value]] = log.rows("SELECT value FROM facts WHERE name LIKE 'rotation/%13'")
    link = json.loads(value)
    link["leaf"] = json.dumps({**json.loads(link["leaf"]), "key": str(_stranger(log).verifier)})
    log.run("UPDATE facts SET value = ? WHERE name LIKE 'rotation/%13'", json.dumps(link))


def _rotation_by_a_stranger(log: Log) -> None:
    [[value]] = log.rows("SELECT value FROM facts WHERE name LIKE 'rotation/%13'")
    link = json.loads(value)
    proof, _, note = link["proof"].partition("\n\n")
    link["proof"] = f"{proof}\n\n{_stranger(log).sign(Checkpoint.parse(note).text())}"
    log.run("UPDATE facts SET value = ? WHERE name LIKE 'rotation/%13'", json.dumps(link))


def _rotation_that_is_none(log: Log) -> None:
    log.run("UPDATE facts SET value = '{}' WHERE name LIKE 'rotation/%13'")


ATTACKS = [
    _old_key_goes_on,
    _rotation_hidden,
    _rotation_to_a_stranger,
    _rotation_by_a_stranger,
    _rotation_that_is_none,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_does_not_lead_from_key_to_key_is_refused(
    log: Log, tmp_path: Path, attack: Callable[[Log], None]
) -> None:
    folder = log.unpacked(tmp_path / "unpacked")
    attack(log)
    assert isinstance(log.verified(), Fault)
    links = [
        value for (value,) in log.rows("SELECT value FROM facts WHERE name LIKE 'rotation/%' ORDER BY name")
    ]
    notes = log.rows("SELECT note FROM heads ORDER BY size")
    (folder / "rotations.jsonl").write_text("".join(f"{line}\n" for line in links))
    (folder / "checkpoints.jsonl").write_text("".join(f"{json.dumps({'note': note})}\n" for (note,) in notes))
    (folder / "checkpoint").write_text(notes[-1][0])
    assert isinstance(archive.check(folder), Fault)


def _program(folder: Path, *options: str) -> int:
    return subprocess.run(
        [sys.executable, "-I", "-S", folder / "verify.py", "--json", *options],
        capture_output=True,
        timeout=120,
        check=False,
    ).returncode


def test_the_archive_is_followed_without_us(log: Log, tmp_path: Path) -> None:
    folder = log.unpacked(tmp_path / "unpacked")
    (tmp_path / "saved").write_text(log.saved[0])
    saved = ["--checkpoint", str(tmp_path / "saved"), "--every-signature"]
    for key in log.keys:
        assert _program(folder, *saved, "--key", str(key.verifier)) == 0
        assert isinstance(archive.check(folder, verifier=key.verifier, saved=log.saved[0]), Verified)
    assert _program(folder, "--key", str(_stranger(log).verifier)) == 1
    (folder / "rotations.jsonl").unlink()
    assert _program(folder, *saved) == 1


def test_a_record_that_exchanges_the_key_must_be_told_of(log: Log, tmp_path: Path) -> None:
    """The owner may not keep a rotation to themselves, and go on with the old key."""
    folder = log.unpacked(tmp_path / "unpacked")
    with kit.opened(str(folder)) as opened:
        audit = kit.Audit(opened, kit.chain_in(opened))
        audit._chain.named.clear()
        with pytest.raises(kit.Refused, match="exchanges the key") as caught:
            audit.run()
    assert caught.value.index == 6


@pytest.mark.parametrize("known", [0, 1, 2])
def test_a_custodian_follows_from_any_key(log: Log, tmp_path: Path, known: int) -> None:
    kept = tmp_path / "kept"
    assert custodian.keep(kept, log, log.keys[known].verifier).checkpoint.size == 20
    assert custodian.keep(kept, log).new == 0


def test_a_custodian_goes_along(log: Log, tmp_path: Path) -> None:
    kept, after = tmp_path / "kept", log.saved
    sizes = []
    for end in (1, 2, 3):
        log.saved = after[:end]
        sizes.append(custodian.keep(kept, log, log.keys[0].verifier).checkpoint.size)
    assert sizes == [6, 13, 20]
    log.saved = [_stranger(log).sign(Checkpoint.parse(after[-1]).text())]
    with pytest.raises(BadNote, match="has not signed"):
        custodian.keep(kept, log)


def _store(log: Log) -> Store:
    return open_store(log.data)


def test_a_key_that_was_prepared_is_taken(log: Log) -> None:
    store = _store(log)
    following = prepare_log_key(log.data, store.ledger)
    assert prepare_log_key(log.data, store.ledger) == following
    store.ledger._append([RECORD])
    assert str(store.ledger.signer().verifier) == str(log.keys[2].verifier), "it does not sign yet"
    rotate_log_key(log.data, store.ledger)
    assert store.ledger.signer() == following == log_signers(log.data)[0]
    store.close()


def test_one_that_was_interrupted_is_not_taken_back(log: Log) -> None:
    """The log knows the new key, and both are in the file: the next rotation must not go back to the old one."""
    store = _store(log)
    old = (log.data / LOG_KEY).read_text()
    rotate_log_key(log.data, store.ledger)
    path = log.data / LOG_KEY
    path.write_text(old + path.read_text())
    second = store.ledger.signer()
    rotate_log_key(log.data, store.ledger)
    assert store.ledger.signer() not in (second, log.keys[2])
    assert len(path.read_text().splitlines()) == 1
    store.close()
    assert isinstance(log.verified(saved=log.saved[0]), Verified)


def test_a_host_without_the_key_records_nothing(log: Log) -> None:
    store = _store(log)
    line = f"{log.keys[0].verifier.name} {Ed25519PrivateKey.generate().private_bytes_raw().hex()}\n"
    (log.data / LOG_KEY).write_text(line)
    store.ledger._append([RECORD])  # it still has the key in memory
    store.close()
    with pytest.raises(StoreUnavailable, match=r"whose key log\.key does not hold"):
        _store(log)


def test_a_key_that_was_not_named_by_the_one_before_signs_nothing(log: Log) -> None:
    """It waits in the file for the exchange; whoever has the database says that it signs already."""
    with closing(open_store(log.data)) as store:
        next_ = prepare_log_key(log.data, store.ledger)
        store.ledger._append([RECORD])
        log.run("UPDATE facts SET value = ? WHERE name = 'signing'", str(next_.verifier))
        with pytest.raises(StoreUnavailable, match="that was changed"):
            store.ledger._append([RECORD])
        assert isinstance(log.verified(), Fault)
        log.run("UPDATE facts SET value = ? WHERE name = 'signing'", str(log.keys[2].verifier))
        store.ledger._append([RECORD])
        rotate_log_key(log.data, store.ledger)
        store.ledger._append([RECORD])
    assert isinstance(log.verified(), Verified)
