"""Somebody of ten thousand wants to be forgotten, while the proxy serves."""

import json
import sqlite3
import uuid
from dataclasses import dataclass
from pathlib import Path

from holdback.store.events.event import Event
from holdback.store.log.records import NewRecord
from holdback.store.store import EVENTS_FILE, LOG_FILE, open_store, reading, vault_of

from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor, visitor_id

JSON = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]


CROWD = 10_000


def _crowd(data: Path) -> str:
    """Ten thousand people who chose, and did something; the id of one of them."""
    people = [str(uuid.uuid4()) for _ in range(CROWD)]
    store = open_store(data)
    try:
        for start in range(0, CROWD, 500):
            part = people[start : start + 500]
            store.ledger._append([NewRecord(person, "grant", {"analytics": True}) for person in part])
            store.events._commit(
                [[store.events._prepared(Event("bought", visitor=person), 1) for person in part]]
            )
    finally:
        store.close()
    return people[CROWD // 3]


@dataclass(frozen=True)
class Kept:
    """What the database has of one person, beside the leaves: bytes that must be found nowhere afterwards."""

    secrets: tuple[bytes, ...]

    @classmethod
    def of(cls, data: Path, id_: str) -> "Kept":
        """Salt, ciphertext and wrapped key of their records, the same of their events, and their id."""
        with reading(data, LOG_FILE) as log:
            vault = vault_of(log, data)
            assert vault is not None
            tag = vault.tag(id_)
        database = sqlite3.connect(data / LOG_FILE)
        query = "SELECT salt, substr(payload, 61), wrapped FROM records JOIN people ON id = key_id WHERE person = ?"
        rows = database.execute(query, [tag]).fetchall()
        database.close()
        assert rows
        database = sqlite3.connect(data / EVENTS_FILE)
        query = (
            "SELECT sealed, wrapped FROM events JOIN event_keys ON event_keys.id = key_id WHERE visitor = ?"
        )
        rows += database.execute(query, [tag]).fetchall()
        database.close()
        assert len(rows[-1]) == 2
        return cls((id_.encode(), *(part for row in rows for part in row)))

    def found(self, data: Path) -> list[str]:
        """The files in which any of it is, or the first half of it."""
        return [
            path.name
            for path in data.iterdir()
            for content in [path.read_bytes()]
            if any(secret in content or secret[: len(secret) // 2] in content for secret in self.secrets)
        ]


def _traces(data: Path, text: str) -> list[str]:
    """The files of *data* in which the bytes of *text* are."""
    return [path.name for path in data.iterdir() if text.encode() in path.read_bytes()]


def _chosen(proxy: Holdback, name: str) -> tuple[Visitor, str]:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    event = json.dumps({"event": name, "properties": {"secret": f"of {name}"}}).encode()
    assert json.loads(visitor.post("/_hb/events", event, JSON).body) == {"stored": 1}
    return visitor, visitor_id(visitor.signed)


def test_one_of_many_is_forgotten(origin: Origin, tmp_path: Path) -> None:
    data = tmp_path / "data"
    somebody = _crowd(data)
    with serving(origin.url, data, options=["--workers", "2"]) as proxy:
        before = [_chosen(proxy, f"other {number}")[1] for number in range(3)]
        visitor, id_ = _chosen(proxy, "somebody")
        after = _chosen(proxy, "another")[1]
        visitor.jar["_ga"] = "1"
        visitor.get()
        assert "_ga=1" in origin.last.get("cookie")

        exported = proxy.command("subject", "export", id_)
        rows = [json.loads(line) for line in exported.stdout.splitlines()]
        assert (rows[0]["what"], rows[0]["kind"], rows[0]["id"]) == ("record", "grant", id_)
        events = [row for row in rows if row["what"] == "event"]
        assert {"secret": "of somebody"} in [event["properties"] for event in events]
        assert {event["visitor"] for event in events} == {id_}

        kept = [Kept.of(data, person) for person in (id_, somebody, before[0])]
        assert [one.found(data) != [] for one in kept] == [True] * 3
        assert proxy.command("subject", "erase", somebody).returncode == 0
        erased = proxy.command("subject", "erase", id_, "--json")
        assert erased.returncode == 0, erased.stderr
        assert json.loads(erased.stdout) == {
            "records": 2,
            "events": len(events),
            "index": CROWD + 9,
            "indexes": [CROWD + 9],
            "settled": True,
        }
        assert [one.found(data) != [] for one in kept] == [False, False, True]
        assert _traces(data, "of somebody") == []
        assert _traces(data, before[0]) == [], "nobody's id is there in the clear"

        def forgotten() -> bool:
            visitor.jar["_ga"] = "1"
            visitor.get()
            return "_ga" not in origin.last.get("cookie")

        until(forgotten, "the cookie to grant nothing")
        for _ in range(8):  # whichever worker answers
            assert forgotten()

        records = [record for record in proxy.records() if record["kind"] not in ("published", "disclosed")]
        assert len({record["id"] for record in records[:CROWD]}) == CROWD, "one of them is the empty one"
        assert [record["id"] for record in records[CROWD:]] == [*before, "", after, "", ""]
        assert [record["kind"] for record in records[-2:]] == ["erased"] * 2
        acting = {event["visitor"] for event in proxy.events()}
        assert acting >= {*before, after}
        assert not acting & {id_, somebody}
        assert proxy.command("log", "verify").returncode == 0
        archive = tmp_path / "log.tar.gz"
        written = proxy.command("log", "export", "--format", "archive", "--output", str(archive))
        assert written.returncode == 0, written.stderr
        checked = holdback("log", "verify", "--archive", str(archive))
        assert checked.returncode == 0, checked.stderr

        again = proxy.command("subject", "erase", id_)
        assert (again.returncode, again.stderr) == (1, f"holdback: Nothing is kept of {id_}.\n")
        assert proxy.fetch("/_hb/log/checkpoint").text.split("\n")[1] == str(CROWD + 10)
        visitor.choose("accept-all")
        assert visitor_id(visitor.signed) != id_


def test_a_backup_brings_nobody_back(origin: Origin, tmp_path: Path) -> None:
    """The events are put back as they were before: `log verify` says so, and the next start erases them again."""
    data = tmp_path / "data"
    with serving(origin.url, data) as proxy:
        id_ = _chosen(proxy, "somebody")[1]
        other = _chosen(proxy, "another")[1]
    backup = {path: path.read_bytes() for path in data.glob("events.db*")}
    erased = holdback("subject", "erase", id_, "--data", str(data))
    assert (erased.returncode, erased.stderr) == (0, "")
    assert holdback("log", "verify", "--data", str(data)).returncode == 0
    for path in data.glob("events.db*"):
        path.unlink()
    for path, content in backup.items():
        path.write_bytes(content)
    told = holdback("log", "verify", "--data", str(data))
    assert told.returncode == 1
    assert "events of people who were erased are there again" in told.stderr
    with serving(origin.url, data) as proxy:
        until(lambda: {event["visitor"] for event in proxy.events()} == {other}, "the events to go")
        until(lambda: "are erased" in proxy.process.output, "a word of it")
        assert proxy.command("log", "verify").returncode == 0
