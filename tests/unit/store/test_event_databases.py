"""Events in SQLite, PostgreSQL and ClickHouse: the same input gives the same rows and the same answers.

ClickHouse is the library that its makers publish, in the test's own process.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver import create_client
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.events import figures, forgotten
from holdback.store.events.event import BOT, OF_A_SERVER, VIEW, Circumstances, Event
from holdback.store.events.events import following, newest, stored
from holdback.store.events.figures import Period, Visits
from holdback.store.log.records import NewRecord
from holdback.store.store import Store, StoreLocation
from sqlalchemy import func, select

from tests.support.postgres import Postgres, postgres_running

ENGINES = ("sqlite", "postgres", "clickhouse")
ADA, BOB = "5b0c1b0e-0000-4000-8000-000000000001", "5b0c1b0e-0000-4000-8000-000000000002"
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
DAY = Period(int(NOON.timestamp() * 1000) - 43_200_000, int(NOON.timestamp() * 1000) + 43_200_000)
FROM_NEWS = Circumstances(referrer="news.test", source="news", device="phone", country="DE")


@dataclass
class Place:
    """A store, and where it is."""

    where: StoreLocation
    store: Store

    def add(self, *events: Event) -> None:
        asyncio.run(self.store.events.add(events))

    def kept(self, *whose: Any) -> list[dict[str, Any]]:
        with self.where.reading("log.db") as log, self.where.reading_events() as tables:
            return list(stored(tables, self.where.vault(log), *whose))

    def asked[T](self, question: Callable[..., T], *more: Any) -> T:
        with self.where.reading_events() as tables:
            return question(tables, *more)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_running() as running:
        yield running


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The address of a new database in the one folder that a process may have open."""
    folder = tmp_path_factory.mktemp("clickhouse")
    with create_client(dsn=f"chdb://{folder}") as client:

        def made(name: str) -> str:
            client.command(f"CREATE DATABASE {name}")
            return f"chdb://{folder}?database={name}"

        yield made


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    url, events_url, name = "", "", f"test_{uuid.uuid4().hex}"
    if request.param == "postgres":
        url = request.getfixturevalue("server").url(name)
    elif request.param == "clickhouse":
        events_url = request.getfixturevalue("embedded")(name)
    where = StoreLocation(tmp_path / "data", url=url, events_url=events_url)
    store = where.open()
    yield Place(where, store)
    store.close()


def view(visitor: str | None, minutes: float, uid: str | None = None, path: str = "/", **more: Any) -> Event:
    return Event(VIEW, NOON + timedelta(minutes=minutes), {"n": uid}, visitor, path, uid, **more)


def said(name: str, person: str, minutes: float = 0, visitor: str | None = None, **more: Any) -> Event:
    return Event(
        name, NOON + timedelta(minutes=minutes), {"é\ud800": [1.5, None]}, visitor, person=person, **more
    )


def test_what_is_kept_is_given_back(place: Place) -> None:
    place.add(
        view(ADA, 1, "posthog:1", "/shop?é='\\", seen=FROM_NEWS),
        said("bought", "ada", visitor=ADA, aliases=("ada",)),
        Event("bare"),
    )
    first, second = place.kept()[:2]
    assert second == {
        "time": "2026-11-03T12:01:00.000Z",
        "event": VIEW,
        "visitor": ADA,
        "person": None,
        "path": "/shop?é='\\",
        "properties": {"n": "posthog:1"},
        "referrer": "news.test",
        "source": "news",
        "medium": None,
        "campaign": None,
        "device": "phone",
        "country": "DE",
        "id": "posthog:1",
        "received": second["received"],
    }
    assert (first["person"], first["properties"], first["id"]) == ("ada", {"é\ud800": [1.5, None]}, None)
    assert place.kept([ADA]) == [first, second]
    assert place.kept([], ["ada"]) == [first, second]
    assert place.kept([BOB], ["bob"]) == []


def test_one_event_an_id(place: Place) -> None:
    """In one batch, in a later one, and with another time: a retry's clock may have been set meanwhile."""
    place.add(view(ADA, 0, "a"), view(ADA, 0, "a"), view(ADA, 0, "b"), view(ADA, 0), view(ADA, 0))
    place.add(view(ADA, 90_000, "a"), view(BOB, 0, "b"), view(ADA, 1, "c"), view(ADA, 0))
    assert [event["id"] for event in place.kept()] == ["a", "b", None, None, None, "c"]


