"""What is too old goes; what is young, and what the tree needs, stays."""

import logging
import os
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from holdback.store.events import events
from holdback.store.events.event import Event
from holdback.store.events.events import stored
from holdback.store.export import log_lines
from holdback.store.log import ledger
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Verified, verify
from holdback.store.store import LOG_FILE, Store, open_store, reading, reading_events, vault_of
from holdback.store.upkeep.retention import Dropped, Retention, Rule, apply

from tests.support.processes import until

NOW = time.time()
DAY = 86_400
RULE = Rule(records_days=500, events_days=30)


async def recorded(store: Store, days_ago: float, count: int) -> list[str]:
    """The ids of *count* people who agreed, and did something, *days_ago*."""
    people = [str(uuid.uuid4()) for _ in range(count)]
    then = NOW - days_ago * DAY
    store.ledger._clock = lambda: then
    for person in people:
        await store.ledger.append(NewRecord(person, "grant", {"analytics": True}))
        await store.events.add([Event("bought", datetime.fromtimestamp(then, UTC), visitor=person)])
    store.ledger._clock = lambda: NOW
    return people


def kept(data: Path) -> list[tuple[str, str]]:
    with reading(data, LOG_FILE) as database:
        assert isinstance(verify(database), Verified)
        return [(line["kind"], line["id"]) for line in log_lines.lines(database, vault_of(database, data))]


def traces(data: Path, person: str) -> list[str]:
    """The files of *data* in which the bytes of *person*, an id or a tag, are."""
    return sorted(path.name for path in data.iterdir() if person.encode() in path.read_bytes())


def acting(data: Path) -> list[str | None]:
    with reading(data, LOG_FILE) as log, reading_events(data) as database:
        return [row["visitor"] for row in stored(database, vault_of(log, data))]


async def test_what_is_too_old_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_EXPIRED_AT_ONCE", 2)
    monkeypatch.setattr(events, "_AT_ONCE", 2)
    store = open_store(tmp_path)
    old = await recorded(store, 501, 5)
    middle = await recorded(store, 499, 1)
    young = await recorded(store, 29, 2)
    assert apply(RULE, store, NOW) == Dropped(records=5, events=6)
    assert apply(RULE, store, NOW) == Dropped(records=0, events=0), "nothing is left to do"
    for tag in (str, store.ledger.tag):
        assert not [person for person in old if traces(tmp_path, tag(person))]
    assert traces(tmp_path, store.ledger.tag(young[0])) == ["events.db", "log.db"]
    store.close()
    assert kept(tmp_path) == [
        *(("grant", "") for _ in old),
        *(("grant", person) for person in (*middle, *young)),
        *(("retention", "") for _step in range(3)),
    ]
    assert acting(tmp_path) == young


async def test_records_about_nobody_stay_and_start_no_chain(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await recorded(store, 501, 1)
    apply(RULE, store, NOW)
    later = NOW + 600 * DAY
    assert apply(RULE, store, later) == Dropped(0, 0)
    store.close()
    assert [kind for kind, _ in kept(tmp_path)] == ["grant", "retention"]


async def test_without_a_rule_all_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    people = await recorded(store, 5000, 2)
    assert apply(Rule(), store, NOW) == Dropped(0, 0)
    retention = Retention(Rule(), store)
    retention.start()
    retention.close()
    store.close()
    assert [person for _, person in kept(tmp_path)] == people == acting(tmp_path)


async def test_it_runs_by_itself(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await recorded(store, 501, 1)
    retention = Retention(RULE, store, clock=lambda: NOW)
    retention.start()
    until(lambda: acting(tmp_path) == [] and kept(tmp_path)[-1][0] == "retention", "the old to be dropped")
    retention.close()
    store.close()


async def test_a_store_that_is_gone_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(tmp_path)
    os.rename(tmp_path / LOG_FILE, tmp_path / "elsewhere.db")
    retention = Retention(RULE, store)
    with caplog.at_level(logging.WARNING, "holdback"):
        retention.start()
        until(lambda: "could not be dropped: log.db is gone" in caplog.text, "a warning")
    retention.close()
    store.close()
