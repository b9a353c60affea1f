"""Keys are made once; those that a log was begun with are never made anew."""

from pathlib import Path

import pytest
from holdback.store.keys.files import BadKeys
from holdback.store.keys.keyring import loose
from holdback.store.log.records import NewRecord
from holdback.store.store import open_store
from holdback.store.unavailable import UnavailableStore


@pytest.mark.parametrize("name", ["cookie.keys", "log.key"])
def test_a_key_that_a_log_was_begun_with_is_not_made_anew(tmp_path: Path, name: str) -> None:
    store = open_store(tmp_path)
    store.ledger._append([NewRecord("a", "grant", {})])
    store.close()
    (tmp_path / name).unlink()
    with pytest.raises(BadKeys, match=f"{name} is missing, and a log was begun with it"):
        open_store(tmp_path)
    with pytest.raises(BadKeys, match=name):
        UnavailableStore(tmp_path, "away")
    assert not (tmp_path / name).exists()


def test_keys_that_others_may_read_are_named(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    assert loose(tmp_path) == []
    (tmp_path / "log.key").chmod(0o640)
    assert loose(tmp_path) == [tmp_path / "log.key"]
