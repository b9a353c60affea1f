"""Events on a ClickHouse server: kept there once, forgotten there, done without while it is away, and moved there."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.clickhouse import ClickHouse, clickhouse_running
from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor, visitor_id

JSON = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]
AGREES = ("purpose", "analytics")
SECRET = "ada@example.com"
type Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def server() -> Iterator[ClickHouse]:
    with clickhouse_running() as running:
        yield running


@contextmanager
def shop(server: ClickHouse, origin: Origin, data: Path) -> Iterator[tuple[Holdback, Command]]:
    """A proxy whose events are on the *server*, and the commands on it."""
    config = f'[events]\nurl = "{server.url}"\n'
    with serving(origin.url, data, config=config, options=["--workers", "2"]) as proxy:
        yield proxy, lambda *arguments: proxy.command(*arguments, "--config", f"{data}.toml")


def agreed(proxy: Holdback) -> Visitor:
    visitor = Visitor(proxy)
    visitor.choose("save", AGREES)
    return visitor


def sent(visitor: Visitor, name: str, uid: str) -> int:
    event = {"event": name, "uuid": uid, "properties": {"distinct_id": SECRET, "cup": SECRET}}
    return visitor.post("/_hb/posthog/e/", json.dumps(event).encode(), JSON).status


def kept(command: Command) -> list[tuple[str, str]]:
    done = command("events", "export")
    assert done.returncode == 0, done.stderr
    return [(row["event"], row["id"]) for row in map(json.loads, done.stdout.splitlines())]


def test_they_are_kept_there_once_asked_for_and_forgotten(
    server: ClickHouse, origin: Origin, tmp_path: Path
) -> None:
    with shop(server, origin, tmp_path / "data") as (proxy, command):
        first, second = agreed(proxy), agreed(proxy)
        for _ in range(4):  # either worker may have it, and the same event is the same
            assert sent(first, "bought", "1") == 200
        assert sent(second, "bought", "2") == 200
        assert sorted(kept(command)) == [("bought", "posthog:1"), ("bought", "posthog:2")]
        found = b"".join(path.read_bytes() for path in server.folder.rglob("*") if path.is_file())
        assert [
            word for word in (SECRET, visitor_id(first.signed), "posthog:1") if word.encode() in found
        ] == []

        assert "events.url" not in command("check", "--upstream", origin.url).stdout
        top = json.loads(command("events", "top", "--json").stdout)
        assert top == [{"name": "bought", "events": 2, "visitors": 2}]
        today = json.loads(command("today", "--json").stdout)
        assert (today["visitors"], today["sessions"], today["events"]) == (2, 2, 2)

        erased = command("subject", "erase", visitor_id(first.signed))
        assert (erased.returncode, "1 events" in erased.stdout) == (0, True), erased.stderr
        assert kept(command) == [("bought", "posthog:2")]
        assert command("subject", "erase", "--person", SECRET).returncode == 0
        assert kept(command) == []


def test_the_log_does_without_it(server: ClickHouse, origin: Origin, tmp_path: Path) -> None:
    with shop(server, origin, tmp_path / "data") as (proxy, command):
        visitor = agreed(proxy)
        assert sent(visitor, "before", "b") == 200
        server.process.stop()
        try:
            answer = visitor.post("/_hb/events", b'{"event": "lost"}', JSON)
            assert (answer.status, answer.get("retry-after")) == (503, "5")
            assert sent(visitor, "while away", "w") == 503
            assert proxy.fetch("/_hb/readyz").status == 200
            assert sent(Visitor(proxy), "held", "h") == 200, "what is held needs no database"
            visitor.choose("reject-all")
            visitor.choose("save", AGREES)
            proxy.restart()
            visitor.choose("save", AGREES, ("purpose", "marketing"))
            told = command("events", "export")
            assert told.returncode == 2
            checked = command("check", "--upstream", origin.url)
            assert checked.returncode == 1
            assert "fault: events.url: No event can be kept: the events at clickhouse://" in checked.stdout
            assert f"clickhouse://default@127.0.0.1:{server.port}/default" in told.stderr
            assert "verysecret" not in told.stderr + proxy.process.output
        finally:
            server.start()
        until(lambda: sent(visitor, "while away", "w") == 200, "an event to be stored")
        assert set(kept(command)) >= {("before", "posthog:b"), ("while away", "posthog:w")}


def test_they_move_there(server: ClickHouse, origin: Origin, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(origin.url, data) as proxy:
        visitor = agreed(proxy)
        assert [sent(visitor, "moved", str(number)) for number in range(3)] == [200] * 3
        assert visitor.post("/_hb/events", b'{"event": "moved"}', JSON).status == 200
        before = proxy.command("subject", "export", visitor_id(visitor.signed)).stdout
    config = tmp_path / "data.toml"
    config.write_text(f'[events]\nurl = "{server.url}"\n', "utf-8")
    options = ("--data", str(data), "--config", str(config))

    wrong = holdback("serve", "--upstream", origin.url, *options)
    assert wrong.returncode == 1
    assert "holdback store migrate" in wrong.stderr
    moved = holdback("store", "migrate", *options, "--json")
    assert (moved.returncode, moved.stdout) == (0, '{"rows": 4}\n'), moved.stderr
    assert json.loads(holdback("store", "migrate", *options, "--json").stdout) == {"rows": 0}
    after = holdback("subject", "export", visitor_id(visitor.signed), *options).stdout
    events = [line for line in before.splitlines() if '"what":"event"' in line.replace(" ", "")]
    assert len(events) == 4
    assert set(events) <= set(after.splitlines())


@pytest.mark.parametrize(
    "url", ["clickhouse://host", "postgresql://host/db", "chdb:///tmp/x", "http://host/db"]
)
def test_a_wrong_address_is_named(url: str, tmp_path: Path) -> None:
    config = tmp_path / "holdback.toml"
    config.write_text(f'[events]\nurl = "{url}"\n', "utf-8")
    told = holdback("check", "--offline", "--upstream", "http://127.0.0.1:9", "--config", str(config))
    assert told.returncode == 2
    assert "[events] url" in told.stderr or "events.url" in told.stderr
    assert "clickhouse://holdback@db:8123/holdback" in told.stderr
