"""``holdback report``: what a controller has to tell an authority, filled in from data, settings and rules."""

import asyncio
import json
from pathlib import Path

import pytest
from holdback.proxy.command.app import run
from holdback.store.events.event import Event
from holdback.store.store import open_store

from tests.support.forger import RECORDS, made_log, person

SETTINGS = """
upstream = "http://127.0.0.1:9000"
[site]
name = "Example Shop"
privacy_policy = "/privacy"
contact = "privacy@shop.test"
[[service]]
name = "Acme Metrics"
purpose = "analytics"
vendor = "Acme Inc"
cookies = ["acme_*"]
retention = "13 months"
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    made_log(folder / "data")
    store = open_store(folder / "data")
    asyncio.run(store.events.add([Event("sign-up", visitor=person(900), path="/join")]))
    store.close()
    file = folder / "holdback.toml"
    file.write_text(f'data = "{folder / "data"}"\n{SETTINGS}')
    return file


def _said(config: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["report", *arguments, "--config", str(config)]) == 0
    return capsys.readouterr().out


def test_a_breach_of_everything(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(_said(config, capsys, "breach", "--json"))
    page = _said(config, capsys, "breach")

    assert (found["records"], found["events"], found["event_names"]) == (RECORDS, 1, ["sign-up"])
    assert person(0) in found["people"]
    assert person(900) in found["people"]
    assert found["countries"]["DE"] == len(found["people"]) - 1
    assert f"{len(found['people'])} visitors" in page
    assert "Example Shop, [address], privacy@shop.test" in page
    assert "(Art. 34 GDPR)" in page


def test_a_breach_of_a_period_without_data(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(_said(config, capsys, "breach", "--until", "2020-01-01", "--json"))
    page = _said(config, capsys, "breach", "--until", "2020-01-01")

    assert (found["records"], found["events"], found["people"]) == (0, 0, [])
    assert "0 visitors" in page


def test_records_of_processing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _said(config, capsys, "processing")
    activities = json.loads(_said(config, capsys, "processing", "--json"))

    assert [activity["title"] for activity in activities] == [
        "Record of consent",
        "First-party statistics",
        "Acme Metrics",
    ]
    assert "| (d) Recipients | Acme Inc |" in page
    assert "| (f) Erased after | 13 months |" in page
    assert "kept in the browser: acme_*" in page


def test_where_there_is_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "breach", "--data", str(tmp_path)]) == 2
    assert "can't be read" in capsys.readouterr().err
