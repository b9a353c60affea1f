"""First-party events: kept in the owner's own database, on the disk before anybody is told so."""

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Delete, Select, bindparam, func, or_, select

from ..engine import schema
from ..engine.database import Database
from ..engine.dialects import insert_once, streamed
from ..engine.group_commit import Writer
from ..log.records import rfc3339
from ..log.vault import NONCE_BYTES, Unreadable, Vault
from . import sealing
from .event import Event
from .people import person_tag
from .sealing import EventKeys, Opener

_AT_ONCE = 5000
"""Events that are deleted, or sealed, in one transaction, so that nobody waits long for the write lock."""
_KEYS_AT_ONCE = 500
_EVENTS, _KEYS, _KNOWN = schema.events.c, schema.event_keys.c, schema.known_as.c

_EVERYTHING = select(schema.events, _KEYS.tag, _KEYS.master, _KEYS.wrapped).select_from(
    schema.events.outerjoin(schema.event_keys, _KEYS.id == _EVENTS.key_id)
)
"""Events, each with its key."""
_FOLLOWED = 1000


class _InUse(Exception):
    """A key that seemed idle is not."""


class _Prepared(NamedTuple):
    """An event that waits: its row, what is to be sealed of it, the tag whose key does, and as whom it is known."""

    row: dict[str, Any]
    said: bytes
    owner: str
    known: tuple[str, ...]


