"""Events of people who were erased, which are there again.

Somebody who puts a backup of the events back brings back whom it holds, keys and all. So the log remembers whose events
were erased, and when: what is older than that goes again, and until then ``holdback log verify`` tells. A visitor's id
is never given out twice; a person whom SDKs call by a name may agree anew, and what came since is kept.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import batched

from sqlalchemy import Connection, inspect, or_, select

from ..engine import schema
from ..engine.database import Database
from .tables import EventTables

_EVENTS, _KNOWN = schema.events.c, schema.known_as.c
_TAGS_AT_ONCE = 500


def remember(log: Database, tags: Collection[str], erased_ms: int) -> None:
    """Keep the *tags* of those whose events are about to be erased. Raises ``StoreUnavailable``."""
    columns = schema.forgotten.c
    with log.writing() as connection:
        for some in batched(sorted(tags), _TAGS_AT_ONCE):
            connection.execute(schema.forgotten.delete().where(columns.tag.in_(some)))
            connection.execute(
                schema.forgotten.insert(), [{"tag": tag, "erased_ms": erased_ms} for tag in some]
            )


def in_log(log: Database) -> dict[str, int]:
    """The tags whose events were erased, and when, in milliseconds since the epoch. Raises ``StoreUnavailable``."""
    columns = schema.forgotten.c
    with log.reading() as connection:
        if not inspect(connection).has_table(
            schema.forgotten.name
        ):  # a copy of a log of before there was one
            return {}
        found = connection.execute(select(columns.tag, columns.erased_ms))
        return {row.tag: row.erased_ms for row in found}


def there_again(tables: EventTables, erased: Mapping[str, int]) -> int:
    """How many events of those who were *erased* are there again. Raises ``StoreUnavailable``."""
    with tables.reading() as (_, rows):
        return sum(len(events_of(rows, some)) for some in parts(erased))


def parts(erased: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """*erased* in parts that fit into one question."""
    return map(dict, batched(erased.items(), _TAGS_AT_ONCE))


def events_of(rows: Connection, erased: Mapping[str, int]) -> list[int]:
    """The numbers of the events of a part of the tags that came before these were *erased*."""
    theirs = or_(_EVENTS.visitor.in_(erased), _EVENTS.person.in_(erased))
    query = select(_EVENTS.id, _EVENTS.visitor, _EVENTS.person, _EVENTS.received_ms).where(theirs)
    return [
        id_
        for id_, visitor, person, received_ms in rows.execute(query)
        if (received_ms or 0) <= max(erased.get(visitor, 0), erased.get(person, 0))
    ]


def names_of(keys: Connection, erased: Mapping[str, int]) -> list[tuple[str, str]]:
    """Who was called how, of a part of the tags, before these were *erased*: person and visitor."""
    theirs = or_(_KNOWN.visitor.in_(erased), _KNOWN.person.in_(erased))
    query = select(_KNOWN.person, _KNOWN.visitor, _KNOWN.since_ms).where(theirs)
    return [
        (person, visitor)
        for person, visitor, since_ms in keys.execute(query)
        if since_ms <= max(erased.get(visitor, 0), erased.get(person, 0))
    ]
