"""Keys of the cookie: known first, then signing; none is lost."""

import logging
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from holdback.store.keys.keyring import COOKIE_KEYS, BadKeys, cookie_secrets
from holdback.store.upkeep import rotation
from holdback.store.upkeep.rotation import CookieKeys, rotate

from tests.support.processes import until

type Follow = Callable[[], list[Sequence[bytes]]]


def test_a_key_is_known_before_it_signs(tmp_path: Path) -> None:
    [old] = cookie_secrets(tmp_path)
    meanwhile = []
    assert rotate(tmp_path, lambda _: meanwhile.append(cookie_secrets(tmp_path))) == 2
    new, kept = cookie_secrets(tmp_path)
    assert kept == old
    assert meanwhile == [(old, new)]
    assert [path.name for path in tmp_path.iterdir()] == [COOKIE_KEYS]
    assert stat.S_IMODE((tmp_path / COOKIE_KEYS).stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadKeys, match="can't be written"):
        rotate(tmp_path / "nowhere")


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    monkeypatch.setattr(rotation, "_EVERY", 0.01)
    open_ = []

    def start() -> list[Sequence[bytes]]:
        used: list[Sequence[bytes]] = []
        keys = CookieKeys(tmp_path, cookie_secrets(tmp_path), used.append)
        keys.start()
        open_.append(keys)
        return used

    yield start
    for keys in open_:
        keys.close()


def test_a_worker_learns_of_both_steps(tmp_path: Path, follow: Follow) -> None:
    [old] = cookie_secrets(tmp_path)
    used = follow()
    rotate(tmp_path, lambda _: until(lambda: bool(used), "the key to be known"))
    until(lambda: len(used) == 2, "the key to sign")
    new = cookie_secrets(tmp_path)[0]
    assert used == [(old, new), (new, old)]


def test_a_key_that_is_taken_out_is_retired_at_once(tmp_path: Path, follow: Follow) -> None:
    [old] = cookie_secrets(tmp_path)
    rotate(tmp_path, lambda _: None)
    used = follow()
    new = cookie_secrets(tmp_path)[0]
    (tmp_path / COOKIE_KEYS).write_text(f"{new.hex()}\n")
    until(lambda: used == [(new,)], "the old key to be retired")
    assert old not in used[0]


def test_while_there_are_no_keys_those_of_before_count(
    tmp_path: Path, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    used = follow()
    path = tmp_path / COOKIE_KEYS
    before = path.read_text()
    with caplog.at_level(logging.WARNING, "holdback"):
        path.write_text("no key")
        until(lambda: "the keys of before stay in use" in caplog.text, "a warning")
    path.unlink()
    assert used == []
    fresh = tmp_path / "fresh"
    fresh.write_text("cd" * 32 + "\n" + before)
    fresh.rename(path)
    until(lambda: used == [(bytes.fromhex("cd" * 32), bytes.fromhex(before.strip()))], "the new key")
