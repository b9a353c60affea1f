"""New keys for people's records and for the log, while visitors choose: nobody is refused, and everything holds."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdback.store.log.records import NewRecord
from holdback.store.store import open_store

from tests.support.holdback_process import COMMAND, Holdback, holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor, visitor_id


@contextmanager
def _choosing(proxy: Holdback) -> Iterator[list[str]]:
    """Visitors who choose one after the other until the block ends; the ids of those who were answered."""
    answered: list[str] = []
    failed: list[str] = []
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            visitor = Visitor(proxy)
            answer = visitor.choose("accept-all")
            if visitor.signed:
                answered.append(visitor_id(visitor.signed))
            else:
                failed.append(f"{answer.status} {answer.text[:200]}")

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(answered) > 4, "the first choices")
        yield answered
        more = len(answered) + 10
        until(lambda: len(answered) > more or failed, "choices after everything")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert failed == []


def _done(proxy: Holdback, *arguments: str) -> dict[str, object]:
    done = proxy.command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout)
    return said


def test_keys_are_exchanged_under_load(origin: Origin, tmp_path: Path) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    with serving(origin.url, data, options=["--workers", "2"]) as proxy:
        first = str(_done(proxy, "log", "verify")["verifier"])
        early = Visitor(proxy)
        early.choose("accept-all")
        polling = ["log", "keep", f"{proxy.url}/_hb/log", "--folder", str(kept), "--key", first]
        assert holdback(*polling).returncode == 0
        master = (data / "master.keys").read_text()
        with _choosing(proxy) as answered:
            assert _done(proxy, "keys", "rotate", "master")["key"] == "master"
            assert _done(proxy, "keys", "rotate", "log")["key"] == "log"
            assert _done(proxy, "keys", "rotate", "master", "--retire")["retired"] == 1
        assert master.strip() not in (data / "master.keys").read_text()

        found = _done(proxy, "log", "verify", "--key", first)
        assert found["verifier"] == first != found["newest"]
        records = proxy.records()
        assert {record["id"] for record in records} >= {visitor_id(early.signed), *answered}
        assert [record["kind"] for record in records].count("rotation") == 1
        followed = holdback(*polling)
        assert followed.returncode == 0, followed.stderr
        _receipt_holds(early, tmp_path, first)
        proxy.restart()
        assert early.get("/_hb/receipt?data").status == 200


def _receipt_holds(visitor: Visitor, folder: Path, key: str) -> None:
    """By the key that the log began with, in a Python that has nothing installed."""
    from holdback.store.proof.kit import verify as kit

    (folder / "receipt.json").write_bytes(visitor.get("/_hb/receipt?data").body)
    receipt = str(folder / "receipt.json")
    command = [sys.executable, "-I", "-S", kit.__file__, "--key", key, "--receipt", receipt]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


async def _crowd(data: Path, many: int) -> None:
    store = open_store(data)
    record = [NewRecord(str(uuid.uuid4()), "grant", {"analytics": True}) for _ in range(many)]
    await asyncio.gather(*map(store.ledger.append, record))
    await asyncio.to_thread(store.close)


def _wrapped_by(data: Path) -> int:
    """How many master keys wrap the keys of people."""
    database = sqlite3.connect(data / "log.db")
    [[many]] = database.execute("SELECT count(DISTINCT master) FROM people").fetchall()
    database.close()
    return int(many)


def test_a_rotation_that_is_killed_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    asyncio.run(_crowd(data, 20_000))
    rotate = ["keys", "rotate", "master", "--data", str(data)]
    killed = subprocess.Popen([COMMAND, *rotate], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: _wrapped_by(data) == 2 or killed.poll() is not None, "the rotation to begin")
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(30) == -signal.SIGKILL, "it was over before it could be killed"
    assert _wrapped_by(data) == 2
    assert len((data / "master.keys").read_text().split()) == 2

    done = holdback(*rotate, "--json")
    assert done.returncode == 0, done.stderr
    assert 0 < json.loads(done.stdout)["rewrapped"] < 20_000
    assert _wrapped_by(data) == 1
    assert holdback(*rotate, "--retire").returncode == 0
    exported = holdback("log", "export", "--data", str(data))
    assert exported.returncode == 0, exported.stderr
    assert len({json.loads(line)["id"] for line in exported.stdout.splitlines()} - {""}) == 20_000
    assert holdback("log", "verify", "--data", str(data)).returncode == 0
