"""What ``holdback serve`` says when it starts, what stops it, and what it logs."""

import json
import os
import socket
import stat
import threading
from pathlib import Path

import pytest
from holdback.proxy.serving.server import _reserve

from tests.support.holdback_process import holdback, serving
from tests.support.http_client import fetch
from tests.support.origin import origin_running
from tests.support.processes import free_port, until

DOCUMENT = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html")]


def test_it_says_where_it_listens_and_what_is_missing(tmp_path: Path) -> None:
    with origin_running() as origin, serving(origin.url, tmp_path / "data") as proxy:
        line = f"Holdback listens on http://127.0.0.1:{proxy.port} and passes on to {origin.url}"
        proxy.process.ready(lambda: line in proxy.process.output)
        warnings = [text for text in proxy.process.output.splitlines() if text.startswith("holdback: ")]
        [warning] = warnings
        assert "a privacy policy (site.privacy_policy) are missing" in warning
        secret = [path for path in (tmp_path / "data").iterdir() if "key" in path.name]
        assert secret
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secret)


def test_every_setting_may_come_from_the_environment(tmp_path: Path) -> None:
    site = {"HOLDBACK_SITE__NAME": "Example Shop", "HOLDBACK_SITE__PRIVACY_POLICY": "/privacy"}
    with origin_running() as origin, serving(origin.url, tmp_path / "data", env=site) as proxy:
        page = fetch(proxy.port, "/", DOCUMENT).text
        assert "Your privacy at Example Shop" in page
        assert "holdback: " not in proxy.process.output


def test_the_access_log_names_no_visitor(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    options = ["--access-log", str(log), "--workers", "2"]
    with origin_running() as origin, serving(origin.url, tmp_path / "data", options=options) as proxy:
        for number in range(4):
            fetch(proxy.port, f"/page/{number}?token=secret", [*DOCUMENT, ("User-Agent", "secret")])
        until(lambda: log.is_file() and len(log.read_text().splitlines()) == 4, "four lines")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted(line["path"] for line in lines) == [f"/page/{number}" for number in range(4)]
    assert {(line["client"], line["status"], line["method"]) for line in lines} == {
        ("127.0.0.0/24", 200, "GET")
    }
    assert "secret" not in log.read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        ([], 2, "upstream is missing: it must be the site's address, such as http://127.0.0.1:9000."),
        (["--upstream", "127.0.0.1:9000"], 2, "upstream must be the site's address"),
        (
            ["--upstream", "http://a:1", "--workers", "many"],
            2,
            "workers must be a number of processes from 1 to 256",
        ),
        (
            ["--upstream", "http://a:1", "--enforce", "hard"],
            2,
            'enforce must be "known" or "strict", not "hard".',
        ),
        (
            ["--upstream", "http://a:1", "--config", "/nowhere.toml"],
            2,
            "The settings file /nowhere.toml does not",
        ),
        (["--upstream", "http://a:1", "--data", "/proc/nowhere"], 1, "/proc/nowhere can't be used"),
    ],
)
def test_what_it_can_not_do_is_one_sentence(
    tmp_path: Path, arguments: list[str], status: int, sentence: str
) -> None:
    done = holdback("serve", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, "")
    assert f"holdback: {sentence}" in done.stderr
    assert done.stderr.count("\n") == (
        2 if status == 1 else 1
    )  # the warning of a missing controller goes before
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with origin_running() as origin:
        port = origin.recorder.port
        done = holdback("serve", "--upstream", "http://a:1", "--listen", f"127.0.0.1:{port}", cwd=tmp_path)
    assert done.returncode == 1
    assert f"holdback: can't listen on 127.0.0.1:{port}: Address already in use." in done.stderr


def test_nobody_is_let_in_before_anybody_serves() -> None:
    """A client that connects while the port is tried would be cut off a moment later."""
    port, stop, let_in = free_port(), threading.Event(), []

    def knock() -> None:
        while not stop.is_set():
            with socket.socket() as visitor:
                if visitor.connect_ex(("127.0.0.1", port)) == 0:
                    let_in.append(visitor)

    knocking = [threading.Thread(target=knock) for _ in range(2)]
    for thread in knocking:
        thread.start()
    for _ in range(1000):
        _reserve("127.0.0.1", port).close()
    stop.set()
    for thread in knocking:
        thread.join()
    assert let_in == []


def test_a_variable_that_is_nearly_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HOLDBACK_UPSTREM", f"http://127.0.0.1:{free_port()}")
    done = holdback("serve", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean HOLDBACK_UPSTREAM?" in done.stderr
