"""``holdback rules update``: what is fetched replaces what was there only if it is what it should be."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.proxy.command.app import run

from tests.support.recording import Reply, Request, recording

LIST = b"[Adblock Plus 2.0]\n! Title: EasyPrivacy\n||tracker.test^$third-party\n"


@pytest.fixture
def mirror() -> Iterator[str]:
    def answer(request: Request) -> Reply:
        return {"/list": Reply(LIST), "/page": Reply(b"<html>")}.get(request.path, Reply(b"", 404))

    with recording(answer) as recorder:
        yield f"http://127.0.0.1:{recorder.port}"


def test_a_list_is_fetched_and_used(mirror: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, config = tmp_path / "easyprivacy.txt", tmp_path / "holdback.toml"
    config.write_text('easyprivacy = "easyprivacy.txt"\n')
    assert (
        run(["rules", "update", "--config", str(config), "--easyprivacy-url", f"{mirror}/list", "--json"])
        == 0
    )
    assert json.loads(capsys.readouterr().out) == {
        "key": "easyprivacy",
        "path": str(file),
        "bytes": len(LIST),
    }
    assert file.read_bytes() == LIST
    assert run(["rules", "explain", "https://tracker.test/x", "--config", str(config), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["held"] is True


@pytest.mark.parametrize(
    ("path", "sentence"), [("/page", "is no filter list"), ("/none", "answers 404 with 0 bytes")]
)
def test_what_is_no_list_replaces_nothing(
    mirror: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, sentence: str
) -> None:
    file = tmp_path / "easyprivacy.txt"
    file.write_bytes(LIST)
    assert run(["rules", "update", "--easyprivacy", str(file), "--easyprivacy-url", mirror + path]) == 1
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["easyprivacy.txt"]
    assert file.read_bytes() == LIST


def test_nothing_to_update(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "update"]) == 2
    assert capsys.readouterr().err.startswith("holdback: There is nothing to update")
