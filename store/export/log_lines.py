"""The log as others read it: JSON lines, CSV, and a single record in full."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select

from ..engine import schema
from ..engine.database import Database
from ..engine.dialects import streamed
from ..log import rows
from ..log.records import Record
from ..log.vault import Vault

type Told = Callable[[str], None]
"""Is told of a record that its person's key does not open; such a one says so itself, and the rest goes on."""


def records(
    database: Database, vault: Vault | None, person: str | None = None, *, told: Told | None = None
) -> Iterator[Record]:
    """Every record, or those of one id, in order; without a *vault* what is about people is withheld.

    Raises :class:`StoreUnavailable` where one is not readable, unless somebody is *told*.
    """
    with database.reading() as connection:
        query = rows.query(vault, person)
        with streamed(connection, query, 1000) as found:
            for row in found:
                yield (rows.read_or_told(row, vault, told) if told is not None else rows.read(row, vault))[0]


def lines(
    database: Database, vault: Vault | None, person: str | None = None, *, told: Told | None = None
) -> Iterator[dict[str, Any]]:
    """Every record, or those of one id, in order and in the shape of ``holdback log export``."""
    return (record.line() for record in records(database, vault, person, told=told))


def newest(database: Database, vault: Vault | None, many: int, told: Told) -> list[dict[str, Any]]:
    """The newest records, so *many*, oldest first."""
    query = rows.query(vault).order_by(None).order_by(schema.records.c.idx.desc()).limit(many)
    with database.reading() as connection:
        found = connection.execute(query).all()
    return [rows.read_or_told(row, vault, told)[0].line() for row in reversed(found)]


def one(database: Database, vault: Vault | None, index: int) -> dict[str, Any] | None:
    """The record at *index*; None if there is none. Raises :class:`StoreUnavailable` where it is not readable."""
    with database.reading() as connection:
        row = connection.execute(rows.query(vault).where(schema.records.c.idx == index)).first()
    return None if row is None else rows.read(row, vault)[0].line()


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
