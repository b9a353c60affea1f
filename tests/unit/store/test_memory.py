"""What is remembered of the log beside its database: never less than somebody has said."""

import random
import threading
from pathlib import Path

import pytest
from holdback.store.engine.errors import Behind
from holdback.store.log.memory import FILE, Memory
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault, Verified, verify
from holdback.store.store import LOG_FILE, open_store, reading


def _notes(data: Path, many: int) -> list[str]:
    """The checkpoints of a log that grows."""
    store, found = open_store(data), []
    for number in range(many):
        store.ledger._append([NewRecord(str(number), "grant", {})])
        assert store.ledger._head is not None
        found.append(store.ledger._head.note)
    store.close()
    return found


def test_of_all_who_end_together_the_one_with_the_most_records_is_remembered(tmp_path: Path) -> None:
    notes = _notes(tmp_path / "log", 8)
    for round_ in range(40):
        data = tmp_path / str(round_)
        data.mkdir()
        start = threading.Barrier(len(notes))

        def end(size: int, data: Path = data, start: threading.Barrier = start) -> None:
            memory = Memory(data)
            start.wait()
            memory.keep(notes[size - 1], size, last=True)

        sizes = random.sample(range(1, len(notes) + 1), len(notes))
        threads = [threading.Thread(target=end, args=(size,)) for size in sizes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Memory(data).most() == len(notes)


def test_no_file_is_made_in_the_place_of_a_log_that_is_away(tmp_path: Path) -> None:
    """It may be moved back at any moment, and who has an empty one open goes on writing to a ghost."""
    _notes(tmp_path, 1)
    log, away = tmp_path / LOG_FILE, tmp_path / "away.db"
    log.rename(away)
    with pytest.raises(Behind, match="there is no log"):
        open_store(tmp_path)
    assert not log.exists()
    away.rename(log)
    open_store(tmp_path).close()


@pytest.mark.parametrize("junk", [b"", b"junk", b"\xff" * 300, bytes(4096)])
def test_a_file_that_remembers_nothing_is_told_and_written_anew(
    tmp_path: Path, junk: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    _notes(tmp_path, 3)
    (tmp_path / FILE).write_bytes(junk)
    with reading(tmp_path, LOG_FILE) as database:
        fault = verify(database)
    assert isinstance(fault, Fault)
    assert "log.checkpoint is no checkpoint" in fault.reason
    open_store(tmp_path).close()
    store = open_store(tmp_path)
    store.ledger._append([NewRecord("x", "grant", {})])
    store.close()
    assert caplog.text.count("is written anew") == 1
    assert Memory(tmp_path).most() == 4
    with reading(tmp_path, LOG_FILE) as database:
        assert isinstance(verify(database), Verified)
