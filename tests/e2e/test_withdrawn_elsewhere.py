"""A withdrawal that was answered holds in every worker."""

import re
from pathlib import Path

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin

TOKEN = re.compile(rb'name="token" value="([^"]*)"')
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def choose(proxy: Holdback, action: str, cookie: str = "", fields: str = "") -> str:
    """Answer, and return the cookie."""
    page = proxy.fetch("/_hb/choices", [("Accept", "text/html")])
    token = TOKEN.search(page.body)
    assert token is not None
    lines = [FORM, *([("Cookie", cookie)] if cookie else [])]
    body = f"action={action}&token={token[1].decode()}{fields}".encode()
    answer = proxy.fetch("/_hb/choice", lines, method="POST", body=body)
    assert answer.status == 303
    return next(line.partition(";")[0] for line in answer.all("set-cookie") if line.startswith("hb="))


def test_no_worker_takes_an_old_copy_for_a_grant(origin: Origin, tmp_path: Path) -> None:
    with serving(origin.url, tmp_path / "data", options=["--workers", "3"]) as proxy:
        for _ in range(5):
            grant = choose(proxy, "accept-all")
            told = set()
            for _ in range(30):
                proxy.fetch("/", [("Cookie", grant)])
                told.add(origin.last.get("x-holdback-purposes"))
            assert told == {"preferences,analytics,marketing,media"}
            choose(proxy, "reject-all", grant)
            for _ in range(30):
                proxy.fetch("/", [("Cookie", grant)])
                assert origin.last.get("x-holdback-purposes") == ""
