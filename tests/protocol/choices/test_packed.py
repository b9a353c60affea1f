"""What many visitors get alike leaves in the coding that each takes best, and says the same in all of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.banner.endpoints import packed
from holdback.proxy.rules.model import Released

from tests.support.desk import Counter, counter

SCRIPT = {"accept": "application/json", "sec-fetch-site": "same-origin"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_every_coding_says_the_same(desk: Counter, accept: str, coding: str | None) -> None:
    file = desk.desk.files.of(Released()).path
    async with (
        desk.browser(**SCRIPT) as plain,
        desk.browser(**SCRIPT, **{"accept-encoding": accept}) as browser,
    ):
        plain.headers["accept-encoding"] = "identity"
        for path in ("/_hb/choices", file):
            wanted, got = await plain.get(path), await browser.get(path)
            assert got.headers.get("content-encoding") == coding
            assert "accept-encoding" in got.headers["vary"].lower()
            assert got.content == wanted.content
            assert int(wanted.headers["content-length"]) == len(wanted.content)
            if coding:
                assert int(got.headers["content-length"]) < len(got.content) / 1.5


async def test_who_stands_alike_is_told_the_same_bytes(
    desk: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are made and coded once; what another visitor chose, or speaks, makes other ones."""
    async with (
        desk.browser(**SCRIPT, **{"accept-encoding": "gzip"}) as first,
        desk.browser(**SCRIPT) as other,
    ):
        await first.post("/_hb/choice", data=desk.form("accept-all"))
        monkeypatch.setattr(packed, "_QUICK", {})
        other.headers["accept-encoding"] = "gzip"
        told = await other.post("/_hb/choice", data=desk.form("accept-all"))
        assert told.json()["state"]["status"] == "all"
        monkeypatch.undo()
        told = await other.post("/_hb/choice", data=desk.form("reject-all"))
        assert told.json()["state"]["status"] == "none"
        german = await other.get("/_hb/choices", headers={"accept-language": "de"})
        assert german.json()["state"]["label"] != told.json()["state"]["label"]
        assert json.loads(german.content)["file"] == told.json()["file"]
