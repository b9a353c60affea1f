"""The log as others read it: JSON lines, CSV, and a single record in full."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from . import schema
from .database import Database
from .records import Record, opened


def records(database: Database, person: str | None = None) -> Iterator[Record]:
    """Every record, or those of one person, in order."""
    columns = schema.records.c
    query = select(columns.idx, columns.leaf, columns.payload).order_by(columns.idx)
    if person is not None:
        query = query.where(columns.person == person)
    with database.reading() as connection:
        for index, leaf, payload in connection.execution_options(yield_per=1000).execute(query):
            yield opened(index, leaf, payload)


def lines(database: Database, person: str | None = None) -> Iterator[dict[str, Any]]:
    """Every record, or those of one person, in order and in the shape of ``holdback log export``."""
    return (record.line() for record in records(database, person))


def one(database: Database, index: int) -> dict[str, Any] | None:
    """The record at *index*; None if there is none."""
    columns = schema.records.c
    query = select(columns.leaf, columns.payload).where(columns.idx == index)
    with database.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else opened(index, row[0], row[1]).line()


def checkpoint(database: Database) -> str | None:
    """The newest signed tree head; None where there is no log yet."""
    query = select(schema.heads.c.note).order_by(schema.heads.c.size.desc()).limit(1)
    with database.reading() as connection:
        note = connection.execute(query).scalar()
    return None if note is None else str(note)


def notice(database: Database, hash_: str) -> bytes | None:
    """The text of a notice as it was shown."""
    with database.reading() as connection:
        found = connection.execute(
            select(schema.notices.c.html).where(schema.notices.c.hash == hash_)
        ).scalar()
    return None if found is None else bytes(found)


def as_json(row: dict[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
