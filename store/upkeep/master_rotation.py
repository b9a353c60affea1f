"""A new master key in the place of the old one, while the proxy runs: every data key is wrapped anew.

First the log says which key is in force, from then on nothing is wrapped by another; then the keys of before are
wrapped anew, a batch at a time. If it is interrupted, doing it again goes on where it ended: until then both keys are
needed.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, select

from ..engine import facts, schema
from ..engine.database import Database
from ..keys.files import BadKeys, alone, exchange
from ..keys.master import KEY_BYTES, MasterKey, MasterKeys
from ..log.vault import LOOKUP, MASTER, lookup_in, owner, put_lookup, unwrap, wrap

_BATCH = 500
"""Keys that one transaction wraps anew: choices wait for it some milliseconds."""
_PEOPLE = schema.people.c


@dataclass(frozen=True, slots=True)
class Progress:
    """How many data keys are wrapped anew, and how many there were to do."""

    done: int
    total: int


def rotate(database: Database, masters: MasterKeys, data: Path) -> Iterator[Progress]:
    """Wrap every key by the first of *masters*; a key file is given a new first key before, unless it has one already.

    Yields what is done, after each batch. Raises :class:`BadKeys` where there is no newer key, or an old one is
    missing, and :class:`StoreUnavailable`.
    """
    try:
        with alone(data):
            target = _target(database, masters)
            yield from _rewrapped(database, masters, target)
    except OSError as error:
        raise BadKeys(f"{masters} can't be written: {error}") from error


def retire(database: Database, masters: MasterKeys, data: Path) -> int:
    """Take the keys out of the key file that open nothing in the log any more; how many. Raises :class:`BadKeys`."""
    if masters.path is None:
        raise BadKeys(f"{masters} is yours to change")
    try:
        with alone(data):
            in_force, left = _state(database)
            if left:
                raise BadKeys(f"{left} keys are still wrapped by an older one: rotate first")
            known = masters.load()
            exchange(masters.path, [key.secret.hex() for key in known if key.name == in_force])
            return len(known) - 1
    except OSError as error:
        raise BadKeys(f"{masters} can't be written: {error}") from error


def _state(database: Database) -> tuple[str, int]:
    """The name of the key in force, and how many keys another one has wrapped."""
    with database.reading() as connection:
        in_force = facts.get(connection, MASTER) or ""
        count = select(func.count()).select_from(schema.people).where(_PEOPLE.master != in_force)
        return in_force, int(connection.execute(count).scalar_one())


def _target(database: Database, masters: MasterKeys) -> MasterKey:
    in_force, left = _state(database)
    known = masters.load()
    if known[0].name != in_force or left:
        return known[0]  # put there by the owner, or by a rotation that was interrupted
    if masters.path is None:
        raise BadKeys(
            f"{masters} holds no newer key: put one before the others, and keep them until this is done"
        )
    exchange(masters.path, [secrets.token_hex(KEY_BYTES), *(key.secret.hex() for key in known)])
    return masters.load()[0]


def _rewrapped(database: Database, masters: MasterKeys, target: MasterKey) -> Iterator[Progress]:
    with database.writing() as connection:
        lookup = lookup_in(
            masters.named(facts.get(connection, MASTER) or ""), facts.get(connection, LOOKUP) or ""
        )
        put_lookup(connection, target, lookup)
        facts.put(connection, MASTER, target.name)
    done, last = 0, -1
    _, total = _state(database)
    yield Progress(done, total)
    while True:
        with database.writing() as connection:
            count, last = _batch(connection, masters, target, last)
        if not count:
            return
        done += count
        yield Progress(done, total)


def _batch(connection: Connection, masters: MasterKeys, target: MasterKey, after: int) -> tuple[int, int]:
    """Wrap some keys behind row *after*; how many, and the last row."""
    query = (
        select(_PEOPLE.id, _PEOPLE.master, _PEOPLE.wrapped)
        .where(_PEOPLE.id > after, _PEOPLE.master != target.name)
        .order_by(_PEOPLE.id)
        .limit(_BATCH)
    )
    rows = [
        {"row": id_, "anew": wrap(target, unwrap(masters.named(name), wrapped, owner(id_)), owner(id_))}
        for id_, name, wrapped in connection.execute(query)
    ]
    if rows:
        update = schema.people.update().where(_PEOPLE.id == bindparam("row"))
        connection.execute(update.values(master=target.name, wrapped=bindparam("anew")), rows)
    return len(rows), rows[-1]["row"] if rows else after
