"""On a disk that is full refusals take effect and nothing is granted; with room again, all of it is recorded."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until

from .test_lost_records import EVERYTHING, ready, released
from .test_refusing_in_an_outage import answered, kinds
from .test_withdrawn_elsewhere import choose


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk; the rounds of faults have one on which no file grows")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def proxy(origin: Origin, disk: Path) -> Iterator[Holdback]:
    with serving(origin.url, disk / "data", options=["--workers", "2"]) as proxy:
        yield proxy


def fill(disk: Path) -> Path:
    """Write to a file until nothing goes on the disk."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return filling


def test_refusals_take_effect_and_grants_wait(proxy: Holdback, origin: Origin, disk: Path) -> None:
    first, second = choose(proxy, "accept-all"), choose(proxy, "accept-all")
    assert released(proxy, origin, first) == {EVERYTHING}
    filling = fill(disk)
    until(lambda: ready(proxy) != "", "a proxy that is not ready", 30)
    assert "full" in ready(proxy)

    assert answered(proxy, "accept-all", "") == 503
    refused, part = choose(proxy, "reject-all", first), choose(proxy, "save", second, "&purpose=analytics")
    for cookie in (refused, first, part, second):
        assert released(proxy, origin, cookie) == {""}

    filling.unlink()
    until(lambda: kinds(proxy) == ["grant", "grant", "withdrawal", "partial"], "the refusals in the log", 30)
    until(lambda: all(ready(proxy) == "" for _ in range(6)), "a ready proxy", 30)
    assert released(proxy, origin, first) == {""}
    assert released(proxy, origin, choose(proxy, "accept-all", refused)) == {EVERYTHING}
    verified = proxy.command("log", "verify")
    assert verified.returncode == 0, verified.stderr
