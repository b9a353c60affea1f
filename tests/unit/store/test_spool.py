"""The spool: what it was given is there, in order, whoever looks and whatever was interrupted."""

import base64
import hashlib
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.export import log_lines
from holdback.store.log import evidence, spool
from holdback.store.log.records import NewRecord
from holdback.store.log.spool import FILE, Spool
from holdback.store.store import LOG_FILE, open_store, reading, vault_of
from holdback.store.upkeep.rotation import rotate_log_key


def numbers(spool: Spool) -> list[tuple[int, int]]:
    return [(entry.number, entry.said["n"]) for entry in spool.entries()]


def test_what_was_put_in_is_there_for_everybody(tmp_path: Path) -> None:
    one, other = Spool(tmp_path), Spool(tmp_path)
    assert one.is_empty
    before = other.changes
    one.add({"n": 7}, {"n": 8})
    other.add({"n": 9})
    assert numbers(one) == numbers(other) == numbers(Spool(tmp_path)) == [(0, 7), (1, 8), (2, 9)]
    assert other.changes != before
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_room_is_set_aside_when_it_is_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Spool(tmp_path)
    assert not caplog.records
    status = (tmp_path / FILE).stat()
    assert status.st_blocks * 512 >= status.st_size == spool._BYTES


def test_what_was_moved_is_gone_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    kept = Spool(tmp_path)
    kept.add(*({"n": number} for number in range(4)))
    kept.moved(2)
    assert numbers(kept) == [(2, 2), (3, 3)]
    kept.add({"n": 4})
    kept.moved(5)
    assert kept.is_empty
    assert not any((tmp_path / FILE).read_bytes()[spool._HEAD.size :])
    kept.add({"n": 5})
    assert numbers(Spool(tmp_path)) == [(5, 5)]


def test_what_is_half_written_does_not_count(tmp_path: Path) -> None:
    kept = Spool(tmp_path)
    kept.add({"n": 1}, {"n": 2})
    end = spool._HEAD.unpack_from(kept._memory)[4]
    kept._memory[end - 1 : end] = b"?"
    assert numbers(Spool(tmp_path)) == [(0, 1)]


def test_one_that_was_damaged_is_told_and_taken_up_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(b"junk" * 2000)
    kept = Spool(tmp_path)
    assert "refusals that waited in it are lost" in caplog.text
    kept.add({"n": 1})
    assert numbers(Spool(tmp_path)) == [(0, 1)]
    assert caplog.text.count("lost") == 1


def test_a_full_one_takes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_BYTES", 4096)
    kept = Spool(tmp_path)
    for number in range(40):
        kept.add({"n": number})
    with pytest.raises(StoreUnavailable, match="full"):
        kept.add({"long": "".join(map(str, range(4000)))})
    assert len(kept.entries()) == 40


