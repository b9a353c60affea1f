"""A store that can't be opened at the start: the site is served with everything held, and taken up once mended."""

import os
import shutil
from pathlib import Path

from tests.support.holdback_process import holdback, serving
from tests.support.origin import Origin

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


def test_a_folder_that_never_held_a_store_is_told_and_not_served(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = holdback("serve", "--upstream", "http://127.0.0.1:1", "--data", str(tmp_path / "file"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "can't be used" in done.stderr
