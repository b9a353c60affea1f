"""Events: what they say is sealed, their visitor is known, and nothing is left of a visitor who was forgotten."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.events import forgotten
from holdback.store.events.event import Circumstances, Event
from holdback.store.events.events import stored
from holdback.store.events.people import visitors_called
from holdback.store.keys.master import DEFAULT, MasterKeys
from holdback.store.log.records import NewRecord
from holdback.store.store import EVENTS_FILE, LOG_FILE, Store, open_store, reading, reading_events, vault_of
from holdback.store.upkeep import master_rotation

ONE, OTHER = "5b0c1b0e-0000-4000-8000-000000000001", "5b0c1b0e-0000-4000-8000-000000000002"
SECRET = "ada@example.com"
TABLES = ("events", "event_keys", "known_as")
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def bought(visitor: str | None, person: str = SECRET, **more: Any) -> Event:
    return Event(
        "bought",
        properties={"favourite cup": person},
        visitor=visitor,
        person=person,
        aliases=(person,),
        **more,
    )


def kept(data: Path, *whose: Any) -> list[dict[str, Any]]:
    with reading(data, LOG_FILE) as log, reading_events(data) as events:
        return list(stored(events, vault_of(log, data), *whose))


def raw(data: Path, query: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(data / EVENTS_FILE)) as database, database:
        return database.execute(query, values).fetchall()


def put_back(data: Path, backup: dict[str, list[Any]]) -> None:
    """Rows that are missing, as they were."""
    for table, found in backup.items():
        for row in found:
            raw(data, f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", *row)


def traces(data: Path, *texts: str) -> list[str]:
    content = b"".join(path.read_bytes() for path in data.glob("events.db*"))
    return [text for text in texts if text.encode() in content]


async def test_what_an_event_says_is_not_in_the_file(store: Store, tmp_path: Path) -> None:
    seen = Circumstances.of(
        page="/coffee?utm_source=news&mail=ada", referrer="https://other.test/x?y", agent=PHONE, country="DE"
    )
    await store.events.add([bought(ONE, path="/coffee", seen=seen)])
    [event] = kept(tmp_path)
    assert (event["visitor"], event["person"], event["properties"]) == (
        ONE,
        SECRET,
        {"favourite cup": SECRET},
    )
    assert (event["referrer"], event["source"], event["device"], event["country"]) == (
        "other.test",
        "news",
        "phone",
        "DE",
    )
    assert traces(tmp_path, ONE, SECRET, "mail=ada", "favourite cup") == []
    assert traces(tmp_path, "bought", "/coffee", store.ledger.tag(ONE)) != []


async def test_of_who_is_forgotten_nothing_is_left(store: Store, tmp_path: Path) -> None:
    await store.events.add([bought(ONE), bought(OTHER, "bob"), bought(None)])
    secrets = dict(raw(tmp_path, "SELECT tag, wrapped FROM event_keys"))
    assert len(secrets) == 3
    assert store.events.visitors_of([SECRET, "bob", "nobody"]) == {
        SECRET: {store.ledger.tag(ONE)},
        "bob": {store.ledger.tag(OTHER)},
        "nobody": set(),
    }
    assert store.events.erase(ONE) == 1
    assert store.events.erase(people=[SECRET]) == 1, "what was said of them without a visitor"
    assert store.databases[1].settle()
    assert [event["visitor"] for event in kept(tmp_path)] == [OTHER]
    assert store.events.visitors_of([SECRET]) == {SECRET: set()}
    content = (tmp_path / EVENTS_FILE).read_bytes()
    left = [tag for tag, secret in secrets.items() if secret in content]
    assert left == [store.ledger.tag(OTHER)]
    assert [len(raw(tmp_path, f"SELECT * FROM {table}")) for table in ("event_keys", "known_as")] == [1, 1]


async def test_who_was_erased_does_not_come_back_with_a_backup(store: Store, tmp_path: Path) -> None:
    await store.events.add([bought(ONE), bought(OTHER, "bob"), bought(None)])
    backup = {table: raw(tmp_path, f"SELECT * FROM {table}") for table in TABLES}
    assert store.erase(ONE, people=[SECRET]).events == 2
    was = {table: raw(tmp_path, f"SELECT * FROM {table}") for table in TABLES}
    assert store.erase_again() == 0
    put_back(tmp_path, backup)
    await store.events.add([bought(OTHER, SECRET)])
    assert SECRET in str(kept(tmp_path))
    with reading(tmp_path, LOG_FILE) as log, reading_events(tmp_path) as tables:
        assert forgotten.there_again(tables, forgotten.in_log(log)) == 2
    # Who agrees anew is somebody's customer again: what came since the erasure is theirs.
    later = max(ms for (ms,) in raw(tmp_path, "SELECT received_ms FROM events")) + 60_000
    raw(tmp_path, "UPDATE events SET received_ms = ? WHERE id = (SELECT max(id) FROM events)", later)
    raw(tmp_path, "UPDATE known_as SET since_ms = ? WHERE visitor = ?", later, store.ledger.tag(OTHER))
    assert store.erase_again() == 2
    assert [(event["visitor"], event["person"]) for event in kept(tmp_path)] == [
        (OTHER, "bob"),
        (OTHER, SECRET),
    ]
    tags = {tag for (tag,) in raw(tmp_path, "SELECT tag FROM event_keys")}
    assert tags == {tag for _, tag, *_ in was["event_keys"]}
    assert {visitor for _, visitor, _ in raw(tmp_path, "SELECT * FROM known_as")} == {store.ledger.tag(OTHER)}
    with reading(tmp_path, LOG_FILE) as log, reading_events(tmp_path) as tables:
        assert forgotten.there_again(tables, forgotten.in_log(log)) == 0


async def test_many_come_back_at_once(store: Store, tmp_path: Path) -> None:
    many = [f"5b0c1b0e-0000-4000-8000-{number:012}" for number in range(1200)]
    await store.events.add([bought(visitor, "") for visitor in many])
    backup = {table: raw(tmp_path, f"SELECT * FROM {table}") for table in TABLES}
    forgotten.remember(store.databases[0], store.events.tags_of(many), int(time.time() * 1000) + 1000)
    assert store.erase_again() == 1200
    put_back(tmp_path, backup)
    assert (store.erase_again(), kept(tmp_path), raw(tmp_path, "SELECT * FROM event_keys")) == (1200, [], [])


async def test_a_person_is_found_by_what_sdks_call_them(store: Store, tmp_path: Path) -> None:
    await store.ledger.append(NewRecord(ONE, "grant", {"analytics": True}))
    await store.ledger.append(NewRecord(ONE, "withdrawal", {"analytics": False}))
    await store.events.add([bought(ONE), bought(OTHER, "bob")])
    with reading(tmp_path, LOG_FILE) as log, reading_events(tmp_path) as events:
        vault = vault_of(log, tmp_path)
        assert vault is not None
        assert visitors_called(log, events, vault, SECRET) == [ONE]
        assert visitors_called(log, events, vault, "bob") == [], "the log has nothing of them"
    assert [event["person"] for event in kept(tmp_path, [OTHER])] == ["bob"]
    await store.events.add([Event("seen", visitor=ONE), Event("seen", visitor=OTHER)])
    assert [event["person"] for event in kept(tmp_path, [], [SECRET])] == [SECRET, None]
    assert [event["person"] for event in kept(tmp_path, [], ["bob"])] == ["bob", None]
    assert store.events.erase(people=["bob"]) == 2
    assert [event["visitor"] for event in kept(tmp_path)] == [ONE, ONE]
    assert kept(tmp_path, [], ["nobody"]) == []


async def test_events_of_before_are_sealed_when_the_store_is_opened(store: Store, tmp_path: Path) -> None:
    await store.events.add([bought(OTHER)])
    for number in range(3):
        raw(
            tmp_path,
            "INSERT INTO events (time_ms, name, visitor, path, properties) VALUES (?, 'old', ?, '/', ?)",
            number,
            ONE if number else None,
            json.dumps({"mail": SECRET}),
        )
    assert [event["properties"] for event in kept(tmp_path)][:3] == [{"mail": SECRET}] * 3
    assert traces(tmp_path, ONE, SECRET) == [ONE, SECRET]
    assert store.events.seal_old() == 3
    assert store.events.seal_old() == 0
    store.databases[1].settle()
    assert traces(tmp_path, ONE, SECRET) == []
    assert [event["visitor"] for event in kept(tmp_path)] == [None, ONE, ONE, OTHER]
    assert [event["properties"] for event in kept(tmp_path)][:3] == [{"mail": SECRET}] * 3
    assert store.events.erase(ONE) == 2


async def test_a_key_goes_with_the_last_event_that_it_seals(store: Store, tmp_path: Path) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    await store.events.add([bought(ONE, time=long_ago), bought(ONE, time=long_ago), bought(OTHER, "bob")])
    raw(tmp_path, "UPDATE known_as SET since_ms = 1")
    assert store.events.expire(int(datetime(2021, 1, 1, tzinfo=UTC).timestamp() * 1000)) == 2
    assert raw(tmp_path, "SELECT tag FROM event_keys") == [(store.ledger.tag(OTHER),)]
    assert raw(tmp_path, "SELECT visitor FROM known_as") == [(store.ledger.tag(OTHER),)]
    await store.events.add([bought(ONE)])
    assert [event["visitor"] for event in kept(tmp_path)] == [OTHER, ONE]


async def test_one_bad_key_keeps_nobody_elses_events_back(store: Store, tmp_path: Path) -> None:
    await store.events.add([bought(ONE), bought(OTHER, "bob"), bought(OTHER, "bob")])
    raw(tmp_path, "UPDATE event_keys SET wrapped = x'00' WHERE tag = ?", store.ledger.tag(ONE))
    told = kept(tmp_path)
    assert [(event["visitor"], event.get("missing")) for event in told] == [
        (None, "unreadable"),
        (OTHER, None),
        (OTHER, None),
    ]
    raw(tmp_path, "UPDATE events SET sealed = x'00112233445566778899aabbccddee' WHERE id = 2")
    assert [event.get("missing") for event in kept(tmp_path)] == ["unreadable", "unreadable", None]
    with pytest.raises(StoreUnavailable):
        await store.events.add([bought(ONE)])


async def test_a_key_opens_for_nobody_else(store: Store, tmp_path: Path) -> None:
    """Whoever can write to the file does not make one visitor's events those of another."""
    await store.events.add([bought(ONE), bought(OTHER, "bob")])
    [one, other] = raw(tmp_path, "SELECT id, wrapped FROM event_keys")
    for (id_, _), (_, wrapped) in ((one, other), (other, one)):
        raw(tmp_path, "UPDATE event_keys SET wrapped = ? WHERE id = ?", wrapped, id_)
    assert [event.get("missing") for event in kept(tmp_path)] == ["unreadable"] * 2