def test_threads_and_openings_at_once_lose_nothing(tmp_path: Path) -> None:
    def add(which: int) -> None:
        mine = Spool(tmp_path)
        for number in range(50):
            mine.add({"n": which * 100 + number})

    threads = [threading.Thread(target=add, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Spool(tmp_path).entries()
    assert [entry.number for entry in found] == list(range(200))
    assert {entry.said["n"] for entry in found} == {w * 100 + n for w in range(4) for n in range(50)}


CHANGES = """
import sys
from pathlib import Path
from holdback.store.log.spool import Spool

kept = Spool(Path(sys.argv[1]))
for number in range(3000):
    kept.add({"n": number})
    kept.moved(number if number % 3 else number + 1)
"""


def test_who_looks_while_another_process_changes_it_sees_each_thing_under_its_own_number(
    tmp_path: Path,
) -> None:
    """A refusal that is taken for another is recorded twice, or never."""
    mine = Spool(tmp_path)
    with subprocess.Popen([sys.executable, "-c", CHANGES, tmp_path]) as other:
        while other.poll() is None:
            assert all(number == said for number, said in numbers(mine))
    assert other.returncode == 0


def _kinds(data: Path) -> list[str]:
    with reading(data, LOG_FILE) as database:
        return [row["kind"] for row in log_lines.lines(database, vault_of(database, data))]


async def test_it_goes_into_the_log_before_what_comes_later(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.spool.add({"record": asdict(NewRecord("a", "refusal", {})), "at": 1})
    appended = await store.ledger.append(NewRecord("b", "grant", {}))
    assert (appended.index, appended.size) == (1, 2)
    assert store.spool.is_empty
    assert _kinds(tmp_path) == ["refusal", "grant"]
    store.close()


def test_nothing_comes_twice_after_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log has it, and the spool was not emptied any more."""
    store = open_store(tmp_path)
    store.spool.add({"record": asdict(NewRecord("a", "refusal", {})), "at": 1})
    monkeypatch.setattr(store.spool, "moved", lambda _before: None)
    store.ledger.drain()
    store.close()
    store = open_store(tmp_path)
    assert not store.spool.is_empty
    store.spool.add({"record": asdict(NewRecord("b", "withdrawal", {})), "at": 2})
    store.ledger.drain()
    assert store.spool.is_empty
    store.close()
    assert _kinds(tmp_path) == ["refusal", "withdrawal"]


def test_a_notice_that_waited_is_kept_and_a_record_says_so_once(tmp_path: Path) -> None:
    html = b"<p>May we count?</p>"
    store = open_store(tmp_path)
    for _ in range(2):
        store.spool.add({"html": base64.b64encode(html).decode(), "language": "en"})
        store.ledger.drain()
    store.close()
    with reading(tmp_path, LOG_FILE) as database:
        [row] = log_lines.lines(database, vault_of(database, tmp_path))
        assert (row["kind"], row["notice"]) == ("published", hashlib.sha256(html).hexdigest())
        with database.reading() as connection:
            assert evidence.notice(connection, row["notice"]) == html


@pytest.mark.parametrize("came", ["7", "{spool}7\n", "", "7\n\n\u2014 nobody AAAA\n"])
def test_nobody_without_the_key_says_that_it_came(tmp_path: Path, came: str) -> None:
    """A withdrawal that waits would be lost."""
    store = open_store(tmp_path)
    store.spool.add({"record": asdict(NewRecord("a", "refusal", {})), "at": 1})
    store.ledger.drain()
    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as raw, raw:
        said = came.format(spool=f"holdback {FILE}\n{store.spool.name}\n")
        assert raw.execute("UPDATE facts SET value = ? WHERE name LIKE 'spool/%'", [said]).rowcount == 1
    store.spool.add({"record": asdict(NewRecord("a", "withdrawal", {})), "at": 2})
    store.ledger.drain()
    store.close()
    assert _kinds(tmp_path) == ["refusal", "withdrawal"]


def test_another_spools_word_is_not_taken(tmp_path: Path) -> None:
    """Of two machines on one log the one has taken in more than the other."""
    store = open_store(tmp_path)
    store.spool.add(*({"record": asdict(NewRecord("a", "refusal", {})), "at": 1} for _ in range(3)))
    store.ledger.drain()
    store.close()
    (tmp_path / FILE).unlink()
    store = open_store(tmp_path)
    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as raw, raw:
        raw.execute("UPDATE facts SET name = ? WHERE name LIKE 'spool/%'", [f"spool/{store.spool.name}"])
    store.spool.add({"record": asdict(NewRecord("a", "withdrawal", {})), "at": 2})
    store.ledger.drain()
    store.close()
    assert _kinds(tmp_path)[-1] == "withdrawal"


def test_what_came_before_the_key_was_exchanged_does_not_come_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    store.spool.add({"record": asdict(NewRecord("a", "refusal", {})), "at": 1})
    with monkeypatch.context() as crash:
        crash.setattr(store.spool, "moved", lambda _before: None)
        store.ledger.drain()
        rotate_log_key(tmp_path, store.ledger)
    store.ledger.drain()
    store.close()
    assert _kinds(tmp_path) == ["refusal", "rotation"]


def test_what_can_not_be_read_keeps_nothing_else_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(tmp_path)
    store.spool.add({"record": {"colour": "red"}}, {"html": 5, "language": "en"}, {})
    store.spool.add(*({"record": asdict(NewRecord("a", kind, {})), "at": 1} for kind in ("grant", "erased")))
    store.spool.add({"record": asdict(NewRecord("a", "refusal", {})), "at": 1})
    store.ledger.drain()
    assert store.spool.is_empty
    assert caplog.text.count("can't be taken, and is lost") == 5
    store.close()
    assert _kinds(tmp_path) == ["refusal"]


def test_who_is_erased_is_not_filed_again_by_what_waited(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.ledger._append([NewRecord("a", "grant", {})])
    store.spool.add({"record": asdict(NewRecord("a", "withdrawal", {})), "at": 1})
    assert store.ledger.erase("a") == (2, 2)
    store.ledger.drain()
    store.close()
    with reading(tmp_path, LOG_FILE) as database:
        assert {row["id"] for row in log_lines.lines(database, vault_of(database, tmp_path))} == {""}


def test_what_another_host_still_had_of_who_was_erased_is_dropped(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.ledger._append([NewRecord("a", "grant", {}), NewRecord("b", "grant", {})])
    store.ledger.erase("a")
    for person in "ab":
        store.spool.add({"record": asdict(NewRecord(person, "withdrawal", {})), "at": 1})
    store.ledger.drain()
    store.close()
    with reading(tmp_path, LOG_FILE) as database:
        rows = list(log_lines.lines(database, vault_of(database, tmp_path)))
    assert [(row["kind"], row["id"]) for row in rows if row["id"]] == [("grant", "b"), ("withdrawal", "b")]
    assert len(rows) == 4, "two grants, the erasure, and what b took back"
