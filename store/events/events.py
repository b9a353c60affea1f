"""First-party events: kept in the owner's own database, on the disk before anybody is told so."""

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from itertools import batched, takewhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select

from ..engine import schema
from ..engine.dialects import add_once, delete_from, insert_once, streamed
from ..engine.group_commit import Writer
from ..log.records import rfc3339
from ..log.vault import NONCE_BYTES, Unreadable, Vault
from . import forgotten, sealing
from .event import Event
from .people import called, person_tag
from .sealing import EventKeys, Opener
from .tables import EventTables

_AT_ONCE = 5000
"""Events that are deleted, or sealed, in one transaction, so that nobody waits long for the write lock."""
_KEYS_AT_ONCE = 500
_EVENTS, _KEYS, _KNOWN = schema.events.c, schema.event_keys.c, schema.known_as.c

_READ_AT_ONCE = 1000


COLUMNS = (
    *("time", "event", "visitor", "person", "path", "properties", "referrer", "source", "medium", "campaign"),
    *("device", "country", "id", "received", "missing"),
)
"""What an event's line may have, in order."""
TIMES = ("time", "received")


class _InUse(Exception):
    """A key that seemed idle is not."""


class _Prepared(NamedTuple):
    """An event that waits: its row, what is to be sealed of it, the tag whose key does, and as whom it is known."""

    row: dict[str, Any]
    said: bytes
    owner: str
    known: tuple[str, ...]


