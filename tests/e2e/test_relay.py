"""What was stored is passed on to a PostHog of the owner's: each event at least once, of those who still agree."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.recording import Recorder, Reply, Request, recording
from tests.support.visitor import Visitor, visitor_id

JSON = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]
AGREES = ("purpose", "analytics")
UUID = "0199c3a0-0000-7000-8000-00000000000"


class PostHog:
    """What it answers next, and what it was sent."""

    def __init__(self) -> None:
        self.answers: list[Reply] = []
        self.most = 10_000
        self.taken: list[dict[str, Any]] = []
        self.recorder: Recorder

    def answer(self, request: Request) -> Reply:
        if request.path != "/batch/":
            return Reply(b"", 404)
        if self.answers:
            return self.answers.pop(0)
        if len(self.said(request)["batch"]) > self.most:
            return Reply(b"", 413)
        self.taken += self.said(request)["batch"]
        return Reply(b'{"status": "Ok"}')

    @staticmethod
    def said(request: Request) -> dict[str, Any]:
        assert request.get("content-encoding") == "gzip"
        found: dict[str, Any] = json.loads(gzip.decompress(request.body))
        return found

    def got(self, name: str) -> list[dict[str, Any]]:
        calls = [self.said(request) for request in self.recorder.requests]
        return [event for call in calls for event in call["batch"] if event["event"] == name]


@pytest.fixture(scope="module")
def posthog() -> Iterator[PostHog]:
    server = PostHog()
    with recording(server.answer) as recorder:
        server.recorder = recorder
        yield server


@pytest.fixture(scope="module")
def shop(origin: Origin, posthog: PostHog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    config = (
        f'[events]\nrelay = "http://127.0.0.1:{posthog.recorder.port}"\nrelay_key = "phc_of_the_project"\n'
    )
    data = tmp_path_factory.mktemp("relay") / "data"
    with serving(origin.url, data, config=config, options=["--workers", "2"]) as running:
        until(lambda: running.command("events", "export").returncode == 0, "the store")
        yield running


def agreed(shop: Holdback) -> Visitor:
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    return visitor


def sent(visitor: Visitor, *names: str, **more: Any) -> None:
    events = [{"event": name, "properties": {"distinct_id": "d", "n": 1}, **more} for name in names]
    assert visitor.post("/_hb/posthog/batch/", json.dumps({"batch": events}).encode(), JSON).status == 200


def test_what_visitors_agree_to_arrives_as_posthog_takes_it(shop: Holdback, posthog: PostHog) -> None:
    visitor = agreed(shop)
    sent(visitor, "bought", uuid=f"{UUID}1", timestamp="2026-11-20T10:00:00.000Z")
    sent(Visitor(shop), "held")
    event = until(lambda: posthog.got("bought"), "the event")[0]
    assert event["uuid"] == f"{UUID}1"
    assert event["timestamp"] == "2026-11-20T10:00:00.000Z"
    properties = event["properties"]
    assert properties["distinct_id"] == visitor_id(visitor.signed)
    assert (properties["n"], properties["$geoip_disable"]) == (1, True)
    assert posthog.said(posthog.recorder.requests[-1])["api_key"] == "phc_of_the_project"
    visitor.get("/coffee", [("Sec-Fetch-Dest", "document"), ("Accept", "text/html")])
    view = until(lambda: posthog.got("$pageview"), "the view")[0]
    assert view["properties"]["$pathname"] == "/coffee"
    assert posthog.got("held") == []
    papers = shop.command("report", "processing", "--config", f"{shop.data}.toml").stdout
    assert f"127.0.0.1:{posthog.recorder.port}" in papers


def test_what_it_does_not_take_waits_and_the_owner_is_told(shop: Holdback, posthog: PostHog) -> None:
    visitor, refusing = agreed(shop), agreed(shop)
    sent(visitor, "first")
    until(lambda: posthog.got("first"), "the event")
    posthog.answers += [Reply(b"", 503)] * 50
    sent(visitor, "later", uuid=f"{UUID}2")
    sent(refusing, "not any more")
    until(lambda: posthog.got("not any more"), "the first attempt")
    refusing.choose("reject-all")

    def wrong() -> str:
        done = shop.command("today", "--json", "--config", f"{shop.data}.toml")
        return " ".join(json.loads(done.stdout)["wrong"])

    told = until(wrong, "a word to the owner")
    assert f"127.0.0.1:{posthog.recorder.port}: it answered 503" in told
    assert told.endswith(" wait")
    posthog.answers[:] = [Reply(b"", 302, [("Location", "/elsewhere")])]
    until(lambda: posthog.got("later"), "the event after all", 30)
    until(lambda: wrong() == "", "nothing to be told")
    assert [event["uuid"] for event in posthog.taken if event["event"] == "later"] == [f"{UUID}2"]
    assert "not any more" not in {event["event"] for event in posthog.taken}


def test_a_batch_that_is_too_large_comes_in_parts(shop: Holdback, posthog: PostHog) -> None:
    posthog.most = 30
    sent(agreed(shop), *["many"] * 100)
    try:
        until(
            lambda: (
                len(posthog.got("many")) >= 100 and len({one["uuid"] for one in posthog.got("many")}) == 100
            ),
            "all",
        )
    finally:
        posthog.most = 10_000


def test_who_goes_on_after_a_kill_begins_where_it_was_acknowledged(shop: Holdback, posthog: PostHog) -> None:
    visitor = agreed(shop)
    posthog.answers += [Reply(b"", 500)] * 50
    sent(visitor, "survived", uuid=f"{UUID}3")
    until(lambda: len(posthog.answers) < 50, "an attempt")
    shop.process.kill()
    posthog.answers.clear()
    before = len(posthog.got("first"))
    shop.restart()
    until(lambda: {event["uuid"] for event in posthog.got("survived")} == {f"{UUID}3"}, "the event", 90)
    assert len(posthog.got("first")) == before


@pytest.mark.parametrize(
    "text",
    [
        'relay = "https://posthog.test"',
        'relay_key = "phc_x"',
        'relay = "posthog.test"\nrelay_key = "phc_x"',
        'relay = "ftp://posthog.test"\nrelay_key = "phc_x"',
        'relay = "https://posthog.test?x"\nrelay_key = "phc_x"',
    ],
)
def test_a_wrong_setting_is_named(text: str, tmp_path: Path) -> None:
    config = tmp_path / "holdback.toml"
    config.write_text(f"[events]\n{text}\n", "utf-8")
    told = holdback("check", "--offline", "--upstream", "http://127.0.0.1:9", "--config", str(config))
    assert told.returncode == 2
    assert "relay and relay_key in [events] must be given together" in told.stderr or (
        "https://posthog.example.com" in told.stderr
    )
    assert "Traceback" not in told.stderr
