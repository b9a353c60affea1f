"""The inventory: one row a thing, whoever saw it and how often."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from holdback.banner.notice.listing import Listing
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.assembly.inventory_sync import Noting
from holdback.proxy.gate.sightings import Sightings
from holdback.proxy.rules.sighting import How, Kind, Sighting
from holdback.store.site import inventory
from holdback.store.site.inventory import Inventory, Seen
from holdback.store.store import LOG_FILE, Store, open_store

GA = Sighting(Kind.COOKIE, "_ga", How.HEADER, "google-analytics", 60)
WIDGET = Sighting(Kind.HOST, "widget.test", How.MARKUP)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def noting_of(sightings: Sightings, store: Store, **how: Any) -> Noting:
    return Noting(sightings, Listing(SiteInfo(), {}), store, 30, **how)


def noted(kept: Inventory) -> None:
    kept.note([GA, WIDGET, WIDGET], 1_000)
    kept.note([Sighting(Kind.COOKIE, "_ga", How.REPORTED, "google-analytics", 90)], 3_000)
    kept.note([Sighting(Kind.COOKIE, "_ga", How.HEADER, "google-analytics")], 2_000)
    assert kept.all() == [
        Seen(Kind.COOKIE, "_ga", "google-analytics", frozenset({How.HEADER, How.REPORTED}), 1_000, 3_000, 90),
        Seen(Kind.HOST, "widget.test", "", frozenset({How.MARKUP}), 1_000, 1_000, None),
    ]


def test_sightings_of_one_thing_are_one_row(store: Store) -> None:
    noted(store.inventory)


def test_what_is_known_now_counts(store: Store) -> None:
    store.inventory.note([WIDGET], 1_000)
    store.inventory.note([Sighting(Kind.HOST, "widget.test", How.MARKUP, "widget")], 2_000)
    assert [one.service for one in store.inventory.all()] == ["widget"]


def test_unknown_names_are_bounded_and_services_are_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "_MOST_UNKNOWN", 3)
    store.inventory.note([Sighting(Kind.HOST, f"h{n}.test", How.MARKUP) for n in range(9)], 1)
    store.inventory.note([Sighting(Kind.HOST, "late.test", How.MARKUP), GA], 2)
    assert [one.name for one in store.inventory.all()] == ["_ga", "h0.test", "h1.test", "h2.test"]


def test_what_a_process_saw_is_written_at_the_end(store: Store) -> None:
    sightings = Sightings()
    noting = noting_of(sightings, store)
    noting.start()
    sightings.host("widget.test", "site.test")
    noting.close()
    assert [one.name for one in store.inventory.all()] == ["widget.test"]


def test_each_day_everything_is_noted_anew(store: Store) -> None:
    now = [1_800_000_000.0]
    sightings = Sightings()
    noting = noting_of(sightings, store, clock=lambda: now[0])
    for hours in (0, 1, 25):
        now[0] = 1_800_000_000.0 + hours * 3600
        sightings.host("widget.test", "site.test")
        noting.note()
        sightings.host("widget.test", "site.test")
        noting.note()
    [one] = store.inventory.all()
    assert (one.last_ms - one.first_ms) // 3_600_000 == 25


def test_nothing_is_lost_while_the_store_is_away(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    sightings = Sightings()
    noting = noting_of(sightings, store)
    path = store.data / LOG_FILE
    away = path.rename(path.with_name("away"))
    with caplog.at_level(logging.WARNING):
        for host in ("one.test", "two.test"):
            sightings.host(host, "site.test")
            noting.note()
    assert [record.getMessage() for record in caplog.records] == [
        "what the site uses can't be noted, and is kept: log.db is gone"
    ]
    away.rename(path)
    noting.note()
    assert [one.name for one in store.inventory.all()] == ["one.test", "two.test"]


def test_a_log_of_before_there_was_an_inventory_gets_one(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as connection:
        connection.executescript(
            "DROP INDEX records_bare; DROP TABLE seen; DROP TABLE editions; DROP TABLE stripped; DROP TABLE forgotten;"
            "ALTER TABLE notices DROP COLUMN edition; UPDATE alembic_version SET version_num = '0003_people'"
        )
    opened = open_store(tmp_path)
    noted(opened.inventory)
    opened.close()


def test_the_hosts_are_told_the_latest_first(store: Store) -> None:
    """At the start, with what this process adds, and once a minute with what others do."""
    store.inventory.note([Sighting(Kind.HOST, "old.test", How.MARKUP), GA], 1_000)
    store.inventory.note([Sighting(Kind.HOST, "spy.test", How.CALL, "spy")], 2_000)
    told: list[list[str]] = []
    now, sightings = [100.0], Sightings()
    noting = noting_of(sightings, store, learn=told.append, clock=lambda: now[0])
    noting.start()
    sightings.host("new.test", "shop.test")
    noting.note()
    store.inventory.note([Sighting(Kind.HOST, "of-another.test", How.MARKUP)], 200_000)
    noting.note()
    assert told == [["spy.test", "old.test"], ["new.test", "spy.test", "old.test"]]
    now[0] += 60
    noting.note()
    noting.close()
    assert told[2] == ["of-another.test", "new.test", "spy.test", "old.test"]