class Events:
    """The events in *tables*, sealed by *keys*."""

    def __init__(
        self, tables: EventTables, keys: EventKeys, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._tables = tables
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
            "uid": self._uid_tag(event.uid),
            "received_ms": now_ms,
            "person": person or None,
            "referrer": seen.referrer or None,
            "source": seen.source or None,
            "medium": seen.medium or None,
            "campaign": seen.campaign or None,
            "device": seen.device or None,
            "country": seen.country or None,
        }
        said = sealing.content(event.visitor, event.person, event.uid, event.properties)
        known = {person_tag(self._keys.tag, alias) for alias in event.aliases if alias} if visitor else ()
        return _Prepared(row, said, visitor or person, tuple(known))

    def visitors_of(self, people: Collection[str]) -> dict[str, set[str]]:
        """The tags of the visitors who, having agreed, were called so; by name. It blocks.

        Raises ``StoreUnavailable``.
        """
        names = {person_tag(self._keys.tag, name): name for name in people}
        found: dict[str, set[str]] = {name: set() for name in people}
        query = select(_KNOWN.person, _KNOWN.visitor).where(_KNOWN.person.in_(list(names)))
        with self._tables.keys.reading() as connection:
            for person, visitor in connection.execute(query):
                found[names[person]].add(visitor)
        return found

    def erase(self, *visitors: str, people: Iterable[str] = ()) -> int:
        """Delete every event of these *visitors*, ids, and of these *people*, as SDKs call them; how many there were.

        The visitors who were called by a person's name are erased with them, and so are their keys and names. It
        blocks. Raises ``StoreUnavailable``.
        """
        named = [person_tag(self._keys.tag, name) for name in people]
        tags = [*(self._keys.tag(id_) for id_ in visitors), *named]
        with self._tables.writing() as (keys, rows):
            tags.extend(keys.execute(called(named)).scalars())
            theirs = or_(_EVENTS.visitor.in_([*tags, *visitors]), _EVENTS.person.in_(named))
            count = _deleted(keys, rows, theirs)
            keys.execute(schema.event_keys.delete().where(_KEYS.tag.in_(tags)))
            keys.execute(
                schema.known_as.delete().where(or_(_KNOWN.visitor.in_(tags), _KNOWN.person.in_(named)))
            )
        return count

    def tags_of(self, visitors: Iterable[str], people: Iterable[str] = ()) -> set[str]:
        """The tags under which everything of these *visitors*, ids, and *people*, as SDKs call them, lies. It blocks.

        Those of the visitors who were called by a person's name are among them. Raises ``StoreUnavailable``.
        """
        named = [person_tag(self._keys.tag, name) for name in people]
        with self._tables.keys.reading() as connection:
            return {*map(self._keys.tag, visitors), *named, *connection.execute(called(named)).scalars()}

    def erase_again(self, erased: Mapping[str, int]) -> int:
        """Delete what is there again of those whose events were *erased*: tags, and when; how many events there were.

        Their keys and names go too. It blocks. Raises ``StoreUnavailable``.
        """
        return sum(map(self._erase_again, forgotten.parts(erased)))

    def _erase_again(self, erased: Mapping[str, int]) -> int:
        with self._tables.reading() as (keys, rows):
            events, names = forgotten.events_of(rows, erased), forgotten.names_of(keys, erased)
            theirs = set(keys.execute(select(_KEYS.id).where(_KEYS.tag.in_(erased))).scalars())
        for some in batched(events, _KEYS_AT_ONCE):
            with self._tables.writing() as (keys, rows):
                _deleted(keys, rows, _EVENTS.id.in_(some))
        if theirs:
            with suppress(_InUse), self._tables.writing() as (keys, rows):
                in_use = select(_EVENTS.key_id).where(_EVENTS.key_id.in_(theirs)).distinct()
                idle = theirs.difference(rows.execute(in_use).scalars())
                self._drop_keys(keys, rows, idle)
        if names:
            with self._tables.keys.writing() as connection:
                for person, visitor in names:
                    called_so = _KNOWN.person == person, _KNOWN.visitor == visitor
                    connection.execute(schema.known_as.delete().where(*called_so))
        return len(events)

    def expire(self, before_ms: int) -> int:
        """Delete every event that is older than *before_ms*; how many there were. It blocks.

        Keys that seal nothing any more go too, and with them whom their visitors were known as. Raises
        ``StoreUnavailable``.
        """
        total = 0
        while count := self._expire(before_ms):
            total += count
        if total:
            self._drop_idle_keys(before_ms)
        return total

    def _expire(self, before_ms: int) -> int:
        with self._tables.writing() as (keys, rows):
            return _deleted(keys, rows, _EVENTS.time_ms < before_ms, at_most=_AT_ONCE)

    def _drop_idle_keys(self, before_ms: int) -> None:
        for some in batched(self._idle_keys(), _KEYS_AT_ONCE):
            with suppress(_InUse), self._tables.writing() as (keys, rows):
                self._drop_keys(keys, rows, some)
        alone = _KNOWN.since_ms < before_ms, _KNOWN.visitor.not_in(select(_KEYS.tag))
        with self._tables.keys.writing() as connection:
            connection.execute(schema.known_as.delete().where(*alone))

    @staticmethod
    def _drop_keys(keys: Connection, rows: Connection, some: Collection[int]) -> None:
        """Delete *some* keys that seal nothing; raise :class:`_InUse`, which takes that back, where one does."""
        keys.execute(schema.event_keys.delete().where(_KEYS.id.in_(some)))
        # Whoever held one of them when it was to be deleted has sealed an event by it since.
        if rows.execute(select(_EVENTS.id).where(_EVENTS.key_id.in_(some)).limit(1)).first():
            raise _InUse

    def _idle_keys(self) -> list[int]:
        """The keys that seal nothing; both sides are read in order, so that neither is held in memory."""
        idle = []
        used_keys = (
            select(_EVENTS.key_id).where(_EVENTS.key_id.is_not(None)).distinct().order_by(_EVENTS.key_id)
        )
        with self._tables.reading() as (keys, rows), streamed(rows, used_keys, _AT_ONCE) as found:
            used = (row.key_id for row in found)
            at = next(used, None)
            for id_ in keys.execute(select(_KEYS.id).order_by(_KEYS.id)).scalars():
                while at is not None and at < id_:
                    at = next(used, None)
                if at != id_:
                    idle.append(id_)
        return idle

    def _commit(self, batches: Sequence[Sequence[_Prepared]]) -> list[None]:
        prepared = [one for batch in batches for one in batch]
        noise = secrets.token_bytes(NONCE_BYTES * len(prepared))
        owners = {one.owner for one in prepared}
        if self._tables.apart:  # a row must not outlive the transaction in which its key was made
            with self._tables.keys.writing() as on_keys:
                self._keys.of(on_keys, owners)
        with self._tables.writing() as (on_keys, on_rows):
            keys = self._keys.of(on_keys, owners)
            for number, one in enumerate(prepared):
                id_, key = keys[one.owner]
                nonce = noise[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
                one.row["key_id"], one.row["sealed"] = id_, sealing.seal(key, one.said, nonce)
            add_once(on_rows, schema.events, [one.row for one in prepared])
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
                on_keys.execute(insert_once(on_keys, schema.known_as), rows)
        return [None] * len(batches)

    def seal_old(self) -> int:
        """Seal the events of before they were sealed; how many there were. It blocks. Raises ``StoreUnavailable``."""
        total = 0
        while count := self._seal_some():
            total += count
        return total

    def _seal_some(self) -> int:
        clear = _EVENTS.sealed.is_(None)
        query = (
            select(_EVENTS.id, _EVENTS.visitor, _EVENTS.uid, _EVENTS.properties).where(clear).limit(_AT_ONCE)
        )
        database = self._tables.keys  # they lie where they lay when they were written
        with database.reading() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with database.writing() as connection:
            found = connection.execute(query).all()
            keys = self._keys.of(connection, {self._keys.tag(row.visitor or "") for row in found})
            rows = []
            for row in found:
                tag = self._keys.tag(row.visitor or "")
                id_, key = keys[tag]
                said = sealing.content(row.visitor, "", row.uid, json.loads(row.properties))
                rows.append(
                    {
                        "row": row.id,
                        "tag": tag or None,
                        "uid_tag": self._uid_tag(row.uid),
                        "seal": sealing.seal(key, said, secrets.token_bytes(NONCE_BYTES)),
                        "key": id_,
                    }
                )
            update = schema.events.update().where(_EVENTS.id == bindparam("row"))
            connection.execute(
                update.values(
                    visitor=bindparam("tag"),
                    uid=bindparam("uid_tag"),
                    properties="",
                    sealed=bindparam("seal"),
                    key_id=bindparam("key"),
                ),
                rows,
            )
        return len(found)

    def any_beside_keys(self) -> bool:
        """Whether rows lie where the keys are, though they belong elsewhere. It blocks."""
        with self._tables.keys.reading() as connection:
            return connection.execute(select(_EVENTS.id).limit(1)).first() is not None

    def _uid_tag(self, uid: str | None) -> str | None:
        return self._keys.tag_once(f"event {uid}") if uid else None

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._writer.close()


def _deleted(
    keys: Connection, rows: Connection, which: ColumnElement[bool], *, at_most: int | None = None
) -> int:
    """Delete events; how many there were.

    SQLite gives the numbers of the newest ones out again: nothing may count as passed on behind them.
    """
    count = delete_from(rows, schema.events, which, at_most=at_most)
    newest = rows.execute(select(func.coalesce(func.max(_EVENTS.id), 0))).scalar_one()
    keys.execute(schema.relays.update().where(schema.relays.c.last > newest).values(last=newest))
    return count


def stored(
    tables: EventTables,
    vault: Vault | None,
    visitors: Sequence[str] | None = None,
    people: Sequence[str] = (),
) -> Iterator[dict[str, Any]]:
    """Every stored event, or those of these *visitors*, ids, and *people*, as SDKs call them; oldest first.

    Where its key does not open an event, ``missing`` says ``unreadable``. Raises ``StoreUnavailable`` where the
    *vault*, the log's, has no master key.
    """
    query = select(schema.events).order_by(_EVENTS.time_ms, _EVENTS.id)
    with tables.reading() as (keys, rows):
        if visitors is not None:
            query = query.where(_of(keys, vault, visitors, people))
        opener = Opener(vault, keys)
        with streamed(rows, query, _READ_AT_ONCE) as found:
            for some in batched(found, _READ_AT_ONCE):
                yield from _lines(some, opener)


def following(
    tables: EventTables,
    vault: Vault | None,
    after: int,
    *,
    most: int = _READ_AT_ONCE,
    before_ms: int | None = None,
) -> list[tuple[int, str, dict[str, Any]]]:
    """The events that were stored behind the one of number *after*, at most so many: number, visitor's tag, and line.

    It ends before the first one that did not come *before_ms*, if that is given. Raises as :func:`stored`.
    """
    query = select(schema.events).where(_EVENTS.id > after).order_by(_EVENTS.id).limit(most)
    with tables.reading() as (keys, rows):
        found = rows.execute(query).all()
        if before_ms is not None:
            found = list(takewhile(lambda row: (row.received_ms or 0) <= before_ms, found))
        lines = _lines(found, Opener(vault, keys))
        return [(row.id, row.visitor or "", line) for row, line in zip(found, lines, strict=True)]


def newest(tables: EventTables) -> int:
    """The number of the newest event; 0 where there is none. Raises ``StoreUnavailable``."""
    with tables.rows.reading() as connection:
        return connection.execute(select(func.max(_EVENTS.id))).scalar() or 0


def _of(
    keys: Connection, vault: Vault | None, visitors: Sequence[str], people: Sequence[str]
) -> ColumnElement[bool]:
    tag: Callable[[str], str] = vault.tag if vault is not None else str
    named = [person_tag(tag, name) for name in people]
    tags = [*visitors, *(tag(visitor) for visitor in visitors), *keys.execute(called(named)).scalars()]
    return or_(_EVENTS.visitor.in_(tags), _EVENTS.person.in_(named))


def _lines(found: Sequence[Any], opener: Opener) -> Iterator[dict[str, Any]]:
    opener.make_ready({row.key_id for row in found if row.key_id is not None})
    for row in found:
        yield _line(row, opener)


def _line(row: Any, opener: Opener) -> dict[str, Any]:
    said: Mapping[str, Any]
    try:
        if row.sealed is None:
            said = {
                "visitor": row.visitor,
                "person": "",
                "id": row.uid,
                "properties": json.loads(row.properties),
            }
        else:
            said = opener.content(row.key_id, row.sealed)
    except Unreadable:
        said = {"visitor": None, "person": "", "id": None, "properties": None, "missing": "unreadable"}
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
        "id": said["id"],
        "received": None if row.received_ms is None else rfc3339(row.received_ms),
        **({"missing": said["missing"]} if "missing" in said else {}),
    }
