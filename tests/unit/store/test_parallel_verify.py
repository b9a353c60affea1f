"""The quick check of a large log agrees with the careful one: on a log that holds, and on every way it may not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.store.log import parallel_verify
from holdback.store.log import verify as careful
from holdback.store.log.records import PUBLISHED, NewRecord
from holdback.store.proof import merkle
from holdback.store.proof.notes import Checkpoint
from holdback.store.store import LOG_FILE, open_store, reading

from tests.support.forger import RECORDS, SAVED, Forger, made_log, person
from tests.support.old_log import old_log


def indexes_in(leaves: bytes) -> Iterator[int]:
    """What is set in a bitmap, in order."""
    for at, bits in enumerate(leaves):
        if bits:
            yield from (at * 8 + bit for bit in range(8) if bits >> bit & 1)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("log")
    made_log(data)
    return data


@pytest.fixture
def forger(original: Path, tmp_path: Path) -> Forger:
    shutil.copytree(original, tmp_path / "data")
    return Forger(tmp_path / "data")


def _roots(forger: Forger) -> dict[int, bytes]:
    notes = [Checkpoint.parse(note) for [note] in forger.rows("SELECT note FROM heads")]
    return {head.size: head.root for head in notes}


def _quick(forger: Forger, size: int = RECORDS) -> bool:
    return _held(forger, size) is not None


def _held(forger: Forger, size: int = RECORDS) -> parallel_verify.Leaves | None:
    """The quick check in this process, in ranges of one tile."""
    path, roots = forger.data / LOG_FILE, _roots(forger)
    parts = []
    for start in range(0, size, 256):
        end = min(start + 256, size)
        inside = {at: roots[at] for at in roots if start < at <= end}
        parts.append(parallel_verify._checked(path, (start, end, inside)))
    whole = [part for part in parts if part is not None]
    if len(whole) != len(parts) or not parallel_verify._joined(whole, roots, _others(forger)):
        return None
    return parallel_verify.leaves_of(whole)


def _others(forger: Forger) -> dict[tuple[int, int], bytes]:
    """All tiles but the full ones of the lowest level."""
    rows = forger.rows("SELECT level, number, hashes FROM tiles WHERE level > 0 OR number > 0")
    return {(level, number): hashes for level, number, hashes in rows}


def test_a_log_that_holds(forger: Forger) -> None:
    assert _quick(forger)


@pytest.mark.parametrize("helpers", [0, 1, 2, 5])
def test_shared_with_helpers(forger: Forger, helpers: int) -> None:
    path, roots = forger.data / LOG_FILE, _roots(forger)

    tiles = _others(forger)

    assert parallel_verify.verify_leaves(path, roots, RECORDS, tiles, helpers=helpers, step=256)
    assert not parallel_verify.verify_leaves(
        path, {**roots, 7: bytes(32)}, RECORDS, tiles, helpers=helpers, step=256
    )


def test_it_tells_which_leaves_are_stripped_and_what_records_say_of_that(forger: Forger) -> None:
    gone = forger.rows("SELECT idx FROM records ORDER BY idx")[2::120]
    assert [index for (index,) in gone] == [2, 122, 242]
    for (index,) in gone:
        forger.run(f"UPDATE records SET salt = NULL, payload = NULL, person = NULL WHERE idx = {index}")
    held = _held(forger)
    assert held is not None
    assert list(indexes_in(held.bare)) == [2, 122, 242]
    assert held.said.commitments == []

    forger.erase(person(5))
    forger.erase(person(6))
    held = _held(forger, RECORDS + 2)
    assert held is not None
    [first, second] = held.said.commitments
    assert (first[:2], second[:2]) == ((RECORDS, ""), (RECORDS + 1, first[2]))


@pytest.mark.parametrize("mixed", [False, True])
def test_it_tells_which_texts_are_named_and_which_were_published(forger: Forger, mixed: bool) -> None:
    if mixed:
        forger.run(MIXED)
    forger.set_leaf(7, kind=PUBLISHED, settings="ab" * 32)
    forger.rewrite()

    held = _held(forger)

    assert held is not None
    leaves = [leaf for (leaf,) in forger.rows("SELECT leaf FROM records")]
    assert held.named == set().union(*map(parallel_verify.named_in, leaves))
    assert parallel_verify.Named("settings", "ab" * 32, True) in held.named
    assert any(not one.is_published for one in held.named)  # what a choice names


def test_a_log_that_grows_meanwhile_holds(forger: Forger) -> None:
    """The records and tiles behind the newest checkpoint that was read are of no concern."""
    tiles = _others(forger)
    forger.run(
        "UPDATE tiles SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE level = 0 AND number = 1",
        "INSERT INTO records (idx, leaf) VALUES (300, x'7b7d')",
    )

    assert parallel_verify.verify_leaves(
        forger.data / LOG_FILE, _roots(forger), RECORDS, tiles, helpers=1, step=256
    )


ALIKE = "SELECT 1"
MIXED = "UPDATE records SET salt = NULL, payload = NULL, person = NULL WHERE idx IN (2, 257)"
"""After this no tile has leaves of one shape alone, and each is read by itself."""


@pytest.mark.parametrize("tiles", [ALIKE, MIXED])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET leaf = CAST(replace(leaf, 'grant', 'grunt') AS BLOB) WHERE idx = 291",
        "UPDATE records SET leaf = 'not JSON' WHERE idx = 41",
        "UPDATE records SET leaf = CAST('not JSON' AS BLOB) WHERE idx = 41",
        "UPDATE records SET payload = payload || 'x' WHERE idx = 41",
        "UPDATE records SET salt = CAST('salt' AS BLOB) WHERE idx = 41",
        "UPDATE records SET salt = NULL WHERE idx = 41",
        "UPDATE records SET person = 'somebody else' WHERE idx = 41",
        "UPDATE records SET person = NULL WHERE idx = 41",
        "UPDATE records SET person = 'somebody else' WHERE idx = 291",
        "DELETE FROM people WHERE id = (SELECT key_id FROM records WHERE idx = 41)",
        "DELETE FROM records WHERE idx = 41",
        "DELETE FROM records WHERE idx = 299",
        "UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND number = 1",
        "UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE level = 1",
        "DELETE FROM tiles WHERE level = 1",
        "INSERT INTO tiles VALUES (1, 7, zeroblob(32))",
        f"UPDATE heads SET note = replace(note, '{SAVED}', '262') WHERE size = {SAVED}",
    ],
)
def test_what_the_careful_check_refuses_is_not_passed(forger: Forger, statement: str, tiles: str) -> None:
    forger.run(tiles)
    assert _quick(forger)

    forger.run(statement)

    assert not _quick(forger)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET person = 'somebody else' WHERE idx = 2",
        "UPDATE records SET person = NULL WHERE idx = 2",
        "UPDATE records SET payload = (SELECT payload FROM records WHERE idx = 1) WHERE idx = 2",
        "UPDATE records SET salt = NULL WHERE idx = 2",
    ],
)
def test_nor_in_records_from_before_there_was_a_vault(tmp_path: Path, statement: str) -> None:
    old_log(tmp_path, [NewRecord(person(number), "refusal", {}) for number in range(5)])
    open_store(tmp_path).close()
    forger = Forger(tmp_path)
    asked = 0, 5, _roots(forger)
    assert parallel_verify._checked(tmp_path / LOG_FILE, asked)

    forger.run(statement)

    assert not parallel_verify._checked(tmp_path / LOG_FILE, asked)


@pytest.mark.parametrize("tiles", [ALIKE, MIXED])
@pytest.mark.parametrize("index", [41, 256, 299])
@pytest.mark.parametrize("leaf", [{"time": 1_600_000_000_000}, {"time": "soon"}, {"v": 3}, {"kind": 'a"b'}])
def test_nor_what_the_key_holder_signed(
    forger: Forger, index: int, leaf: dict[str, object], tiles: str
) -> None:
    """Odd leaves are for the careful check to judge, even those that it accepts."""
    forger.run(tiles)
    forger.set_leaf(index, **leaf)
    forger.rewrite()

    assert not _quick(forger)


@pytest.mark.parametrize("tiles", [ALIKE, MIXED])
def test_nor_a_time_that_goes_back_between_two_tiles(forger: Forger, tiles: str) -> None:
    forger.run(tiles)
    forger.set_leaf(255, time=1_900_000_000_000)
    forger.rewrite()

    assert not _quick(forger)


def test_the_careful_check_makes_use_of_it(forger: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(careful, "LARGE", 10)
    asked = []

    def hold(
        path: Path, roots: object, size: int, tiles: object, *, helpers: int
    ) -> parallel_verify.Leaves | None:
        asked.append(size)
        return _held(forger, size)

    monkeypatch.setattr(parallel_verify, "verify_leaves", hold)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    with reading(forger.data, LOG_FILE) as database:
        assert isinstance(careful.verify(database), careful.Verified)
        forger.run("DELETE FROM records WHERE idx = 41")
        fault = careful.verify(database)
        assert isinstance(fault, careful.Fault)
        assert fault.index == 41
    assert asked == [RECORDS]


@pytest.mark.parametrize("wrong", [None, 1, 100, 255, 256])
def test_a_checkpoint_for_each_record(wrong: int | None) -> None:
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(512)]
    grown, roots = merkle.Frontier(), {}
    for size, leaf in enumerate(hashes, 1):
        grown.append(leaf)
        roots[size] = grown.root()
    if wrong is not None:
        roots[256 + wrong] = bytes(32)
    before = merkle.Frontier(1, merkle.complete_root(hashes[:256]))
    for end in (512, 512 - 7):
        if wrong is not None and 256 + wrong <= end:
            with pytest.raises(parallel_verify._Odd):
                parallel_verify._compare(roots, before, 256, hashes[256:end])
        else:
            parallel_verify._compare(roots, before, 256, hashes[256:end])
