"""The commands that read a data folder, on folders that the store made."""

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pyarrow.parquet
import pytest
from holdback.proxy.command.app import run
from holdback.proxy.rules.model import Purpose
from holdback.proxy.rules.sighting import How, Kind, Sighting
from holdback.store.events.event import Event
from holdback.store.log.records import NewRecord
from holdback.store.site.editions import Edition
from holdback.store.store import open_store

HTML = b"<p>What was shown</p>"


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    store = open_store(folder)
    try:
        for number in range(3):
            await store.ledger.append(NewRecord(f"id-{number}", "grant", {"analytics": number > 0}))
        await store.events.add([Event("page", path="/a"), Event("=cmd()", properties={"n": 1})])
    finally:
        store.close()
    return folder


def hold(*arguments: object) -> int:
    return run([str(argument) for argument in arguments])


def test_show(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("log", "show", "--data", data, "--last", 2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert hold("log", "show", 1, "--data", data, "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == "id-1"
    assert hold("log", "show", 1, "--data", data) == 0
    assert "purposes  analytics: yes" in capsys.readouterr().out
    assert hold("log", "show", 9, "--data", data) == 1
    assert capsys.readouterr().err == "holdback: The log has no record 9.\n"


def test_export(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("log", "export", "--data", data) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["index"], row["purposes"]) for row in rows] == [(n, {"analytics": n > 0}) for n in range(3)]
    output = tmp_path / "log.csv"
    assert hold("log", "export", "--data", data, "--format", "csv", "--output", output) == 0
    table = list(csv.DictReader(io.StringIO(output.read_text())))
    assert [row["id"] for row in table] == ["id-0", "id-1", "id-2"]
    assert not output.with_name("log.csv.partial").exists()


def test_events(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("events", "export", "--data", data) == 0
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == ["page", "=cmd()"]
    assert hold("events", "export", "--data", data, "--format", "csv") == 0
    assert "'=cmd()" in capsys.readouterr().out


def test_events_as_parquet(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "events.parquet"
    assert hold("events", "export", "--data", data, "--format", "parquet", "--output", output) == 0
    table = pyarrow.parquet.read_table(output)
    assert hold("events", "export", "--data", data) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = table.to_pylist()
    for row, line in zip(rows, lines, strict=True):
        assert row["time"] == datetime.fromisoformat(line["time"])
        assert row["time"].tzinfo is not None
        assert json.loads(row["properties"]) == line["properties"]
        assert [row[name] for name in ("event", "visitor", "path", "missing")] == [
            *(line[name] for name in ("event", "visitor", "path")),
            None,
        ]
    assert output.stat().st_mode & 0o777 == 0o600
    assert not output.with_name("events.parquet.partial").exists()


def test_verify(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "checkpoint.txt"
    assert hold("log", "checkpoint", "--data", data, "--output", saved) == 0
    assert hold("log", "verify", "--data", data, "--checkpoint", saved, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["size"]) == (True, 3)
    assert hold("log", "verify", "--data", data, "--key", said["verifier"]) == 0
    assert capsys.readouterr().out.startswith("The log holds: 3 records")
    assert hold("log", "verify", "--data", data, "--key", "nonsense") == 2


def test_verify_says_where_it_fails(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(data / "log.db")) as log, log:
        log.execute("update records set leaf = (select leaf from records where idx = 2) where idx = 1")
    assert hold("log", "verify", "--data", data, "--json") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["index"] == 1
    assert err.startswith("holdback: The log does not hold (index 1): ")
    assert err.count("\n") == 1


def test_a_copy_that_nobody_can_write_verifies(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(data / "log.db", copy / "log.db")
    (copy / "log.db").chmod(0o400)
    copy.chmod(0o500)
    assert hold("log", "verify", "--data", copy) == 0
    assert [path.name for path in copy.iterdir()] == ["log.db"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["log", "verify", "--data", "/nowhere"], "There is no data folder at /nowhere"),
        (["log", "export", "--format", "xml"], '--format must be jsonl, csv, dpv or archive, not "xml".'),
        (
            ["log", "export", "--since", "yesterday"],
            "--since must be a day or a moment such as 2026-11-01, not",
        ),
        (["log", "export", "--purpose", "fun"], "--purpose must be one of "),
        (["log", "export", "--format", "archive"], "An archive is a file: name it with --output."),
        (["log", "export", "--format", "archive", "--person", "x"], "An archive is of the whole log"),
        (["events", "export", "--format", "xml"], '--format must be jsonl, csv or parquet, not "xml".'),
        (["events", "export", "--format", "parquet"], "A Parquet file is a file: name it with --output."),
        (["log", "verify", "--checkpoint", "/nowhere"], "/nowhere can't be read"),
        (["log", "verify", "--config", "/nowhere.toml"], "The settings file /nowhere.toml does not exist."),
        (["no-such-command"], "No such command"),
        (["log", "verify", "--no-such-option"], "No such option"),
    ],
)
def test_what_can_not_be_asked_is_one_sentence_and_status_2(
    data: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = (
        []
        if {"--data", "--config"} & set(arguments) or arguments[0] not in ("log", "events")
        else ["--data", data]
    )
    assert hold(*arguments, *given) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.startswith("holdback: ")
    assert err.count("\n") == 1


def test_a_folder_without_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("log", "show", "--data", tmp_path) == 2
    assert "there is no log.db" in capsys.readouterr().err


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("rules", "explain", "_ga", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["held"], said["purpose"], said["service"]) == (True, "analytics", "google-analytics")
    assert hold("rules", "explain", "https://nothing.example/") == 0
    assert "passes: nothing is known of it" in capsys.readouterr().out


def test_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "good.toml"
    good.write_text('[site]\nname = "Example Shop"\nprivacy_policy = "/privacy"\n')
    assert hold("check", "--config", good) == 0
    assert capsys.readouterr().out == "no faults, no warnings.\n"
    bad = tmp_path / "bad.toml"
    bad.write_text("choice_days = 7\n")
    assert hold("check", "--config", bad, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert [(finding["level"], finding["rule"]) for finding in said["findings"]] == [
        ("warning", "C13"),
        ("fault", "C19"),
    ]
    bad.write_text("choice_dyas = 7\n")
    assert hold("check", "--config", bad) == 2
    assert "did you mean choice_days?" in capsys.readouterr().err


def test_the_process_itself(data: Path) -> None:
    command = [sys.executable, "-c", "from holdback.proxy.command import main; main()"]
    shown = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("holdback ")
    # A reader that has seen enough is no reason to complain.
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*command, "log", "export", "--data", data], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom holdback.proxy.command.app import run\nrun(['--help'])\n"
        "print({'asyncio', 'granian', 'mitmproxy', 'pydantic', 'sqlalchemy', 'starlette'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_the_site(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("site", "--data", data) == 0
    assert capsys.readouterr().out.startswith("Nothing was seen yet")
    with closing(open_store(data)) as store:
        store.inventory.note(
            [
                Sighting(Kind.HOST, "widget.test", How.MARKUP),
                Sighting(Kind.HOST, "adnami.io", How.MARKUP),
                Sighting(Kind.COOKIE, "_ga", How.HEADER, "google-analytics", 63_072_000),
                Sighting(Kind.COOKIE, "sessionid", How.HEADER),
                Sighting(Kind.HOST, "old.test", How.MARKUP, "gone"),
            ],
            1_800_000_000_000,
        )
    assert hold("site", "--data", data) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["Of", "no", "known", "service"]
    assert [line[1] for line in lines[1:4]] == ["sessionid", "adnami.io", "widget.test"]
    assert ["gone:", "not", "known", "any", "more"] in lines
    assert ["cookie", "_ga", "(730", "days)", "header", "2027-01-15", "2027-01-15"] in lines
    assert hold("site", "--data", data, "--json") == 0
    facts = {fact["name"]: fact for fact in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (facts["adnami.io"]["service"], facts["adnami.io"]["purpose"]) == (None, "marketing")
    assert (facts["_ga"]["purpose"], facts["_ga"]["seconds"]) == ("analytics", 63_072_000)
    assert facts["widget.test"]["purpose"] is None
    assert facts["widget.test"]["first"] == "2027-01-15T08:00:00+00:00"


def test_the_site_of_settings_that_were_not_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(open_store(data)) as store:
        store.inventory.note([Sighting(Kind.HOST, "tracker.test", How.MARKUP, "acme")], 1)
        store.editions.keep(lambda _newest, _seen: Edition("", {"acme": Purpose.MEDIA}), 2, 30)
    assert hold("site", "--data", data) == 0
    title = "acme: asked about, for media; declared in settings that --config did not name"
    assert capsys.readouterr().out.splitlines()[0] == title
    assert hold("site", "--data", data, "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "listed"


def _changed(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "log.db")) as raw, raw:
        for statement in statements:
            raw.execute(statement)


def test_a_record_that_does_not_open_stops_no_export(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _changed(data, "UPDATE people SET wrapped = zeroblob(60) WHERE id = 1")
    for format_ in ("jsonl", "csv", "dpv", "archive"):
        output = tmp_path / format_
        assert hold("log", "export", "--data", data, "--format", format_, "--output", output) == 1
        assert "record 1 is not readable" in capsys.readouterr().err
        assert output.exists()
    lines = [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()]
    assert [line.get("missing") for line in lines] == [None, "unreadable", None]
    rows = list(csv.DictReader((tmp_path / "csv").read_text().splitlines()))
    assert [row["missing"] for row in rows] == ["", "unreadable", ""]
    assert hold("log", "verify", "--archive", tmp_path / "archive") == 0
    capsys.readouterr()
    assert hold("log", "show", "--data", data) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].endswith("unreadable")
    assert "record 1 is not readable" in said.err


def test_what_is_missing_says_why(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("subject", "erase", "id-1", "--data", data) == 0
    capsys.readouterr()
    for withheld, options in ((None, ()), ("withheld", ("--withhold",))):
        assert hold("log", "export", "--data", data, *options) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line.get("missing") for line in lines] == [withheld, "stripped", withheld, None]
    assert hold("log", "show", "--data", data) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()][1] == "stripped"


def test_what_is_exported_is_for_its_owners_eyes(data: Path, tmp_path: Path) -> None:
    for format_ in ("jsonl", "archive"):
        assert hold("log", "export", "--data", data, "--format", format_, "--output", tmp_path / format_) == 0
        assert (tmp_path / format_).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [100, 4096, 20_000])
@pytest.mark.parametrize(
    "arguments",
    [("log", "verify"), ("log", "show"), ("log", "export"), ("log", "counters"), ("log", "checkpoint")],
)
def test_a_database_that_was_cut_off_is_told_in_a_sentence(
    data: Path, arguments: tuple[str, ...], size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with (data / "log.db").open("r+b") as file:
        file.truncate(size)
    assert hold(*arguments, "--data", data) in (1, 2)
    said = capsys.readouterr().err
    assert said.startswith("holdback: ")
    assert "Traceback" not in said


def test_counters_that_nobody_wrote_are_no_result(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("log", "counters", "--data", data) == 0
    assert "not known" in capsys.readouterr().out
    assert hold("log", "counters", "--data", data, "--json") == 0
    assert json.loads(capsys.readouterr().out)["escaped"] is None
