"""The log as others read it: JSON lines, CSV, and a single record in full."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from . import rows, schema
from .database import Database
from .records import Record
from .vault import Vault


def records(database: Database, vault: Vault | None, person: str | None = None) -> Iterator[Record]:
    """Every record, or those of one id, in order; without a *vault* what is about people is withheld.

    Raises :class:`StoreUnavailable` where one is not readable.
    """
    with database.reading() as connection:
        found = connection.execution_options(yield_per=1000).execute(rows.query(vault, person))
        for row in found:
            yield rows.read(row, vault)[0]


def lines(database: Database, vault: Vault | None, person: str | None = None) -> Iterator[dict[str, Any]]:
    """Every record, or those of one id, in order and in the shape of ``holdback log export``."""
    return (record.line() for record in records(database, vault, person))


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
