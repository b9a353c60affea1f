"""Counters are numbered, outlive the process that counted, and tell how it ended; nothing is counted twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from holdback.proxy.audit.counters import Counting
from holdback.proxy.audit.journal import PREFIX, Journal
from holdback.proxy.audit.leak_audit import HELD, LeakAudit, Thing
from holdback.proxy.rules.rulebook import Rulebook
from holdback.store.export import log_lines
from holdback.store.log.counters import Sums, added_up
from holdback.store.store import LOG_FILE, Store, open_store, reading

RULES = Rulebook.load()
COOKIE = Thing(HELD, "request cookie", "google-analytics")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path)
    yield found
    found.close()


class Process:
    """A process that counts; it can be killed at any line."""

    def __init__(self, store: Store) -> None:
        self.audit = LeakAudit(RULES)
        self.counting = Counting(self.audit, store.ledger, store.data)

    def sees(self, many: int) -> None:
        for _ in range(many):
            self.audit._counts[COOKIE] += 1

    async def a_second(self) -> None:
        if self.counting._take():
            await self.counting._keep()

    def dies(self) -> None:
        """What the kernel does: the lock is gone, the file stays."""
        assert self.counting._journal is not None
        self.counting._journal.end(keep=True)


def sums(store: Store) -> Sums:
    with reading(store.data, LOG_FILE) as database:
        return added_up(log_lines.records(database, None))


async def test_what_a_process_had_counted_when_it_died_is_recorded_by_the_next(store: Store) -> None:
    first = Process(store)
    first.sees(3)
    await first.a_second()
    await first.counting.record()
    first.sees(2)
    await first.a_second()
    first.dies()
    assert sums(store).counts[COOKIE] == 3
    await Process(store).counting.recover()
    told = sums(store)
    assert (told.counts[COOKIE], told.missing, told.ends) == (5, 0, {"crash": 1})
    assert not list(store.data.glob(f"{PREFIX}*"))
    await Process(store).counting.recover()
    assert sums(store) == told, "it is recorded once"


async def test_a_death_between_the_record_and_the_journal_counts_nothing_twice(store: Store) -> None:
    first = Process(store)
    first.sees(3)
    await first.a_second()
    journal = first.counting._journal
    assert journal is not None
    before = journal.read()
    await first.counting.record()
    assert before is not None
    journal.keep(before)
    first.dies()
    await Process(store).counting.recover()
    told = sums(store)
    assert (told.counts[COOKIE], told.missing, told.ends) == (3, 0, {"crash": 1})


async def test_a_journal_that_lives_is_left_alone(store: Store) -> None:
    first = Process(store)
    first.sees(1)
    await first.a_second()
    await Process(store).counting.recover()
    assert sums(store).records == 0
    await first.counting.record()
    assert sums(store).ends == {"open": 1}


async def test_a_clean_end_says_so(store: Store) -> None:
    first = Process(store)
    first.counting.start()
    first.sees(2)
    await first.a_second()
    await first.counting.close()
    told = sums(store)
    assert (told.counts[COOKIE], told.ends) == (2, {"clean": 1})
    assert not list(store.data.glob(f"{PREFIX}*"))


async def test_who_counted_nothing_leaves_nothing(store: Store) -> None:
    first = Process(store)
    first.counting.start()
    await first.counting.close()
    assert sums(store).records == 0
    assert not list(store.data.glob(f"{PREFIX}*"))


async def test_a_torn_journal_is_told(store: Store) -> None:
    journal = Journal.begin(store.data, "some-host-7-ab")
    journal.keep({"worker": "some-host-7-ab", "number": 0, "from": 0})
    journal._path.write_bytes(journal._path.read_bytes()[:-9])
    journal.end(keep=True)
    await Process(store).counting.recover()
    assert sums(store).ends == {"crash": 1}


async def test_a_record_that_was_taken_out_shows(store: Store) -> None:
    first = Process(store)
    for _ in range(3):
        first.sees(1)
        await first.counting.record()
    with reading(store.data, LOG_FILE) as database:
        records: list[Any] = list(log_lines.records(database, None))
    assert added_up(records).missing == 0
    assert added_up([records[0], records[2]]).missing == 1
