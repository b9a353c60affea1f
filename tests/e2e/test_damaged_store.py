"""A store that can't be opened at the start: the site is served with everything held, and taken up once mended."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.origin import Origin
from tests.support.processes import children, until

from .test_withdrawn_elsewhere import choose

EVERYTHING = "preferences,analytics,marketing,media"


def test_the_site_is_served_until_the_store_is_mended(origin: Origin, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(origin.url, data, options=["--workers", "2"]) as proxy:
        grant = choose(proxy, "accept-all")
        proxy.process.stop()
        shutil.copytree(data, tmp_path / "good")
        for name in ("log.db-wal", "log.db-shm"):
            (data / name).unlink(missing_ok=True)
        with (data / "log.db").open("r+b") as file:
            file.write(os.urandom(20_000))

        proxy.restart()
        said = proxy.process.output
        assert "Traceback" not in said
        assert "file is not a database" in said
        assert "served with everything held" in said

        for _ in range(4):
            page = proxy.fetch("/", [("Cookie", f"{grant}; _ga=1; own=2"), ("Sec-Fetch-Dest", "document")])
            assert page.status == 200
            assert b"<hb-notice" in page.body
            assert (origin.last.get("cookie"), origin.last.get("x-holdback-purposes")) == ("own=2", "")
        ready = proxy.fetch("/_hb/readyz")
        assert (ready.status, b"file is not a database" in ready.body) == (503, True)
        assert proxy.fetch("/_hb/healthz").status == 200
        assert proxy.fetch("/_hb/log/checkpoint").status == 503

        shutil.copy(tmp_path / "good" / "log.db", data / "log.db")
        proxy.reopened(2)
        for _ in range(6):
            proxy.fetch("/", [("Cookie", grant)])
            assert origin.last.get("x-holdback-purposes") == EVERYTHING
        choose(proxy, "reject-all", grant)
        assert proxy.command("log", "verify").returncode == 0


def _ready(proxy: Holdback) -> str:
    """What readyz says; nothing where the process that was asked has just ended."""
    with suppress(ConnectionError):
        return proxy.fetch("/_hb/readyz").body.decode()
    return ""


def test_a_process_that_begins_without_the_master_key_serves_the_site(origin: Origin, tmp_path: Path) -> None:
    """The file was lost while the service ran, and one process of it has died."""
    with serving(origin.url, tmp_path / "data", options=["--workers", "2"]) as proxy:
        grant = choose(proxy, "accept-all")
        (proxy.data / "master.keys").rename(tmp_path / "lost")
        os.kill(children(proxy.process.pid)[-1], signal.SIGKILL)
        until(lambda: "master.keys can't be read" in _ready(proxy), "the process", 40)
        for _ in range(8):
            assert proxy.fetch("/", [("Cookie", grant)]).status == 200
        assert "Traceback" not in proxy.process.output
        (tmp_path / "lost").rename(proxy.data / "master.keys")
        proxy.reopened(1)
        assert proxy.fetch("/_hb/readyz").status == 200


def test_a_folder_that_never_held_a_store_is_told_and_not_served(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = holdback("serve", "--upstream", "http://127.0.0.1:1", "--data", str(tmp_path / "file"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "can't be used" in done.stderr
