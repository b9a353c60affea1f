"""A log that has fewer records than it had: nothing is released, the owner is told, and there are two ways on."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin

from .test_withdrawn_elsewhere import choose

EVERYTHING = "preferences,analytics,marketing,media"


@pytest.fixture
def proxy(origin: Origin, tmp_path: Path) -> Iterator[Holdback]:
    with serving(origin.url, tmp_path / "data", options=["--workers", "2"]) as proxy:
        yield proxy


def released(proxy: Holdback, origin: Origin, cookie: str) -> set[str | None]:
    """What the site is told is released for a visitor with this *cookie*, by whichever worker answers."""
    told: set[str | None] = set()
    for _ in range(8):
        assert proxy.fetch("/", [("Cookie", cookie)]).status == 200
        told.add(origin.last.get("x-holdback-purposes"))
    return told


def ready(proxy: Holdback) -> str:
    """Why the proxy is not ready; empty where it is."""
    answer = proxy.fetch("/_hb/readyz")
    return "" if answer.status == 200 else answer.body.decode()


def _deleted(data: Path) -> None:
    for path in data.glob("log.db*"):
        path.unlink()


def _emptied(data: Path) -> None:
    for path in data.glob("log.db*"):
        path.write_bytes(b"")


def _moved(data: Path) -> None:
    (data / "log.db").rename(data / "log.db.moved")


def _restored(data: Path) -> None:
    """The database alone is brought back as it was before the last choice."""
    _deleted(data)
    shutil.copy(data.parent / "backup" / "log.db", data / "log.db")


LOST: list[Callable[[Path], None]] = [_deleted, _emptied, _moved, _restored]


@pytest.mark.parametrize("lose", LOST)
def test_a_log_that_was_lost_is_not_begun_anew(
    proxy: Holdback, origin: Origin, lose: Callable[[Path], None]
) -> None:
    first = choose(proxy, "accept-all")
    proxy.process.stop()
    shutil.copytree(proxy.data, proxy.data.parent / "backup")
    proxy.restart()
    second = choose(proxy, "accept-all")
    saved = proxy.data.parent / "saved"
    saved.write_text(proxy.command("log", "checkpoint").stdout)
    assert released(proxy, origin, second) == {EVERYTHING}
    proxy.process.stop()
    shutil.copytree(proxy.data, proxy.data.parent / "whole")
    lose(proxy.data)
    proxy.restart()

    assert "Traceback" not in proxy.process.output
    assert "log.checkpoint remembers" in proxy.process.output
    assert "log.checkpoint remembers" in ready(proxy)
    for cookie in (first, second):
        assert released(proxy, origin, cookie) == {""}
    assert b"Set-Cookie" not in proxy.fetch("/_hb/choices").body

    adopted = proxy.command("log", "adopt", "--yes")
    assert adopted.returncode == 0, adopted.stderr
    assert "another key signs" in adopted.stdout
    proxy.reopened(2)
    assert ready(proxy) == ""
    assert released(proxy, origin, second) == {""}
    assert released(proxy, origin, first) == ({EVERYTHING} if lose is _restored else {""})
    assert released(proxy, origin, choose(proxy, "accept-all")) == {EVERYTHING}
    assert ready(proxy) == ""
    assert proxy.command("log", "verify").returncode == 0
    told = proxy.command("log", "verify", "--checkpoint", str(saved))
    assert told.returncode == 1
    assert "as record" in told.stderr
    assert "declares" in told.stderr


def test_what_is_missing_is_brought_back(proxy: Holdback, origin: Origin) -> None:
    grant = choose(proxy, "accept-all")
    proxy.process.stop()
    shutil.copytree(proxy.data, proxy.data.parent / "whole")
    _deleted(proxy.data)
    proxy.restart()
    assert released(proxy, origin, grant) == {""}
    shutil.copy(proxy.data.parent / "whole" / "log.db", proxy.data / "log.db")
    proxy.reopened(2)
    assert ready(proxy) == ""
    assert released(proxy, origin, grant) == {EVERYTHING}


def test_a_folder_restored_whole_is_convicted_by_a_visitors_cookie(proxy: Holdback, origin: Origin) -> None:
    grant = choose(proxy, "accept-all")
    proxy.process.stop()
    shutil.copytree(proxy.data, proxy.data.parent / "backup")
    proxy.restart()
    choose(proxy, "reject-all", grant)
    later = choose(proxy, "accept-all")
    proxy.process.stop()
    shutil.rmtree(proxy.data)
    (proxy.data.parent / "backup").rename(proxy.data)
    proxy.restart()

    assert ready(proxy) == ""
    assert released(proxy, origin, later) == {""}
    assert "restored from a backup" in ready(proxy)
    told = proxy.command("log", "verify")
    assert (told.returncode, "restored from a backup" in told.stderr) == (1, True)
    assert released(proxy, origin, grant) == {""}, "what was withdrawn stays so"


WITHDRAWN = """WHERE instr(leaf, CAST('"kind":"withdrawal"' AS BLOB))"""
BY_HAND = {
    "emptied": f"UPDATE records SET salt = NULL, payload = NULL, person = NULL, key_id = NULL {WITHDRAWN}",
    "filed under nobody": f"UPDATE records SET person = '' {WITHDRAWN}",
    "under tags of another key": "DELETE FROM facts WHERE name = 'lookup'",
}


@pytest.mark.parametrize("how", list(BY_HAND))
def test_a_withdrawal_that_was_changed_by_hand_brings_no_grant_back(
    proxy: Holdback, origin: Origin, how: str
) -> None:
    grant = choose(proxy, "accept-all")
    choose(proxy, "reject-all", grant)
    choose(proxy, "accept-all")
    proxy.process.stop()
    with closing(sqlite3.connect(proxy.data / "log.db")) as raw, raw:
        assert raw.execute(BY_HAND[how]).rowcount == 1
    proxy.restart()

    assert released(proxy, origin, grant) == {""}
    assert "by hand" in ready(proxy)
    assert proxy.command("log", "verify").returncode == 1
