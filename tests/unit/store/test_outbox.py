"""What is to be passed on: each event once it was stored, from where it was acknowledged, by one process at a time."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from holdback.store.events.event import Event
from holdback.store.events.outbox import LEASE, Outbox, state
from holdback.store.store import Store, StoreLocation
from holdback.store.upkeep.migration import move, move_rows

from tests.support.clickhouse import ClickHouse, clickhouse_running
from tests.support.postgres import Postgres, postgres_running

TO = "https://posthog.test"
NOW = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_running() as running:
        yield running


@pytest.fixture(scope="module")
def clickhouse() -> Iterator[ClickHouse]:
    with clickhouse_running() as running:
        yield running


class Clock:
    """Far enough ahead of the events that they count as settled in every database."""

    def __init__(self) -> None:
        self.ahead = 1000.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@contextmanager
def opened(where: StoreLocation, clock: Clock, *holders: str) -> Iterator[tuple[Store, list[Outbox]]]:
    store = where.open()
    try:
        assert store.kept is not None
        yield store, [Outbox(*store.kept, TO, holder, clock=clock) for holder in holders]
    finally:
        store.close()


def add(store: Store, *names: str) -> None:
    asyncio.run(store.events.add([Event(name, NOW, visitor="v") for name in names]))


def names(box: Outbox, most: int = 10) -> list[str]:
    return [one.said["event"] for one in box.waiting(most)]


def test_it_goes_on_where_it_was_acknowledged(tmp_path: Path) -> None:
    where, clock = StoreLocation(tmp_path / "data"), Clock()
    with opened(where, clock, "one", "other") as (store, [one, other]):
        add(store, "before")
        assert one.take(), "it begins with what comes from now on"
        assert names(one) == []
        add(store, "a", "b", "c")
        assert names(one) == ["a", "b", "c"]
        assert one.waiting(1)[0].visitor == store.ledger.tag("v")
        one.done(one.waiting(2)[-1].number)
        assert names(one) == ["c"]
        assert not other.take(), "another has the lease"
        one.failed("away")
        with where.reading_events() as tables:
            found = state(tables, TO)
            assert found is not None
            assert (found.waiting, found.trouble) == (1, "away")
            assert state(tables, "https://elsewhere.test") is None
        clock.ahead += LEASE + 1
        assert other.take()
        assert not one.take()
        one.done(10**12)
        assert names(other) == ["c"], "who has lost the lease acknowledges nothing"
        other.leave()
        assert one.take()


@pytest.mark.parametrize("engine", ["PostgreSQL", "ClickHouse"])
def test_it_goes_on_after_a_move(
    engine: str, postgres: Postgres, clickhouse: ClickHouse, tmp_path: Path
) -> None:
    where, clock = StoreLocation(tmp_path / "data"), Clock()
    with opened(where, clock, "one") as (store, [box]):
        add(store, "too old")
        assert box.take()
        store.events.expire(int(NOW.timestamp() * 1000) + 1)
        add(store, "done", "waits", "too")
        box.done(box.waiting(1)[-1].number)
    if engine == "PostgreSQL":
        there = StoreLocation(where.folder, url=postgres.url("moved"))
        list(move(where.folder, there.url))
    else:
        there = StoreLocation(where.folder, events_url=clickhouse.url)
        with there.event_tables() as tables:
            list(move_rows(tables))
    with opened(there, clock, "one") as (store, [box]):
        assert names(box) == ["waits", "too"]
        add(store, "new")
        assert names(box) == ["waits", "too", "new"]


def test_what_is_not_settled_waits(clickhouse: ClickHouse, tmp_path: Path) -> None:
    where, clock = StoreLocation(tmp_path / "data", events_url=clickhouse.url), Clock()
    with opened(where, clock, "one") as (store, [box]):
        assert box.take()
        add(store, "just now")
        assert "just now" in names(box)
        clock.ahead = 0
        assert names(box) == []
