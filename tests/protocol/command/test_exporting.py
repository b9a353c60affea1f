"""``holdback log export`` of a period, a person, a purpose; and as linked data."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from holdback.proxy.command.app import run
from holdback.store.store import open_store

from tests.support.forger import RECORDS, made_log, person


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("log")
    made_log(data)
    return data


def _exported(data: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert run(["log", "export", "--data", str(data), *options]) == 0
    return capsys.readouterr().out


def _rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_period(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = _rows(_exported(data, capsys))
    start, end = whole[10]["time"], whole[-1]["time"]
    part = _rows(_exported(data, capsys, "--since", start, "--until", end))

    assert len(whole) == RECORDS
    assert part == [row for row in whole if start <= row["time"] < end]
    assert 0 < len(part) < RECORDS
    assert _exported(data, capsys, "--until", "2020-01-01") == ""
    assert _exported(data, capsys, "--since", "2020-01-01T00:00:00+02:00") == _exported(data, capsys)


def test_a_person(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(StringIO(_exported(data, capsys, "--person", person(2), "--format", "csv"))))

    assert {row["id"] for row in rows} == {person(2)}
    assert len(rows) == 4


@pytest.mark.parametrize(("purpose", "many"), [("analytics", RECORDS), ("media", 0)])
def test_a_purpose(data: Path, capsys: pytest.CaptureFixture[str], purpose: str, many: int) -> None:
    assert len(_rows(_exported(data, capsys, "--purpose", purpose))) == many


def test_linked_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(_exported(data, capsys, "--format", "dpv", "--person", person(2)))
    records: Sequence[dict[str, Any]] = document["@graph"]

    assert document["@context"]["@vocab"] == "https://w3id.org/dpv#"
    assert document["schema:checkpoint"].split("\n")[1] == str(RECORDS)
    assert [record["@type"] for record in records] == ["ConsentRecord"] * 4
    assert records[0]["hasDataSubject"] == f"urn:uuid:{person(2)}"
    states = {process["dct:title"]: process["hasConsentStatus"] for process in records[0]["hasProcess"]}
    assert states == {"analytics": "ConsentGiven", "marketing": "ConsentRefused"}


def test_linked_data_of_nothing_is_a_document_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_store(tmp_path).close()

    assert json.loads(_exported(tmp_path, capsys, "--format", "dpv"))["@graph"] == []
