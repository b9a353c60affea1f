"""Whoever changes the log afterwards, the whole file in hand, is told by ``holdback log verify``: what and where."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, holdback
from tests.support.visitor import Visitor

RECORDS = 12


@pytest.fixture(scope="module")
def log(proxy: Holdback) -> Path:
    """A log of a dozen choices, and beside it a checkpoint that was saved after the eighth."""
    for number in range(RECORDS):
        Visitor(proxy).choose("accept-all" if number % 3 else "reject-all")
        if number == 7:
            saved = proxy.command("log", "checkpoint")
            assert saved.returncode == 0, saved.stderr
            (proxy.data.parent / "saved").write_text(saved.stdout)
    return proxy.data


@pytest.fixture
def copy(log: Path, tmp_path: Path) -> Path:
    """A copy that an auditor gets: the database alone, without any key."""
    target = tmp_path / "copy"
    target.mkdir()
    source = sqlite3.connect(log / "log.db")
    with sqlite3.connect(target / "log.db") as made:
        source.backup(made)
    source.close()
    made.close()
    return target


def _verify(copy: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return holdback("log", "verify", "--data", str(copy), *more)


def _tampered(copy: Path, *statements: str) -> None:
    database = sqlite3.connect(copy / "log.db")
    with database:
        for statement in statements:
            database.execute(statement)
    database.close()


def _edit_leaf(copy: Path) -> None:
    _tampered(copy, "UPDATE records SET leaf = CAST(replace(leaf, 'r', 'R') AS BLOB) WHERE idx = 5")


def _edit_payload(copy: Path) -> None:
    _tampered(copy, "UPDATE records SET payload = payload || x'20' WHERE idx = 5")


def _swap_payloads(copy: Path) -> None:
    """Make a refusal (record 3) out of a grant (record 5) and the other way round, whole."""
    _tampered(
        copy,
        "UPDATE records SET idx = -1 WHERE idx = 5",
        "UPDATE records SET idx = 5 WHERE idx = 3",
        "UPDATE records SET idx = 3 WHERE idx = -1",
    )


def _remove(copy: Path) -> None:
    _tampered(copy, "DELETE FROM records WHERE idx = 5")


def _remove_and_close_up(copy: Path) -> None:
    _tampered(copy, "DELETE FROM records WHERE idx = 5", "UPDATE records SET idx = idx - 1 WHERE idx > 5")


TAMPERING: dict[str, tuple[Callable[[Path], None], int]] = {
    "a leaf is edited": (_edit_leaf, 5),
    "what was chosen is edited": (_edit_payload, 5),
    "two records are exchanged": (_swap_payloads, 3),
    "a record is removed": (_remove, 5),
    "a record is removed and the rest moved up": (_remove_and_close_up, 5),
}


def test_an_untouched_copy_verifies_without_a_key(copy: Path, log: Path) -> None:
    saved = ["--checkpoint", str(log.parent / "saved")]

    assert _verify(copy).returncode == 0
    assert _verify(copy, *saved).returncode == 0


def test_a_read_only_copy_verifies(copy: Path) -> None:
    (copy / "log.db").chmod(0o400)
    copy.chmod(0o500)
    try:
        assert _verify(copy).returncode == 0
        assert sorted(path.name for path in copy.iterdir()) == ["log.db"]
    finally:
        copy.chmod(0o700)


@pytest.mark.parametrize(("tamper", "index"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_told_and_located(copy: Path, tamper: Callable[[Path], None], index: int) -> None:
    tamper(copy)
    told = _verify(copy)

    assert told.returncode == 1
    assert re.search(rf"\b{index}\b", told.stdout + told.stderr), told.stdout + told.stderr


def _tail_cut(copy: Path, size: int) -> None:
    """Back to an earlier state that was itself signed: nothing in the file alone can show it."""
    shutil.copy(copy / "log.db", copy.parent / "whole.db")
    sizes = f"SELECT max(size) FROM heads WHERE size <= {size}"
    database = sqlite3.connect(copy / "log.db")
    [[end]] = database.execute(sizes).fetchall()
    with database:
        database.execute("DELETE FROM heads WHERE size > ?", [end])
        database.execute("DELETE FROM records WHERE idx >= ?", [end])
    database.close()


def test_a_tail_cut_off_is_convicted_by_a_saved_checkpoint(copy: Path, log: Path) -> None:
    _tail_cut(copy, 6)
    told = _verify(copy, "--checkpoint", str(log.parent / "saved"))

    assert told.returncode == 1
    assert re.search(r"\b[68]\b", told.stdout + told.stderr), told.stdout + told.stderr


def test_a_foreign_checkpoint_convicts(copy: Path, log: Path, tmp_path: Path) -> None:
    origin, size, rest = (log.parent / "saved").read_text().split("\n", 2)
    changed = f"{origin}\n{int(size) - 1}\n{rest}"
    (tmp_path / "forged").write_text(changed)

    assert _verify(copy, "--checkpoint", str(tmp_path / "forged")).returncode == 1
