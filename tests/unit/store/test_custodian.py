"""A second custodian: goes along with a log that grows, and is told when it was cut, rewritten or signed by another."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from holdback.store.keys.keyring import Keys
from holdback.store.proof import custodian
from holdback.store.proof.notes import BadNote, NoteSigner, Verifier
from holdback.store.proof.tiles import TileReader, tile_of_path
from holdback.store.store import LOG_FILE, reading

from tests.support.forger import RECORDS, SAVED, Forger, made_log


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("log")
    made_log(data)
    return data


class Published:
    """The public part of a log, as a server gives it."""

    def __init__(self, data: Path) -> None:
        self.forger = Forger(data)
        self.verifier: Verifier = Keys.open(data).log.verifier
        self.asked: list[str] = []
        self.size = RECORDS

    def __call__(self, path: str) -> bytes:
        self.asked.append(path)
        if path == "checkpoint":
            [[note]] = self.forger.rows(f"SELECT note FROM heads WHERE size = {self.size}")
            return bytes(note, "utf-8")
        if path == "rotations":
            rows = self.forger.rows("SELECT value FROM facts WHERE name LIKE 'rotation/%' ORDER BY name")
            return "".join(f"{line}\n" for [line] in rows).encode()
        named = tile_of_path(path)
        assert named is not None, path
        level, number, width = named
        with reading(self.forger.data, LOG_FILE) as database, database.reading() as connection:
            tile = TileReader(connection)(level, number)[: width * 32]
        assert len(tile) == width * 32
        return tile


@pytest.fixture
def log(original: Path, tmp_path: Path) -> Published:
    shutil.copytree(original, tmp_path / "data")
    return Published(tmp_path / "data")


def test_it_goes_along_with_a_log_that_grows(log: Published, tmp_path: Path) -> None:
    log.size = SAVED
    first = custodian.keep(tmp_path / "kept", log, log.verifier)
    log.size = RECORDS
    second = custodian.keep(tmp_path / "kept", log)
    third = custodian.keep(tmp_path / "kept", log)

    assert (first.new, second.new, third.new) == (SAVED, RECORDS - SAVED, 0)
    assert second.path.read_bytes() == log("checkpoint")
    assert len(log.asked) < 20


def test_a_cut_log_is_told_and_its_signature_kept(log: Published, tmp_path: Path) -> None:
    custodian.keep(tmp_path / "kept", log, log.verifier)
    log.size = SAVED
    with pytest.raises(custodian.Forked, match="its tail was cut"):
        custodian.keep(tmp_path / "kept", log)

    assert (tmp_path / "kept" / f"{SAVED}.forked").read_bytes() == log("checkpoint")
    log.size = RECORDS
    assert custodian.keep(tmp_path / "kept", log).new == 0


@pytest.mark.parametrize("size", [SAVED, RECORDS])
def test_a_rewritten_history_is_told(log: Published, tmp_path: Path, size: int) -> None:
    log.size = size
    custodian.keep(tmp_path / "kept", log, log.verifier)
    log.size = RECORDS
    log.forger.set_leaf(41, kind="grant-of-everything")
    log.forger.rewrite()
    with pytest.raises(custodian.Forked, match="its history was rewritten"):
        custodian.keep(tmp_path / "kept", log)


def test_tiles_of_another_tree_are_told(log: Published, tmp_path: Path) -> None:
    log.forger.run("UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND number = 1")
    with pytest.raises(custodian.Forked, match="tiles are not those"):
        custodian.keep(tmp_path / "kept", log, log.verifier)


def test_whose_signature_counts_is_said_once(log: Published, tmp_path: Path) -> None:
    stranger = NoteSigner(log.verifier.name, Ed25519PrivateKey.generate())
    with pytest.raises(BadNote, match="not known yet"):
        custodian.keep(tmp_path / "kept", log)
    custodian.keep(tmp_path / "kept", log, log.verifier)
    with pytest.raises(BadNote, match="signed by another key"):
        custodian.keep(tmp_path / "kept", log, stranger.verifier)
    log.forger.rewrite(stranger)
    with pytest.raises(BadNote, match="has not signed"):
        custodian.keep(tmp_path / "kept", log)
