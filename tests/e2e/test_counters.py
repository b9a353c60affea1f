"""What was held and released is counted behind the gate, and recorded in the log itself."""

import json
import os
import signal
import time
from pathlib import Path

from tests.support.holdback_process import serving
from tests.support.origin import HTML, Origin
from tests.support.processes import children, until
from tests.support.recording import Reply
from tests.support.visitor import Visitor

SERVICE = """
[[service]]
name = "Acme Metrics"
purpose = "analytics"
hosts = ["tracker.test"]
paths = ["/acme/collect"]
cookies = ["acme_*"]
"""
PAGE = (
    b"<!doctype html><html><head><script src=https://tracker.test/a.js></script></head><body>x</body></html>"
)


def test_every_process_counts_and_its_counters_are_signed(origin: Origin, tmp_path: Path) -> None:
    origin.pages["/counted"] = Reply(PAGE, lines=[HTML, ("Set-Cookie", "acme_id=1")])
    with serving(origin.url, tmp_path / "data", config=SERVICE) as proxy:
        cookie = [("Cookie", "acme_id=1; sessionid=2")]
        for _ in range(3):
            proxy.fetch("/counted?gclid=1", [*cookie, ("Accept", "text/html")])
        proxy.fetch("/acme/collect", method="POST", body=b"{}")
        visitor = Visitor(proxy)
        visitor.choose("accept-all")
        visitor.jar["acme_id"] = "1"
        visitor.get("/counted")
    records = proxy.records()
    assert [record["kind"] for record in records[-2:]] == ["grant", "counters"]
    assert records[-1]["id"] == ""
    assert proxy.command("log", "verify").returncode == 0
    summed = proxy.command("log", "counters", "--json")
    assert summed.returncode == 0, summed.stderr
    told = json.loads(summed.stdout)
    assert told["escaped"] == 0
    assert told["held"]["request cookie"]["acme-metrics"] == 3
    assert told["held"]["response cookie"]["acme-metrics"] == 3
    assert told["held"]["link parameter"]["google-ads"] == 3
    assert told["held"]["endpoint"]["acme-metrics"] == 1
    assert told["held"]["element"]["acme-metrics"] == 1
    assert told["released"]["request cookie"]["acme-metrics"] == 1
    assert "0 escaped" in proxy.command("log", "counters").stdout


def test_a_worker_that_is_killed_loses_a_second_of_its_counts_at_most(origin: Origin, tmp_path: Path) -> None:
    origin.pages["/counted"] = Reply(PAGE, lines=[HTML])
    with serving(origin.url, tmp_path / "data", config=SERVICE) as proxy:
        for _ in range(3):
            proxy.fetch("/counted", [("Cookie", "acme_id=1"), ("Accept", "text/html")])
        time.sleep(1.5)
        before = children(proxy.process.pid)
        os.kill(before[-1], signal.SIGKILL)
        until(
            lambda: any(record["kind"] == "counters" for record in proxy.records()),
            "what the worker had counted",
        )
    told = json.loads(proxy.command("log", "counters", "--json").stdout)
    assert told["held"]["request cookie"]["acme-metrics"] == 3
    assert (told["missing"], told["ends"]["crash"]) == (0, 1)
    assert "1 died" in proxy.command("log", "counters").stdout