def test_the_same_questions_have_the_same_answers(place: Place) -> None:
    place.add(
        *(view(ADA, minutes, path="/a", seen=FROM_NEWS) for minutes in (0, 29, 58, 90)),
        *(view(BOB, minutes, path="/b") for minutes in (-600, 5)),
        said("bought", "ada", 6, ADA),
        said("paid", "ada", 7, ADA, seen=OF_A_SERVER),
        *(view(None, minutes, path="/b", seen=Circumstances(device=BOT)) for minutes in (5, 6)),
        view(ADA, 60 * 24),
        view(ADA, -60 * 24),
    )
    assert place.asked(figures.visits, DAY) == Visits(
        views=6, events=1, visitors=2, sessions=4, by_server=1, by_bots=2
    )
    assert place.asked(figures.top, DAY, "name", 10) == [(VIEW, 6, 2), ("bought", 1, 1), ("paid", 1, 1)]
    assert place.asked(figures.top, DAY, "path", 1) == [("/a", 4, 1)]
    assert place.asked(figures.top, DAY, "source", 10) == [("news", 4, 1)]
    assert place.asked(figures.top, DAY, "device", 10) == [("phone", 4, 1), ("bot", 2, 0), ("server", 1, 1)]
    trend = place.asked(figures.trend, DAY, 6 * 3_600_000)
    assert trend == [
        ("2026-11-03T00:00Z", 1, 1),
        ("2026-11-03T06:00Z", 0, 0),
        ("2026-11-03T12:00Z", 7, 2),
        ("2026-11-03T18:00Z", 0, 0),
    ]
    assert place.asked(figures.trend, DAY, 43_200_000, "bought")[1] == ("2026-11-03T12:00Z", 1, 1)
    assert place.asked(figures.visits, Period(0, 1)) == Visits()
    assert place.asked(figures.top, Period(0, 1), "path", 5) == []


def test_what_comes_is_followed(place: Place) -> None:
    assert place.asked(newest) == 0
    place.add(*(view(ADA, 0, str(number)) for number in range(5)))
    vault = place.store.events._keys._vault
    found = place.asked(following, vault, 0)
    assert [line["id"] for _, _, line in found] == list("01234")
    place.add(view(ADA, -1, "5"))
    assert [line["id"] for _, _, line in place.asked(following, vault, found[-1][0])] == ["5"]
    assert place.asked(newest) > found[-1][0]


def test_of_who_is_forgotten_nothing_is_left(place: Place) -> None:
    asyncio.run(place.store.ledger.append(NewRecord(ADA, "grant", {"analytics": True})))
    place.add(
        said("x", "ada", visitor=ADA, aliases=("ada",)), said("x", "bob", visitor=BOB, aliases=("bob",))
    )
    place.add(said("of a server", "ada", seen=OF_A_SERVER))
    done = place.store.erase(ADA, people=["ada"])
    assert (done.records, done.events, done.settled) == (1, 2, True)
    assert [event["visitor"] for event in place.kept()] == [BOB]
    assert place.kept([ADA], ["ada"]) == []
    assert place.store.events.visitors_of(["ada", "bob"])["ada"] == set()
    place.add(said("x", "ada", visitor=ADA))
    assert len(place.kept([ADA])) == 1


def test_who_was_erased_and_is_there_again_goes_again(place: Place) -> None:
    """Events under the tags of who was erased: from before, as a backup brings them back, and from after."""
    place.add(said("bought", "ada", visitor=ADA, aliases=("ada",)), said("bought", "bob", visitor=BOB))
    assert place.store.erase_again() == 0
    forgotten.remember(
        place.store.databases[0], place.store.events.tags_of([], ["ada"]), int(time.time() * 1000) + 60_000
    )
    assert place.store.erase_again() == 1
    assert {line["person"] for line in place.kept()} == {"bob"}
    forgotten.remember(place.store.databases[0], place.store.events.tags_of([BOB]), 1)
    assert (place.store.erase_again(), len(place.kept())) == (0, 1)


def test_what_is_too_old_goes_with_its_keys(place: Place) -> None:
    place.add(view(ADA, 0), view(ADA, 1), view(BOB, 2))
    before = int((NOON + timedelta(minutes=2)).timestamp() * 1000)
    assert place.store.events.expire(before) == 2
    assert place.store.events.expire(before) == 0
    assert [event["visitor"] for event in place.kept()] == [BOB]
    with place.where.reading_events() as tables, tables.keys.reading() as connection:
        from holdback.store.engine.schema import event_keys

        tags = list(connection.execute(select(event_keys.c.tag)).scalars())
    assert tags == [place.store.ledger.tag(BOB)]


def test_a_row_does_not_outlive_a_transaction_that_fails(place: Place) -> None:
    """What is answered by an error comes again, and is there once."""
    keys = place.store.events._keys
    real, calls = keys.of, []

    def of(connection: Any, tags: Any) -> Any:
        calls.append(tags)
        found = real(connection, tags)
        if len(calls) == (2 if place.where.events_url else 1):
            raise StoreUnavailable("the disk is full")
        return found

    keys.of = of  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        place.add(view(ADA, 0, "a"))
    place.add(view(ADA, 0, "a"))
    assert [(event["visitor"], event["id"]) for event in place.kept()] == [(ADA, "a")]


def test_thousands_at_once(place: Place) -> None:
    """What is written together grows with what waits."""
    place.add(*(view(ADA, number / 10, str(number)) for number in range(9000)))
    place.add(*(view(ADA, number / 10, str(number)) for number in range(10_000)))
    with place.where.reading_events() as tables, tables.rows.reading() as connection:
        from holdback.store.engine.schema import events

        assert connection.execute(select(func.count()).select_from(events)).scalar_one() == 10_000
    assert len(place.kept([ADA])) == 10_000
