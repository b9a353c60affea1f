"""``holdback site classify``: what it writes is what a person would have written, or nothing."""

import json
import tomllib
from pathlib import Path

import pytest
from holdback.proxy.command.app import run
from holdback.proxy.settings.sources import load

FILE = """\
# Ours.
upstream = "http://127.0.0.1:9000"   # the shop

[site]
name = "Shop"

[[service]]
name = "Acme Metrics"
purpose = "analytics"
hosts = [
  "metrics.acme.example",  # since May
]

[limits]
choices_per_minute = 60
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "holdback.toml"
    file.write_text(FILE)
    return file


def classify(*arguments: object) -> int:
    return run(["site", "classify", *map(str, arguments)])


def test_a_new_service_stands_at_the_end(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert classify("cdn.widget.example", "preferences", "--name", "Acme Chat", "--config", config) == 0
    added = '\n[[service]]\nname = "Acme Chat"\npurpose = "preferences"\nhosts = ["cdn.widget.example"]\n'
    assert config.read_text() == FILE + added
    said = capsys.readouterr()
    assert "".join(f"+{line}" for line in added.splitlines(keepends=True)) in said.out
    assert said.err == f"holdback: {config} is changed; `holdback serve` takes it up when it starts again.\n"


def test_a_storage_key_says_that_it_is_one(config: Path) -> None:
    assert classify("storage:theme", "necessary", "--name", "Look", "--config", config) == 0
    assert classify("storage:acme.id", "analytics", "--name", "Acme Metrics", "--config", config) == 0
    acme, look = tomllib.loads(config.read_text())["service"]
    assert look == {"name": "Look", "purpose": "necessary", "storage": ["theme"]}
    assert acme["storage"] == ["acme.id"]
    assert "cookies" not in acme


@pytest.mark.parametrize("name", ["Acme Metrics", "acme metrics"])
def test_a_service_of_the_name_gets_it_added_and_keeps_its_comments(config: Path, name: str) -> None:
    assert classify("acme_*", "analytics", "--name", name, "--config", config) == 0
    assert classify("*.acme.example", "analytics", "--name", name, "--config", config) == 0
    text = config.read_text()
    assert "# since May" in text
    assert text.startswith("# Ours.\n")
    [service] = tomllib.loads(text)["service"]
    assert service["hosts"] == ["metrics.acme.example", "*.acme.example"]
    assert service["cookies"] == ["acme_*"]
    assert tomllib.loads(text)["limits"] == {"choices_per_minute": 60}
    assert load(config).service[0].cookies == ("acme_*",)


def test_saying_it_twice_changes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        classify("metrics.acme.example", "analytics", "--name", "Acme Metrics", "--config", config)
    assert config.read_text() == FILE
    assert "says so already" in capsys.readouterr().out


def test_a_dry_run_changes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert classify("x.test", "marketing", "--config", config, "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert not said["changed"]
    assert '+hosts = ["x.test"]' in said["diff"]
    assert config.read_text() == FILE
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    assert classify("_clck", "analytics", "--config", file) == 0
    assert tomllib.loads(file.read_text())["service"][0]["cookies"] == ["_clck"]


def test_who_may_read_it_stays_the_same(config: Path, tmp_path: Path) -> None:
    config.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    assert classify("x.test", "media", "--config", link) == 0
    assert link.is_symlink()
    assert config.stat().st_mode & 0o777 == 0o640
    assert "x.test" in config.read_text()


@pytest.mark.parametrize(
    ("arguments", "says", "status"),
    [
        (
            ["x", "marketing", "--name", "Acme Metrics"],
            "declared for analytics there: give another --name",
            1,
        ),
        (["*", "analytics"], '"*" is no host, cookie or storage key', 2),
        (["a.test", "fun"], "is not one of 'necessary'", 2),
    ],
)
def test_what_can_not_be_is_told_and_changes_nothing(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str, status: int
) -> None:
    assert classify(*arguments, "--config", config) == status
    assert says in capsys.readouterr().err
    assert config.read_text() == FILE
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_without_a_file_there_is_nothing_to_write_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert classify("a.test", "analytics") == 2
    assert "name it with --config" in capsys.readouterr().err


def test_what_is_no_toml_is_left_alone(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("[site\n")
    assert classify("a.test", "analytics", "--config", config) == 1
    assert "it is not TOML" in capsys.readouterr().err
    assert config.read_text() == "[site\n"


def test_a_file_that_would_not_do_is_left_alone(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(text := FILE.replace("9000", "many"))
    assert classify("a.test", "analytics", "--config", config) == 2
    assert "Nothing was changed: upstream must be" in capsys.readouterr().err
    assert config.read_text() == text
