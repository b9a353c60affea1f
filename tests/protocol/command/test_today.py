"""``holdback today``, ``holdback events top`` and ``trend``: the first questions, on a folder that the store made."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from holdback.proxy.command.app import run
from holdback.proxy.rules.sighting import How, Kind, Sighting
from holdback.store.events.event import OF_A_SERVER, Circumstances, Event
from holdback.store.log.records import COUNTERS, NewRecord
from holdback.store.log.spool import Spool
from holdback.store.store import open_store

COUNTED = {"held": {"cookie": {"acme": 3}, "script": {"acme": 2}}, "released": {"cookie": {"film": 4}}}


def _answers() -> list[NewRecord]:
    partial = [
        NewRecord(f"p{number}", "partial", {"analytics": agreed, "media": True})
        for number, agreed in enumerate((True, False))
    ]
    grants = [NewRecord(f"g{number}", "grant", {"analytics": True}) for number in range(3)]
    refusals = [
        NewRecord("r", "refusal", {"analytics": False}),
        NewRecord("g0", "withdrawal", {"analytics": False}),
    ]
    return [*grants, *partial, *refusals]


@pytest.fixture
def now() -> datetime:
    """When a test begins: a suite that was collected before midnight has another today."""
    return datetime.now(UTC)


@pytest.fixture
def month_ago(now: datetime) -> datetime:
    return now - timedelta(days=40)


@pytest.fixture
async def data(tmp_path: Path, now: datetime, month_ago: datetime) -> Path:
    """Of forty days ago one grant, one view and one host; of today what is counted."""
    folder = tmp_path / "data"
    store = open_store(folder)
    try:
        store.ledger._clock = month_ago.timestamp
        await store.ledger.append(NewRecord("old", "grant", {"analytics": True}))
        store.ledger._clock = now.timestamp
        for record in _answers():
            await store.ledger.append(record)
        await store.ledger.append(NewRecord("", COUNTERS, {}, how="proxy", counters=COUNTED))
        store.inventory.note([Sighting(Kind.HOST, "old.test", How.MARKUP)], int(month_ago.timestamp() * 1000))
        store.inventory.note(
            [Sighting(Kind.HOST, "new.test", How.MARKUP, "acme")], int(now.timestamp() * 1000)
        )
        views = [Event("page view", now, visitor=f"v{number % 2}", path=f"/{number}") for number in range(3)]
        await store.events.add(
            [
                *views,
                Event("bought", now, visitor="v0", path="/0"),
                Event("page view", month_ago, visitor="old", path="/"),
            ]
        )
    finally:
        store.close()
    return folder


def _said(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert run([str(argument) for argument in (*arguments, "--json")]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_day(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = _said(capsys, "today", "--data", data)
    assert day["answers"] == {"grant": 3, "partial": 2, "refusal": 1, "withdrawal": 1}
    assert day["consent_rate"] == round(4 / 7, 4)
    assert (day["views"], day["events"], day["visitors"]) == (3, 1, 2)
    assert day["services"] == {
        "acme": {"held": 5, "released": 0, "escaped": 0},
        "film": {"held": 0, "released": 4, "escaped": 0},
    }
    assert [thing["name"] for thing in day["new"]] == ["new.test"]
    assert day["wrong"] == []


def test_more_days_have_more(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = _said(capsys, "today", "--data", data, "--days", "60")
    assert days["answers"]["grant"] == 4
    assert days["views"] == 4
    assert {thing["name"] for thing in days["new"]} == {"new.test", "old.test"}


def test_a_screen_for_people(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["today", "--data", str(data)]) == 0
    screen = " ".join(capsys.readouterr().out.split())
    assert "57% of the answers allow statistics" in screen
    assert "2 visitors in 2 sessions, 3 page views, 1 other events" in screen
    assert "new.test" in screen
    assert "Nothing is wrong" in screen


def test_a_folder_in_which_nothing_has_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_store(tmp_path).close()
    day = _said(capsys, "today", "--data", tmp_path)
    assert (day["consent_rate"], day["views"], day["counted"], day["wrong"]) == (None, 0, False, [])
    assert run(["today", "--data", str(tmp_path)]) == 0
    assert "nobody has answered" in capsys.readouterr().out


def test_without_the_master_key_what_allows_a_part_is_not_counted(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "master.keys").unlink()
    day = _said(capsys, "today", "--data", data)
    assert (day["unread"], day["consent_rate"]) == (2, 0.6)


def test_what_is_wrong_is_said(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "log.key").chmod(0o644)
    Spool(data).add({"record": {}, "at": 0})
    with closing(sqlite3.connect(data / "log.db")) as raw, raw:
        raw.execute("UPDATE records SET salt = NULL, payload = NULL, person = NULL WHERE idx = 1")
    wrong = " ".join(_said(capsys, "today", "--data", data)["wrong"])
    for part in ("emptied", "log.key can be read by others", "1 refusals wait"):
        assert part in wrong


def test_the_commonest_events(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(capsys, "events", "top", "--data", data) == [
        {"name": "page view", "events": 3, "visitors": 2},
        {"name": "bought", "events": 1, "visitors": 1},
    ]
    assert _said(capsys, "events", "top", "--by", "path", "-n", "1", "--data", data) == [
        {"path": "/0", "events": 2, "visitors": 1}
    ]


async def test_sessions_end_after_half_an_hour_and_no_server_is_a_visitor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    phone = Circumstances(device="phone", referrer="news.test", campaign="spring")
    store = open_store(tmp_path)
    try:
        await store.events.add(
            [
                *(
                    Event("page view", now - timedelta(minutes=ago), visitor="v", seen=phone)
                    for ago in (
                        0,
                        29,
                        59,
                        120,
                        151,
                    )  # 31 minutes between the second and the first, 61 and 31 more
                ),
                Event("page view", now, visitor="w", seen=Circumstances(device="computer")),
                Event("page view", now),
                Event("paid", now, visitor="v", person="ada", seen=OF_A_SERVER),
                Event("paid", now, person="bob", seen=OF_A_SERVER),
            ]
        )
    finally:
        store.close()
    day = _said(capsys, "today", "--data", tmp_path, "--days", "2")
    assert {name: day[name] for name in ("views", "events", "visitors", "sessions", "by_server")} == {
        "views": 7,
        "events": 0,
        "visitors": 2,
        "sessions": 4,
        "by_server": 2,
    }
    assert run(["today", "--data", str(tmp_path), "--days", "2"]) == 0
    assert "Sent by your server of people who agree: 2 events." in capsys.readouterr().out
    assert _said(capsys, "events", "top", "--by", "device", "--data", tmp_path) == [
        {"device": "phone", "events": 5, "visitors": 1},
        {"device": "server", "events": 2, "visitors": 1},
        {"device": "computer", "events": 1, "visitors": 1},
    ]
    for by, name in (("referrer", "news.test"), ("campaign", "spring")):
        assert _said(capsys, "events", "top", "--by", by, "--data", tmp_path) == [
            {by: name, "events": 5, "visitors": 1}
        ]


def test_a_trend_has_every_step(data: Path, capsys: pytest.CaptureFixture[str], month_ago: datetime) -> None:
    steps = _said(capsys, "events", "trend", "page view", "--data", data)
    assert len(steps) == 30
    assert [step["events"] for step in steps] == [*[0] * 29, 3]
    assert steps[-1]["visitors"] == 2
    since = (month_ago - timedelta(days=1)).date().isoformat()
    assert (
        sum(step["events"] for step in _said(capsys, "events", "trend", "--since", since, "--data", data))
        == 5
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("events", "top", "--by", "colour"),
            "--by must be name, path, referrer, source, medium, campaign, device or country, not",
        ),
        (("events", "trend", "--by", "year"), "--by must be hour, day or week"),
        (
            ("events", "trend", "--since", "2026-01-02", "--until", "2026-01-01"),
            "--since must be before --until",
        ),
    ],
)
def test_what_can_not_be_asked_is_told(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run([*arguments, "--data", str(data)]) == 2
    assert said in capsys.readouterr().err
