"""First-party events: kept when, and only when, the visitor has agreed to analytics; kept before the answer."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.holdback_process import COMMAND, Holdback, serving
from tests.support.http_client import Answer
from tests.support.origin import HTML, PAGE, Origin
from tests.support.processes import Process, until
from tests.support.recording import Reply
from tests.support.visitor import Visitor

JSON = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]


def _send(visitor: Visitor, body: object) -> Answer:
    return visitor.post("/_hb/events", json.dumps(body).encode(), JSON)


def _named(proxy: Holdback, name: str) -> list[dict[str, Any]]:
    return [event for event in proxy.events() if event["event"] == name]


@pytest.mark.parametrize("action", ["", "reject-all", "save"])
def test_without_consent_nothing_is_kept(proxy: Holdback, action: str) -> None:
    visitor = Visitor(proxy)
    if action:
        visitor.choose(action, ("purpose", "marketing"))
    answer = _send(visitor, {"event": "unwanted", "properties": {"size": 40}})

    assert answer.status < 300
    assert json.loads(answer.body) == {"stored": 0}
    assert _named(proxy, "unwanted") == []


def test_with_consent_it_is_kept(proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    visitor.choose("save", ("purpose", "analytics"))
    one = _send(visitor, {"event": "bought", "properties": {"size": 40, "colour": "grün"}})
    many = _send(visitor, [{"event": "looked", "properties": {"n": n}} for n in range(3)])

    assert (one.status, json.loads(one.body)) == (200, {"stored": 1})
    assert (many.status, json.loads(many.body)) == (200, {"stored": 3})
    [bought] = _named(proxy, "bought")
    assert bought["properties"] == {"size": 40, "colour": "grün"}
    assert [event["properties"]["n"] for event in _named(proxy, "looked")] == [0, 1, 2]


def test_after_withdrawal_nothing_more_is_kept(proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    visitor.choose("reject-all")
    _send(visitor, {"event": "too late"})

    assert _named(proxy, "too late") == []


def test_an_answered_event_outlives_the_process(origin: Origin, tmp_path: Path) -> None:
    with serving(origin.url, tmp_path / "data") as proxy:
        visitor = Visitor(proxy)
        visitor.choose("accept-all")
        for number in range(20):
            assert _send(visitor, {"event": "counted", "properties": {"n": number}}).status == 200
        os.killpg(proxy.process.pid, signal.SIGKILL)
        proxy.process.kill()

        assert [event["properties"]["n"] for event in _named(proxy, "counted")] == list(range(20))


def test_page_views_are_kept_after_consent_only(proxy: Holdback, origin: Origin) -> None:
    origin.pages["/viewed"] = origin.pages["/agreed"] = Reply(PAGE, lines=[HTML])
    navigation = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")]
    Visitor(proxy).get("/viewed?by=a+stranger", navigation)
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    visitor.get("/agreed", navigation)

    until(lambda: "/agreed" in json.dumps(proxy.events()), "the page view")
    assert "/viewed" not in json.dumps(proxy.events())


def test_events_are_followed_as_they_come(proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    _send(visitor, {"event": "before"})
    argv = [COMMAND, "events", "live", "--last", "1", "--data", str(proxy.data)]
    with Process([*argv, "--json"]) as as_json, Process(argv) as in_words:
        as_json.ready(lambda: "before" in as_json.output)
        in_words.ready(lambda: "before" in in_words.output)
        _send(visitor, {"event": "now\x1b[31m", "properties": {"n": 1}})
        as_json.ready(lambda: "now" in as_json.output, 10)
        in_words.ready(lambda: "now" in in_words.output, 10)
        [before, now] = map(json.loads, as_json.output.splitlines())
        assert (before["event"], now["properties"]) == ("before", {"n": 1})
        assert "\x1b" not in in_words.output
        os.kill(in_words.pid, signal.SIGINT)
        in_words.ready(lambda: in_words.returncode == 0 or None, 10)


def test_export_as_csv(proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    _send(visitor, {"event": "exported, as csv"})
    done = proxy.command("events", "export", "--format", "csv")

    assert done.returncode == 0, done.stderr
    assert '"exported, as csv"' in done.stdout
    assert "event" in done.stdout.splitlines()[0].split(",")
