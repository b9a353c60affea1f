"""The log and the events on a real PostgreSQL server: shared by hosts, gone and back, and moved there from SQLite."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.many_choices import accepting, choose
from tests.support.origin import HTML, Origin
from tests.support.postgres import Postgres, postgres_running
from tests.support.processes import children, until
from tests.support.recording import Reply
from tests.support.visitor import Visitor, visitor_id

CHOICES = 600
MANY = 50_000


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres_running() as running:
        yield running


class Host:
    """A proxy on the shared database, and the commands on it."""

    def __init__(self, proxy: Holdback, config: Path) -> None:
        self.proxy, self.config = proxy, config

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return holdback(*arguments, "--data", str(self.proxy.data), "--config", str(self.config))

    def records(self) -> list[dict[str, str]]:
        done = self.command("log", "export")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def verifies(self) -> None:
        done = self.command("log", "verify")
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def host(url: str, origin: Origin, data: Path, *options: str) -> Iterator[Host]:
    """``holdback serve`` on the database at *url*."""
    config = f'[store]\nurl = "{url}"\n[limits]\nchoices_per_minute = 100000\n'
    with serving(origin.url, data, config=config, options=options) as proxy:
        yield Host(proxy, data.parent / f"{data.name}.toml")


def test_two_hosts_share_one_inventory(server: Postgres, origin: Origin, tmp_path: Path) -> None:
    url = server.url("inventory")
    html = b'<!doctype html><img src="https://img.unknown.test/x.png"><img src="https://tracker.test/x.gif">'
    origin.pages["/pictures"] = Reply(html, lines=[HTML, ("Set-Cookie", "sessionid=1")])
    origin.pages["/basket"] = Reply(html, lines=[HTML, ("Set-Cookie", "basket=1; Max-Age=60")])
    with host(url, origin, tmp_path / "one") as one:
        shared_keys(tmp_path)
        with host(url, origin, tmp_path / "two") as two:
            for page, at in (("/pictures", one), ("/basket", two), ("/pictures", two)):
                at.proxy.fetch(page, [("Accept", "text/html")])
            until(lambda: len(seen(one)) == 4, "the inventory has what both saw")
            assert seen(one) == seen(two)
    expected = ["cookie basket", "cookie sessionid", "host img.unknown.test", "host tracker.test"]
    assert sorted(seen(one)) == expected


def shared_keys(folder: Path) -> None:
    """Give the host whose data are to be in ``two`` the keys of the one in ``one``."""
    for name in ("log.key", "cookie.keys", "master.keys"):
        if (source := folder / "one" / name).exists():
            (folder / "two").mkdir(exist_ok=True)
            shutil.copy2(source, folder / "two" / name)


def seen(at: Host) -> list[str]:
    done = at.command("site", "--json")
    assert done.returncode == 0, done.stderr
    return [f"{(one := json.loads(line))['kind']} {one['name']}" for line in done.stdout.splitlines()]


def test_choices_are_recorded_there_and_nowhere_else(
    server: Postgres, origin: Origin, tmp_path: Path
) -> None:
    with host(server.url("shop"), origin, tmp_path / "data") as shop:
        visitor = Visitor(shop.proxy)
        visitor.choose("accept-all")
        visitor.choose("reject-all")
        assert [record["kind"] for record in shop.records()[-2:]] == ["grant", "withdrawal"]
        shop.verifies()
        _receipt_holds(visitor, tmp_path / "receipt.json")
        archive = tmp_path / "log.tar.gz"
        assert shop.command("log", "export", "--format", "archive", "--output", str(archive)).returncode == 0
        checked = holdback("log", "verify", "--archive", str(archive))
        assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not list((tmp_path / "data").glob("*.db"))


def _receipt_holds(visitor: Visitor, file: Path) -> None:
    visitor.headers = (("Accept", "application/json"),)
    file.write_bytes(visitor.get("/_hb/receipt").body)
    verified = holdback("log", "verify", "--receipt", str(file))
    assert verified.returncode == 0, verified.stderr


def test_while_the_server_is_gone_nothing_is_granted(
    server: Postgres, origin: Origin, tmp_path: Path
) -> None:
    with host(server.url("gone"), origin, tmp_path / "data") as shop:
        before, late = Visitor(shop.proxy), Visitor(shop.proxy)
        before.choose("accept-all")
        late.get("/")
        server.kill()
        try:
            assert shop.proxy.fetch("/").status == 200
            refused = late.choose("accept-all")
            assert refused.status == 503
            assert not late.signed
            ready = shop.proxy.fetch("/_hb/readyz")
            assert ready.status == 503
            assert "postgresql://holdback@127.0.0.1" in ready.text
        finally:
            server.start()
        until(lambda: shop.proxy.fetch("/_hb/readyz").status == 200, "the proxy to be ready again")
        late.choose("accept-all")
        assert visitor_id(late.signed) == shop.records()[-1]["id"]
        shop.verifies()


def _answers(shop: Host) -> list[str]:
    """The kinds of what visitors answered, in order; what the proxy counted is in the log as well."""
    return [record["kind"] for record in shop.records() if record["id"]]


def test_the_service_goes_on_without_the_server_and_comes_back_by_itself(
    server: Postgres, origin: Origin, tmp_path: Path
) -> None:
    """Withdrawn, a worker killed, and the whole proxy started anew, all while the server is away."""
    with host(server.url("away"), origin, tmp_path / "data", "--workers", "2") as shop:
        visitor, other = Visitor(shop.proxy), Visitor(shop.proxy)
        for one in (visitor, other):
            one.choose("accept-all")
        grant = visitor.signed
        server.kill()
        try:
            assert visitor.choose("reject-all").status == 303
            before = children(shop.proxy.process.pid)
            os.kill(before[-1], signal.SIGKILL)
            until(
                lambda: len({*children(shop.proxy.process.pid)} - {before[-1]}) == len(before),
                "another worker",
            )
            for _ in range(10):
                shop.proxy.fetch("/", [("Cookie", f"hb={grant}")])
                assert origin.last.get("x-holdback-purposes") == "", "what was withdrawn grants nothing"
            shop.proxy.process.stop()
            shop.proxy.restart()
            assert "Traceback" not in shop.proxy.process.output
            assert shop.proxy.fetch("/").status == 200
            assert shop.proxy.fetch("/_hb/readyz").status == 503
        finally:
            server.start()
        shop.proxy.reopened(2)
        until(lambda: "withdrawal" in _answers(shop), "the withdrawal")
        assert _answers(shop) == ["grant", "grant", "withdrawal"]
        shop.proxy.fetch("/", [("Cookie", f"hb={grant}")])
        assert origin.last.get("x-holdback-purposes") == ""
        shop.proxy.fetch("/", [("Cookie", f"hb={other.signed}")])
        assert origin.last.get("x-holdback-purposes") != ""
        shop.verifies()


def test_a_log_moves_there_intact(server: Postgres, origin: Origin, tmp_path: Path) -> None:
    data, url = tmp_path / "data", server.url("moved")
    with serving(origin.url, data) as proxy:
        for action in ("accept-all", "reject-all", "accept-all"):
            Visitor(proxy).choose(action)
        before = proxy.records()
        saved = tmp_path / "saved.txt"
        saved.write_text(proxy.command("log", "checkpoint").stdout, "utf-8")
    config = tmp_path / "data.toml"
    config.write_text(f'[store]\nurl = "{url}"\n', "utf-8")

    fork = holdback("serve", "--upstream", origin.url, "--data", str(data), "--config", str(config))
    assert fork.returncode == 1
    assert "holdback store migrate" in fork.stderr
    moved = holdback("store", "migrate", "--data", str(data), "--to", url, "--json")
    assert moved.returncode == 0, moved.stderr
    assert json.loads(moved.stdout)["rows"] > len(before)
    assert sorted(file.name for file in data.glob("*.db*")) == ["events.db.moved", "log.db.moved"]

    with host(url, origin, data) as shop:
        Visitor(shop.proxy).choose("accept-all")
        records = shop.records()
        assert records[: len(before)] == before
        assert [int(record["index"]) for record in records] == list(range(len(records)))
        assert len(records) > len(before)
        verified = shop.command("log", "verify", "--checkpoint", str(saved))
        assert verified.returncode == 0, verified.stdout


def test_a_database_that_is_in_use_is_left_alone(server: Postgres, origin: Origin, tmp_path: Path) -> None:
    url = server.url("used")
    with host(url, origin, tmp_path / "theirs") as shop:
        Visitor(shop.proxy).choose("accept-all")
        with serving(origin.url, tmp_path / "ours") as proxy:
            Visitor(proxy).choose("reject-all")
        refused = holdback("store", "migrate", "--data", str(tmp_path / "ours"), "--to", url)
        assert refused.returncode == 1
        assert "already has a log" in refused.stderr
        assert (tmp_path / "ours" / "log.db").exists()
        shop.verifies()


def test_a_person_is_forgotten_there_too(server: Postgres, origin: Origin, tmp_path: Path) -> None:
    with host(server.url("erased"), origin, tmp_path / "data") as shop:
        visitor = Visitor(shop.proxy)
        visitor.choose("accept-all")
        id_ = visitor_id(visitor.signed)
        dump = "SELECT encode(payload, 'hex') FROM records WHERE payload IS NOT NULL AND person <> ''"
        [payload] = server.query("erased", dump).splitlines()
        erased = shop.command("subject", "erase", id_)
        assert erased.returncode == 0, erased.stderr
        assert server.query("erased", dump) == ""
        assert server.query("erased", "SELECT count(*) FROM people") == "0"
        assert shop.command("subject", "export", id_).returncode == 1
        assert payload not in shop.command("log", "export").stdout
        shop.verifies()


@pytest.mark.parametrize("choices", [CHOICES, pytest.param(MANY, marks=pytest.mark.long)])
async def test_two_hosts_and_a_failover(
    server: Postgres, origin: Origin, tmp_path: Path, choices: int
) -> None:
    """Both write at once; the server dies under them, and then one of them."""
    url = server.url(f"hosts_{choices}")
    with host(url, origin, tmp_path / "one", "--workers", "2") as one:
        shared_keys(tmp_path)
        with host(url, origin, tmp_path / "two", "--workers", "2") as two:
            answered = await _load((one, two), choices, server)
            records = one.records()
            assert [int(record["index"]) for record in records] == list(range(len(records)))
            recorded = {record["id"] for record in records}
            assert len(answered) > choices // 2
            assert set(answered) <= recorded
            one.verifies()
            for at in (one, two):
                visitor = Visitor(at.proxy)
                visitor.choose("accept-all")
                _receipt_holds(visitor, tmp_path / "receipt.json")


async def _load(hosts: tuple[Host, Host], choices: int, server: Postgres) -> list[str]:
    """The ids of everybody who was answered, though server and second host were killed on the way."""
    requests = [(at.proxy.port, accepting(at.proxy)) for at in hosts]
    answered: list[str] = []
    free = asyncio.Semaphore(40)

    async def one(port: int, request: bytes) -> None:
        async with free:
            id_ = await choose(port, request)
            if id_ is not None:
                answered.append(id_)
            else:
                await asyncio.sleep(0.05)  # nobody is there: a visitor would not try at once

    tasks: list[asyncio.Task[None]] = []
    for part in range(4):
        tasks += [asyncio.create_task(one(*requests[number % 2])) for number in range(choices // 4)]
        most = len(tasks) - choices // 8
        for done in asyncio.as_completed(tasks[:most]):
            await done
        if part == 1:
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        if part == 2:
            os.killpg(hosts[1].proxy.process.pid, signal.SIGKILL)
            await asyncio.to_thread(hosts[1].proxy.restart)
    await asyncio.gather(*tasks)
    return answered
