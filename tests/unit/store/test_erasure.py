"""A hundred of ten thousand are forgotten: of none of them is a byte left in any file, and everything else holds."""

import random
import sqlite3
from pathlib import Path

from holdback.store.export import log_lines
from holdback.store.keys.master import DEFAULT, MasterKeys
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Verified, verify
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of
from holdback.store.upkeep import master_rotation

PEOPLE, FORGOTTEN, BATCH = 10_000, 100, 250


def _person(number: int) -> str:
    return f"5b0c1b0e-0000-4000-8000-{number:012d}"


def _filled(data: Path, chance: random.Random) -> Store:
    """Everybody has chosen once; every third has changed their mind later."""
    store = open_store(data)
    order = chance.sample(range(PEOPLE), PEOPLE)
    everybody = [*order, *chance.sample(order, PEOPLE // 3)]
    for start in range(0, len(everybody), BATCH):
        part = everybody[start : start + BATCH]
        store.ledger._append([NewRecord(_person(number), "grant", {"analytics": True}) for number in part])
    return store


def _secrets(store: Store, numbers: list[int]) -> list[bytes]:
    """Salt, ciphertext and wrapped key of everything that is kept of these people, each cut in two."""
    tags = [store.ledger.tag(_person(number)) for number in numbers]
    database = sqlite3.connect(store.data / LOG_FILE)
    query = (
        "SELECT salt, substr(payload, 61), wrapped FROM records JOIN people ON id = key_id WHERE person IN "
        f"({', '.join('?' * len(tags))})"
    )
    rows = database.execute(query, tags).fetchall()
    database.close()
    assert len(rows) >= len(numbers)
    parts = [part for row in rows for part in row]
    return [half for part in parts for half in (part[: len(part) // 2], part[len(part) // 2 :])]


def _left(data: Path, secrets: list[bytes]) -> int:
    files = b"".join(path.read_bytes() for path in data.glob("log.db*"))
    return sum(secret in files for secret in secrets)


def test_no_byte_of_them_is_left(tmp_path: Path) -> None:
    chance = random.Random(4)
    store = _filled(tmp_path, chance)
    numbers = chance.sample(range(PEOPLE), FORGOTTEN)
    secrets = _secrets(store, numbers)
    log = store.databases[0]
    log.settle()
    assert _left(tmp_path, secrets) == len(secrets)

    list(master_rotation.rotate(store, MasterKeys(DEFAULT, tmp_path)))
    secrets += _secrets(store, numbers)
    for number in numbers:
        store.ledger.erase(_person(number))
    assert log.settle()
    assert _left(tmp_path, secrets) == 0
    assert not any(_person(number).encode() in (tmp_path / LOG_FILE).read_bytes() for number in numbers)
    store.close()

    with reading(tmp_path, LOG_FILE) as database:
        assert isinstance(verify(database), Verified)
        read = {row["id"] for row in log_lines.lines(database, vault_of(database, tmp_path))}
    assert read == {"", *map(_person, set(range(PEOPLE)) - set(numbers))}
