"""Whatever a column of the log holds: whatever opens it, goes on with it or verifies it says so in a sentence, and a
withdrawal stays one. SQLite takes any value in any column, and who can write to it needs no key.
"""

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from holdback.proxy.command.app import run
from holdback.proxy.rules.model import Purpose
from holdback.proxy.rules.sighting import How, Kind, Sighting
from holdback.store.engine import schema
from holdback.store.engine.errors import StoreUnavailable
from holdback.store.events.event import Event
from holdback.store.keys.files import BadKeys
from holdback.store.log.news import Known
from holdback.store.log.person_keys import attempt
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Fault, verify
from holdback.store.site.editions import Edition
from holdback.store.store import EVENTS_FILE, LOG_FILE, Store, open_store, reading, vault_of

ADA, BOB, CARL = (f"5b0c1b0e-0000-4000-8000-00000000000{number}" for number in range(3))
VALUES = ("NULL", "''", "'x'", "'{}'", "'[]'", "-1", "9223372036854775807", "1e999", "x''", "x'00ff'")
NOTICE = b"<p>May we count?</p>"
SITE = Edition("A shop", {"acme-metrics": Purpose.ANALYTICS})


async def _fill(store: Store) -> None:
    for person, kind in ((ADA, "grant"), (ADA, "withdrawal"), (BOB, "grant"), (CARL, "grant")):
        await store.ledger.append(NewRecord(person, kind, {"analytics": kind == "grant"}))
    await store.ledger.publish_notice(hashlib.sha256(NOTICE).hexdigest(), NOTICE, "en", SITE.digest)
    store.ledger.publish(rules="{}", settings="{}")
    store.editions.keep(lambda *_: SITE, 1, 30)
    store.inventory.note([Sighting(Kind.COOKIE, "acme_id", How.HEADER, "acme-metrics", 60)], 1)
    store.spool.add({"record": {"id": BOB, "kind": "refusal", "purposes": {}}, "at": 1})
    store.ledger.drain()
    await store.events.add([Event("view", visitor=BOB, path="/")])


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("odd") / "data"
    with closing(open_store(data)) as store:
        asyncio.run(_fill(store))
        store.erase(CARL)
    return data


def _withdrawn(store: Store) -> set[str]:
    return {whose for _, whose in store.ledger.news(Known()).withdrawals}


def _goes_on(data: Path, tag: str) -> bool:
    """Whether the log is gone on with. If so, Ada's withdrawal is known."""
    try:
        with closing(open_store(data)) as store:
            assert tag in _withdrawn(store)
            store.editions.keep(lambda *_: SITE, 2, 30)
            store.inventory.note([Sighting(Kind.COOKIE, "acme_id", How.HEADER, "acme-metrics", 90)], 2)
            store.inventory.all()
            asyncio.run(store.ledger.append(NewRecord(BOB, "grant", {"analytics": True})))
    except (StoreUnavailable, BadKeys):
        return False
    return True


def _verified(data: Path) -> bool:
    with reading(data, LOG_FILE) as database:
        if isinstance(verify(database), Fault):
            return False
        try:
            vault = vault_of(database, data)
        except (StoreUnavailable, BadKeys):
            return False
        return vault is None or not isinstance(attempt(database, vault.masters), Fault)


def _changes() -> Iterator[tuple[str, str]]:
    """A column of each table, and each fact, with the statement that puts a value there."""
    for table in schema.log.sorted_tables:
        if table is not schema.facts:
            for column in table.columns:
                yield f"{table.name}.{column.name}", f"UPDATE OR IGNORE {table.name} SET {column.name} = {{}}"
    for fact in ("lookup", "master", "rules/", "settings/", "spool/", "stripped", "verifier"):
        yield f"the fact {fact}", f"UPDATE OR IGNORE facts SET value = {{}} WHERE name LIKE '{fact}%'"
    yield "the name of an adoption", "INSERT OR IGNORE INTO facts VALUES ('adopted/' || {}, '9')"


CHANGES = dict(_changes())


@pytest.mark.parametrize("where", CHANGES)
def test_anything_may_stand_anywhere(original: Path, tmp_path: Path, where: str) -> None:
    with closing(open_store(original)) as store:
        tag = store.ledger.tag(ADA)
    tried = 0
    for number, value in enumerate(VALUES):
        data = shutil.copytree(original, tmp_path / str(number))
        # What must not be NULL stays as it is; of a key that all rows would share, one row has it.
        with suppress(sqlite3.IntegrityError), closing(sqlite3.connect(data / LOG_FILE)) as raw, raw:
            tried += raw.execute(CHANGES[where].format(value)).rowcount > 0
        _verified(data)
        _goes_on(data, tag)
    assert tried


COMMANDS = (
    "log export",
    "log export --format csv",
    "log export --format archive --output {tmp}/log.tar.gz",
    "log show 1",
    "log counters",
    "events export",
    "events top",
    "today",
    "site",
    "report breach --since 2026-11-01",
    f"subject export {BOB}",
    f"subject withdraw {BOB}",
)
BY_COMMANDS = [
    (LOG_FILE, "UPDATE records SET leaf = 'x'"),
    (LOG_FILE, "UPDATE records SET salt = 7"),
    (LOG_FILE, "UPDATE heads SET time_ms = 'x'"),
    (LOG_FILE, "UPDATE erased SET mark = x'00ff'"),
    (LOG_FILE, "UPDATE notices SET html = 'x'"),
    (LOG_FILE, "UPDATE seen SET first_ms = 'x'"),
    (LOG_FILE, "UPDATE seen SET last_ms = 9223372036854775807"),
    (EVENTS_FILE, "UPDATE events SET time_ms = 'x', received_ms = x'00ff'"),
    (EVENTS_FILE, "UPDATE events SET name = x'00ff'"),
    (EVENTS_FILE, "UPDATE events SET sealed = 'x'"),
    (EVENTS_FILE, "UPDATE event_keys SET tag = x'00ff'"),
]


@pytest.mark.parametrize(("file", "change"), BY_COMMANDS)
def test_every_command_says_so_in_a_sentence(
    original: Path, tmp_path: Path, file: str, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shutil.copytree(original, tmp_path / "data")
    with closing(sqlite3.connect(data / file)) as raw, raw:
        assert raw.execute(change).rowcount
    for command in COMMANDS:
        status = run([*command.format(tmp=tmp_path).split(), "--data", str(data)])
        said = capsys.readouterr().err
        assert status in {0, 1, 2}
        assert status == 0 or said.startswith("holdback: "), command
        assert "Traceback" not in said


def test_without_any_of_them_it_goes_on(original: Path, tmp_path: Path) -> None:
    """The healthy twin."""
    data = shutil.copytree(original, tmp_path / "data")
    with closing(open_store(data)) as store:
        tag = store.ledger.tag(ADA)
        assert tag in _withdrawn(store)
    assert _verified(data)
    assert _goes_on(data, tag)
