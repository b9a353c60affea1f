"""``kill -9`` in the middle of a thousand choices: whoever was answered is in the log, and the log verifies."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.many_choices import accepting, choose
from tests.support.origin import Origin
from tests.support.visitor import Visitor, visitor_id

CHOICES = 1_000
ANSWERED_BEFORE = 200


async def _choose(port: int, request: bytes, answered: list[str], enough: asyncio.Event) -> None:
    if (id_ := await choose(port, request)) is not None:
        answered.append(id_)
    if len(answered) >= ANSWERED_BEFORE:
        enough.set()


async def _killed_in_the_middle(proxy: Holdback) -> list[str]:
    request, answered, enough = accepting(proxy), list[str](), asyncio.Event()
    choices = [asyncio.create_task(_choose(proxy.port, request, answered, enough)) for _ in range(CHOICES)]
    await asyncio.wait_for(enough.wait(), 60)
    os.killpg(proxy.process.pid, signal.SIGKILL)
    proxy.process.kill()
    await asyncio.gather(*choices)
    return answered


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_who_was_answered_is_in_the_log(origin: Origin, tmp_path: Path, workers: str) -> None:
    with serving(origin.url, tmp_path / "data", options=["--workers", workers]) as proxy:
        answered = await _killed_in_the_middle(proxy)

        assert len(answered) < CHOICES, "all were answered: nothing was cut short"
        verified = proxy.command("log", "verify")
        assert verified.returncode == 0, verified.stdout + verified.stderr
        recorded = {record["id"] for record in proxy.records()}
        assert set(answered) <= recorded

        proxy.restart()
        again = Visitor(proxy)
        again.choose("reject-all")
        records = proxy.records()
        assert [record["index"] for record in records] == list(range(len(records)))
        assert records[-1]["id"] == visitor_id(again.signed)
        assert proxy.command("log", "verify").returncode == 0
