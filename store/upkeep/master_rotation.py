"""A new master key in the place of the old one, while the proxy runs: every data key is wrapped anew.

First the log says which key is in force, from then on nothing is wrapped by another; then the keys of before are
wrapped anew, a batch at a time. If it is interrupted, doing it again goes on where it ended: until then both keys are
needed.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, func, select

from ..engine import facts, schema
from ..engine.database import Database
from ..events import sealing
from ..keys.files import BadKeys, alone, exchange
from ..keys.master import KEY_BYTES, MasterKey, MasterKeys
from ..log import vault
from ..log.vault import LOOKUP, MASTER, Unreadable, lookup_in, put_lookup, unwrap, wrap
from ..store import Store

_BATCH = 500
"""Keys that one transaction wraps anew: choices wait for it some milliseconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many data keys were gone through, and how many there were to do; ``broken`` opened by no key any more."""

    done: int
    total: int
    broken: int = 0


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of wrapped keys, and what the key in a row of it is bound to."""

    database: Database
    table: Table
    owner: Callable[[Row[Any]], bytes]


def _tables(store: Store) -> tuple[_Table, _Table]:
    log, events = store.databases
    return (
        _Table(log, schema.people, lambda row: vault.owner(row.id)),
        _Table(events, schema.event_keys, lambda row: sealing.owner(row.tag)),
    )


def rotate(store: Store, masters: MasterKeys) -> Iterator[Progress]:
    """Wrap every key by the first of *masters*; a key file is given a new first key before, unless it has one already.

    Yields what is done, after each batch. Raises :class:`BadKeys` where there is no newer key, or an old one is
    missing, and :class:`StoreUnavailable`.
    """
    try:
        with alone(store.data):
            target = _target(store, masters)
            yield from _rewrapped(store, masters, target)
    except OSError as error:
        raise BadKeys(f"{masters} can't be written: {error}") from error


def retire(store: Store, masters: MasterKeys) -> int:
    """Take the keys out of the key file that open nothing any more; how many. Raises :class:`BadKeys`."""
    if masters.path is None:
        raise BadKeys(f"{masters} is yours to change")
    try:
        with alone(store.data):
            in_force, left = _state(store)
            if left:
                raise BadKeys(f"{left} keys are still wrapped by an older one: rotate first")
            known = masters.load()
            exchange(masters.path, [key.secret.hex() for key in known if key.name == in_force])
            return len(known) - 1
    except OSError as error:
        raise BadKeys(f"{masters} can't be written: {error}") from error


def _state(store: Store) -> tuple[str, int]:
    """The name of the key in force, and how many keys another one has wrapped."""
    with store.databases[0].reading() as connection:
        in_force = facts.get(connection, MASTER) or ""
    left = 0
    for one in _tables(store):
        count = select(func.count()).select_from(one.table).where(one.table.c.master != in_force)
        with one.database.reading() as connection:
            left += int(connection.execute(count).scalar_one())
    return in_force, left


def _target(store: Store, masters: MasterKeys) -> MasterKey:
    in_force, left = _state(store)
    known = masters.load()
    if known[0].name != in_force or left:
        return known[0]  # put there by the owner, or by a rotation that was interrupted
    if masters.path is None:
        raise BadKeys(
            f"{masters} holds no newer key: put one before the others, and keep them until this is done"
        )
    exchange(masters.path, [secrets.token_hex(KEY_BYTES), *(key.secret.hex() for key in known)])
    return masters.load()[0]


def _rewrapped(store: Store, masters: MasterKeys, target: MasterKey) -> Iterator[Progress]:
    with store.databases[0].writing() as connection:
        lookup = lookup_in(
            masters.named(facts.get(connection, MASTER) or ""), facts.get(connection, LOOKUP) or ""
        )
        put_lookup(connection, target, lookup)
        facts.put(connection, MASTER, target.name)
    done, broken, (_, total) = 0, 0, _state(store)
    yield Progress(done, total)
    for one in _tables(store):
        last = -1
        while True:
            with one.database.writing() as connection:
                rows = _behind(connection, one, target, last)
                broken += _wrap_anew(connection, one, masters, target, rows)
            if not rows:
                break
            done, last = done + len(rows), rows[-1].id
            yield Progress(done, total, broken)


def _behind(connection: Connection, one: _Table, target: MasterKey, after: int) -> Sequence[Row[Any]]:
    """Some keys behind row *after* that *target* has not wrapped."""
    columns = one.table.c
    query = select(one.table).where(columns.id > after, columns.master != target.name)
    return connection.execute(query.order_by(columns.id).limit(_BATCH)).all()


def _wrap_anew(
    connection: Connection, one: _Table, masters: MasterKeys, target: MasterKey, rows: Sequence[Row[Any]]
) -> int:
    """Wrap the keys in *rows* by *target*; how many of them don't open.

    Those stay as they are, under the new name: somebody who overwrote one must not be able to keep a rotation from its
    end, and an older key in its file. ``log verify`` tells of them.
    """
    anew = []
    for row in rows:
        with suppress(Unreadable):
            key = unwrap(masters.named(row.master), row.wrapped, one.owner(row))
            anew.append({"row": row.id, "anew": wrap(target, key, one.owner(row))})
    columns = one.table.c
    if anew:
        update = one.table.update().where(columns.id == bindparam("row"))
        connection.execute(update.values(wrapped=bindparam("anew")), anew)
    if rows:
        through = columns.id.between(rows[0].id, rows[-1].id)
        connection.execute(one.table.update().where(through).values(master=target.name))
    return len(rows) - len(anew)