class Events:
    """The events in *database*, sealed by *keys*."""

    def __init__(
        self, database: Database, keys: EventKeys, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._writer: Writer[Sequence[_Prepared], None] = Writer("holdback-events", self._commit)

    async def add(self, events: Sequence[Event]) -> None:
        """Store *events*, all or none; they are on the disk when this returns. Raises ``StoreUnavailable``."""
        if events:
            now_ms = int(self._clock() * 1000)
            await self._writer.write([self._prepared(event, now_ms) for event in events])

    def _prepared(self, event: Event, now_ms: int) -> _Prepared:
        visitor, person = self._keys.tag(event.visitor or ""), person_tag(self._keys.tag, event.person)
        seen = event.seen
        row = {
            "time_ms": int(event.time.astimezone(UTC).timestamp() * 1000) if event.time else now_ms,
            "name": event.name,
            "visitor": visitor or None,
            "path": event.path,
            "properties": "",
            "uid": event.uid,
            "received_ms": now_ms,
            "person": person or None,
            "referrer": seen.referrer or None,
            "source": seen.source or None,
            "medium": seen.medium or None,
            "campaign": seen.campaign or None,
            "device": seen.device or None,
            "country": seen.country or None,
        }
        said = sealing.content(event.visitor, event.person, event.properties)
        known = {person_tag(self._keys.tag, alias) for alias in event.aliases if alias} if visitor else ()
        return _Prepared(row, said, visitor or person, tuple(known))

    def visitors_of(self, people: Collection[str]) -> dict[str, set[str]]:
        """The tags of the visitors who, having agreed, were called so; by name. It blocks.

        Raises ``StoreUnavailable``.
        """
        names = {person_tag(self._keys.tag, name): name for name in people}
        found: dict[str, set[str]] = {name: set() for name in people}
        query = select(_KNOWN.person, _KNOWN.visitor).where(_KNOWN.person.in_(list(names)))
        with self._database.reading() as connection:
            for person, visitor in connection.execute(query):
                found[names[person]].add(visitor)
        return found

    def erase(self, *visitors: str, people: Iterable[str] = ()) -> int:
        """Delete every event of these *visitors*, ids, and of these *people*, as SDKs call them; how many there were.

        With a person go the visitors who were called so. Their keys, and whom they were known as, go too. It blocks.
        Raises ``StoreUnavailable``.
        """
        named = [person_tag(self._keys.tag, name) for name in people]
        tags = [*(self._keys.tag(id_) for id_ in visitors), *named]
        with self._database.writing() as connection:
            tags.extend(connection.execute(_called(named)).scalars())
            theirs = or_(_EVENTS.visitor.in_([*tags, *visitors]), _EVENTS.person.in_(named))
            done = connection.execute(schema.events.delete().where(theirs))
            connection.execute(schema.event_keys.delete().where(_KEYS.tag.in_(tags)))
            known = or_(_KNOWN.visitor.in_(tags), _KNOWN.person.in_(named))
            connection.execute(schema.known_as.delete().where(known))
            return done.rowcount

    def expire(self, before_ms: int) -> int:
        """Delete every event that is older than *before_ms*; how many there were. It blocks.

        Keys that seal nothing any more go too, and with them whom their visitors were known as. Raises
        ``StoreUnavailable``.
        """
        old = select(_EVENTS.id).where(_EVENTS.time_ms < before_ms).order_by(_EVENTS.time_ms)
        step = schema.events.delete().where(_EVENTS.id.in_(old.limit(_AT_ONCE)))
        total = 0
        while count := self._deleted(step):
            total += count
        if total:
            self._drop_idle_keys(before_ms)
        return total

    def _deleted(self, statement: Delete) -> int:
        with self._database.writing() as connection:
            return connection.execute(statement).rowcount

    def _drop_idle_keys(self, before_ms: int) -> None:
        used = select(_EVENTS.key_id).where(_EVENTS.key_id.is_not(None))
        with self._database.reading() as connection:
            idle = list(connection.execute(select(_KEYS.id).where(_KEYS.id.not_in(used))).scalars())
        for at in range(0, len(idle), _KEYS_AT_ONCE):
            some = idle[at : at + _KEYS_AT_ONCE]
            with suppress(_InUse), self._database.writing() as connection:
                connection.execute(schema.event_keys.delete().where(_KEYS.id.in_(some)))
                # Whoever held one of them when it was to be deleted has sealed an event by it since.
                if connection.execute(select(_EVENTS.id).where(_EVENTS.key_id.in_(some)).limit(1)).first():
                    raise _InUse
        alone = _KNOWN.since_ms < before_ms, _KNOWN.visitor.not_in(select(_KEYS.tag))
        with self._database.writing() as connection:
            connection.execute(schema.known_as.delete().where(*alone))

    def _commit(self, batches: Sequence[Sequence[_Prepared]]) -> list[None]:
        prepared = [one for batch in batches for one in batch]
        noise = secrets.token_bytes(NONCE_BYTES * len(prepared))
        with self._database.writing() as connection:
            keys = self._keys.of(connection, {one.owner for one in prepared})
            for number, one in enumerate(prepared):
                id_, key = keys[one.owner]
                nonce = noise[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
                one.row["key_id"], one.row["sealed"] = id_, sealing.seal(key, one.said, nonce)
            connection.execute(insert_once(connection, schema.events), [one.row for one in prepared])
            known = {
                (person, one.row["visitor"]): one.row["received_ms"]
                for one in prepared
                for person in one.known
            }
            if known:
                rows = [
                    {"person": person, "visitor": visitor, "since_ms": since}
                    for (person, visitor), since in sorted(known.items())
                ]
                connection.execute(insert_once(connection, schema.known_as), rows)
        return [None] * len(batches)

    def seal_old(self) -> int:
        """Seal the events of before they were sealed; how many there were. It blocks. Raises ``StoreUnavailable``."""
        total = 0
        while count := self._seal_some():
            total += count
        return total

    def _seal_some(self) -> int:
        clear = _EVENTS.sealed.is_(None)
        query = select(_EVENTS.id, _EVENTS.visitor, _EVENTS.properties).where(clear).limit(_AT_ONCE)
        with self._database.reading() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            found = connection.execute(query).all()
            keys = self._keys.of(connection, {self._keys.tag(row.visitor or "") for row in found})
            rows = []
            for row in found:
                tag = self._keys.tag(row.visitor or "")
                id_, key = keys[tag]
                said = sealing.content(row.visitor, "", json.loads(row.properties))
                sealed = sealing.seal(key, said, secrets.token_bytes(NONCE_BYTES))
                rows.append({"row": row.id, "tag": tag or None, "sealed": sealed, "key": id_})
            update = schema.events.update().where(_EVENTS.id == bindparam("row"))
            connection.execute(
                update.values(
                    visitor=bindparam("tag"),
                    properties="",
                    sealed=bindparam("sealed"),
                    key_id=bindparam("key"),
                ),
                rows,
            )
        return len(found)

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._writer.close()


def stored(
    database: Database, vault: Vault | None, visitors: Sequence[str] | None = None, people: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Every stored event, or those of these *visitors*, ids, and *people*, as SDKs call them; oldest first.

    Where its key does not open an event, ``missing`` says ``unreadable``. Raises ``StoreUnavailable`` where the
    *vault*, the log's, has no master key.
    """
    query = _EVERYTHING.order_by(_EVENTS.time_ms, _EVENTS.id)
    if visitors is not None:
        query = query.where(_of(vault, visitors, people))
    opener = Opener(vault)
    with database.reading() as connection, streamed(connection, query, 1000) as rows:
        for row in rows:
            yield _line(row, opener)


def following(database: Database, vault: Vault | None, after: int) -> list[tuple[int, dict[str, Any]]]:
    """The events that were stored behind the one of number *after*, each with its number; at most a thousand at a time.

    Raises as :func:`stored`.
    """
    query = _EVERYTHING.where(_EVENTS.id > after).order_by(_EVENTS.id).limit(_FOLLOWED)
    opener = Opener(vault)
    with database.reading() as connection:
        return [(row.id, _line(row, opener)) for row in connection.execute(query)]


def newest(database: Database) -> int:
    """The number of the newest event; 0 where there is none. Raises ``StoreUnavailable``."""
    with database.reading() as connection:
        return connection.execute(select(func.max(_EVENTS.id))).scalar() or 0


def _of(vault: Vault | None, visitors: Sequence[str], people: Sequence[str]) -> ColumnElement[bool]:
    tag: Callable[[str], str] = vault.tag if vault is not None else str
    tags = [*visitors, *(tag(visitor) for visitor in visitors)]
    named = [person_tag(tag, name) for name in people]
    return or_(_EVENTS.visitor.in_(tags), _EVENTS.visitor.in_(_called(named)), _EVENTS.person.in_(named))


def _called(named: Sequence[str]) -> Select[Any]:
    """The tags of the visitors who were called one of these names, tags too."""
    return select(_KNOWN.visitor).where(_KNOWN.person.in_(named))


def _line(row: Any, opener: Opener) -> dict[str, Any]:
    said: Mapping[str, Any]
    try:
        if row.sealed is None:
            said = {"visitor": row.visitor, "person": "", "properties": json.loads(row.properties)}
        else:
            said = opener.content(row.key_id, row.tag, row.master, row.wrapped, row.sealed)
    except Unreadable:
        said = {"visitor": None, "person": "", "properties": None, "missing": "unreadable"}
    return {
        "time": rfc3339(row.time_ms),
        "event": row.name,
        "visitor": said["visitor"],
        "person": said["person"] or None,
        "path": row.path,
        "properties": said["properties"],
        "referrer": row.referrer,
        "source": row.source,
        "medium": row.medium,
        "campaign": row.campaign,
        "device": row.device,
        "country": row.country,
        "id": row.uid,
        "received": None if row.received_ms is None else rfc3339(row.received_ms),
        **({"missing": said["missing"]} if "missing" in said else {}),
    }