async def test_a_new_master_key_wraps_them_all(store: Store, tmp_path: Path) -> None:
    await store.ledger.append(NewRecord(ONE, "grant", {"analytics": True}))
    await store.events.add([bought(ONE), bought(OTHER), bought(None, "")])
    masters = MasterKeys(DEFAULT, tmp_path)
    *_, last = master_rotation.rotate(store, masters)
    assert (last.done, last.total) == (4, 4)
    await store.events.add([bought("new")])
    assert master_rotation.retire(store, masters) == 1
    names = {row[0] for row in raw(tmp_path, "SELECT master FROM event_keys")}
    assert names == {masters.load()[0].name}
    assert [event["person"] for event in kept(tmp_path)] == [SECRET, SECRET, None, SECRET]


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (PHONE, "phone"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/156.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-X910) Chrome/156.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "tablet"),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 9.0) TV Safari/537.36", "tv"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "computer"),
        ("python-requests/2.32", "bot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bot"),
        ("Mozilla/5.0 (compatible; YandexBot/3.0)", "bot"),
        ("Baiduspider/2.0", "bot"),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/150.0 Mobile Safari/537.36", "phone"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/156.0.0.0 Safari/537.36",
            "computer",
        ),
        ("Example/1.0", ""),
        ("", ""),
    ],
)
def test_the_kind_of_device(agent: str, device: str) -> None:
    assert Circumstances.of(agent=agent).device == device


@pytest.mark.parametrize(
    ("page", "referrer", "found"),
    [
        ("/a", "https://Shop.test/b", ("", "")),
        ("/a", "https://ada:secret@news.test:8443/?q=1", ("news.test:8443", "")),
        ("/a?x=1&utm_campaign=spring%20sale#utm_campaign=no", "", ("", "spring sale")),
        ("https://shop.test/?utm_campaign=%00a&utm_term=secret", "not an address", ("", "a")),
        (f"/?utm_campaign={'x' * 200}", "https://[", ("", "x" * 100)),
        ("/?" + "&".join(["utm_campaign=a"] * 200), "", ("", "")),
    ],
)
def test_where_a_visit_came_from(page: str, referrer: str, found: tuple[str, str]) -> None:
    seen = Circumstances.of(page=page, referrer=referrer, host="shop.test")
    assert (seen.referrer, seen.campaign) == found
