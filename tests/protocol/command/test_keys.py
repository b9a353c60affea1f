"""``holdback keys rotate``, ``[store] master_key``, and what the log's commands say without the key."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from holdback.proxy.command.app import run
from holdback.store.log.records import NewRecord
from holdback.store.store import LOG_FILE, open_store

KEY = "5e" * 32
OLD_KEY = "0d" * 32


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = open_store(tmp_path / "data")
    store.ledger._append([NewRecord(f"id-{number}", "grant", {"analytics": True}) for number in range(3)])
    store.close()
    return tmp_path / "data"


def hold(*arguments: object) -> int:
    return run([str(argument) for argument in arguments])


def test_the_master_key_and_the_logs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("keys", "rotate", "master", "--data", data) == 0
    assert f"encrypted by a new key in {data / 'master.keys'}: 3." in capsys.readouterr().out
    assert hold("keys", "rotate", "master", "--retire", "--data", data) == 0
    assert capsys.readouterr().out == f"Keys taken out of {data / 'master.keys'}: 1.\n"
    assert hold("keys", "rotate", "log", "--prepare", "--data", data, "--json") == 0
    following = json.loads(capsys.readouterr().out)["next"]
    assert hold("keys", "rotate", "log", "--data", data) == 0
    assert capsys.readouterr().out == (
        f"Checkpoints are signed by {following}. Record 3, signed by the old key, says so.\n"
    )
    assert hold("log", "verify", "--data", data, "--key", following) == 0
    out = capsys.readouterr().out
    assert f"now it is {following}" in out
    assert hold("log", "export", "--data", data) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["kind"], row["id"]) for row in rows] == [
        *(("grant", f"id-{n}") for n in range(3)),
        ("rotation", ""),
    ]


def test_a_rotation_that_stops_midway_says_how_far_it_came(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(data / LOG_FILE)) as log, log:
        log.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON people BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
    assert hold("keys", "rotate", "master", "--data", data) == 1
    told = capsys.readouterr().err
    assert (
        "A new key is in force, but only 0 of 3 keys of people are encrypted by it: log.db: the disk is full."
        in told
    )
    assert hold("keys", "rotate", "master", "--retire", "--data", data) == 1
    assert "3 keys are still wrapped by an older one: rotate first" in capsys.readouterr().err
    with closing(sqlite3.connect(data / LOG_FILE)) as log, log:
        log.execute("DROP TRIGGER full")
    assert hold("keys", "rotate", "master", "--data", data) == 0
    assert "encrypted by a new key" in capsys.readouterr().out


def test_a_person_s_key_that_was_changed_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hold("log", "verify", "--every-key", "--data", data, "--json") == 0
    assert json.loads(capsys.readouterr().out)["keys"] == {"tried": 3, "of": 3}
    with closing(sqlite3.connect(data / LOG_FILE)) as raw, raw:
        raw.execute("UPDATE people SET wrapped = zeroblob(60) WHERE id = 1")
    assert hold("log", "verify", "--every-key", "--data", data) == 1
    assert "(index 1): the key that was made for the person of record 1" in capsys.readouterr().err
    assert hold("keys", "rotate", "master", "--data", data) == 0
    out = capsys.readouterr().out
    assert f"encrypted by a new key in {data / 'master.keys'}: 2." in out
    assert "1 did not open and stay as they are" in out
    assert hold("keys", "rotate", "master", "--retire", "--data", data) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["door"], 2, 'The key to rotate must be cookie, log or master, not "door".'),
        (["log", "--retire"], 2, "--prepare is for log alone, and --retire for master."),
        (["master", "--prepare"], 2, "--prepare is for log alone, and --retire for master."),
    ],
)
def test_what_can_not_be_rotated(
    data: Path, arguments: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hold("keys", "rotate", *arguments, "--data", data) == status
    assert capsys.readouterr().err == f"holdback: {sentence}\n"


def test_without_the_key_people_are_withheld(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(data / LOG_FILE, copy)
    (copy / LOG_FILE).chmod(0o400)
    copy.chmod(0o500)
    archive = tmp_path / "withheld.tar.gz"
    try:
        assert hold("log", "verify", "--data", copy) == 0
        out, err = capsys.readouterr()
        assert (err, "Keys of people: not tried" in out) == ("", True)
        assert hold("log", "export", "--data", copy) == 0
        out, err = capsys.readouterr()
        assert [json.loads(line)["id"] for line in out.splitlines()] == ["", "", ""]
        assert err.startswith("holdback: what is about people is withheld: ")
        assert err.count("\n") == 1
        assert hold("log", "export", "--data", copy, "--format", "archive", "--output", archive) == 0
        assert hold("log", "verify", "--archive", archive) == 0
        assert hold("subject", "export", "id-1", "--data", copy) == 2
        assert "master.keys can't be read" in capsys.readouterr().err
        assert [path.name for path in copy.iterdir()] == [LOG_FILE]
    finally:
        copy.chmod(0o700)


def test_an_archive_may_withhold(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "withheld.tar.gz"
    made = ["log", "export", "--data", data, "--format", "archive", "--output", archive]
    assert hold(*made, "--withhold") == 0
    assert capsys.readouterr().err == ""
    withheld = archive.read_bytes()
    assert hold("log", "verify", "--archive", archive) == 0
    assert hold(*made) == 0
    assert hold("log", "verify", "--archive", archive) == 0
    assert archive.read_bytes() != withheld


def test_a_key_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way: by the settings file, through a rotation, to the new key alone."""
    config, data = tmp_path / "holdback.toml", tmp_path / "data"
    config.write_text('data = "data"\n[store]\nmaster_key = "env:SHOP_KEY"\n')
    monkeypatch.setenv("SHOP_KEY", OLD_KEY)
    store = open_store(data, "env:SHOP_KEY")
    store.ledger._append([NewRecord("id-0", "grant", {"analytics": True})])
    store.close()
    assert hold("keys", "rotate", "master", "--config", config) == 1
    assert "env:SHOP_KEY holds no newer key" in capsys.readouterr().err
    monkeypatch.setenv("SHOP_KEY", f"{KEY} {OLD_KEY}")
    assert hold("keys", "rotate", "master", "--config", config) == 0
    monkeypatch.setenv("SHOP_KEY", KEY)
    capsys.readouterr()
    assert hold("log", "show", 0, "--config", config, "--json") == 0
    assert json.loads(capsys.readouterr().out)["id"] == "id-0"
    monkeypatch.setenv("HOLDBACK_STORE__MASTER_KEY", "env:SHOP_KEY")
    assert hold("subject", "erase", "id-0", "--data", data) == 0
    assert not (data / "master.keys").exists()


@pytest.mark.parametrize("value", ["master.keys", "vault:shop", "file:", "env: "])
def test_a_master_key_that_is_nowhere(tmp_path: Path, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "holdback.toml"
    config.write_text(f'[store]\nmaster_key = "{value}"\n')
    assert hold("check", "--config", config) == 2
    assert capsys.readouterr().err == (
        "holdback: store.master_key must be file:PATH, env:NAME or command:PROGRAM ARGUMENTS, which holds 32 bytes in "
        f'hex, not "{value}" (in {config}).\n'
    )


def test_a_proxy_without_its_key_does_not_start(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "master.keys").unlink()
    assert hold("serve", "--upstream", "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--data", data) == 1
    assert "master.keys can't be read" in capsys.readouterr().err.splitlines()[-1]
    assert not (data / "master.keys").exists()
