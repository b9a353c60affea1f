"""``holdback rules update``: what is fetched replaces what was there only if it is what it should be."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.proxy.command.app import run

from tests.support.holdback_process import serving
from tests.support.origin import origin_running
from tests.support.recording import Reply, Request, recording

LIST = b"[Adblock Plus 2.0]\n! Title: EasyPrivacy\n||tracker.test^$third-party\n"

ADS = b"[Adblock Plus 2.0]\n! Title: EasyList\n! Last modified: 20 Nov 2026 10:00 UTC\n/ads/banner.\nshop.test##.ad\n"


@pytest.fixture
def mirror() -> Iterator[str]:
    def answer(request: Request) -> Reply:
        return {"/list": Reply(LIST), "/ads": Reply(ADS), "/page": Reply(b"<html>")}.get(
            request.path, Reply(b"", 404)
        )

    with recording(answer) as recorder:
        yield f"http://127.0.0.1:{recorder.port}"


def test_a_list_is_fetched_and_used(mirror: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, config = tmp_path / "easyprivacy.txt", tmp_path / "holdback.toml"
    config.write_text(f'easyprivacy = "easyprivacy.txt"\ndata = "{tmp_path}/data"\n')
    urls = ["--easyprivacy-url", f"{mirror}/list", "--easylist-url", f"{mirror}/ads"]
    assert run(["rules", "update", "--config", str(config), "--json", *urls]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {
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


def test_both_lists_come_into_the_data_folder_and_are_found_there(
    mirror: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    urls = ["--easyprivacy-url", f"{mirror}/list", "--easylist-url", f"{mirror}/ads"]
    assert run(["rules", "update", "--data", str(data), *urls]) == 0
    assert sorted(path.name for path in data.iterdir()) == ["easylist.txt", "easyprivacy.txt", "lists.NOTICE"]
    assert (data / "easylist.txt").read_bytes() == ADS
    assert "https://easylist.to/pages/licence.html" in (data / "lists.NOTICE").read_text()
    (tmp_path / "holdback.toml").write_text(f'data = "{data}"\n')
    capsys.readouterr()
    config = ["--config", str(tmp_path / "holdback.toml"), "--json"]
    assert (
        run(["rules", "explain", "https://tracker.test/x", "https://shop.test/ads/banner.js", *config]) == 0
    )
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["held"], one["purpose"], one["rule"]) for one in found] == [
        (True, "analytics", "EasyPrivacy ||tracker.test^"),
        (True, "marketing", "EasyList /ads/banner."),
    ]


def test_serve_says_what_it_knows_and_how_old_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "easylist.txt").write_bytes(ADS.replace(b"20 Nov 2026", b"20 Nov 2020"))
    with origin_running() as origin, serving(origin.url, data) as proxy:
        said = proxy.process.output
    assert "EasyList of 2020-11-20: 1 rules hold as well." in said
    assert "EasyList is old: `holdback rules update` fetches it anew." in said
    assert "EasyPrivacy" not in said
