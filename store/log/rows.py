"""Records as they lie in the database, and what they say once they are opened."""

import zlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, Select, select

from ..engine import schema
from ..engine.errors import StoreUnavailable
from .records import SEALED, Record, opened, version_of
from .vault import Unreadable, Vault

_RECORDS, _PEOPLE = schema.records.c, schema.people.c
_WITHHELD = select(_RECORDS.idx, _RECORDS.leaf, _RECORDS.salt, _RECORDS.payload).order_by(_RECORDS.idx)
_WITH_KEYS = (
    select(
        _RECORDS.idx,
        _RECORDS.leaf,
        _RECORDS.salt,
        _RECORDS.payload,
        _RECORDS.key_id,
        _PEOPLE.master,
        _PEOPLE.wrapped,
    )
    .select_from(schema.records.outerjoin(schema.people, _PEOPLE.id == _RECORDS.key_id))
    .order_by(_RECORDS.idx)
)


def query(vault: Vault | None, person: str | None = None) -> Select[Any]:
    """Every record in order, or those of one id. Without a *vault* only what was never encrypted is found by an id."""
    rows = _WITHHELD if vault is None else _WITH_KEYS
    if person is None:
        return rows
    return rows.where(_RECORDS.person.in_(filed_under(vault, person)))


def filed_under(vault: Vault | None, person: str) -> list[str]:
    """What the records of an id are filed under: its tag, and in old ones the id itself."""
    return [person] if vault is None or not person else [vault.tag(person), person]


def read(row: Row[Any], vault: Vault | None) -> tuple[Record, bytes | None]:
    """The record in a *row* of :func:`query`, and its opening.

    What is about a person is withheld without a *vault*. Raises :class:`StoreUnavailable` where it is not readable.
    """
    index, leaf, payload = row.idx, row.leaf, row.payload
    try:
        opening = None
        if vault is not None and payload is not None and version_of(leaf) == SEALED:
            opening = vault.opening(payload, row.key_id, row.master, row.wrapped)
        return opened(index, leaf, payload, opening), opening
    except Unreadable as error:
        raise Unreadable(f"record {index} is not readable: {error}") from error
    except StoreUnavailable as error:
        raise StoreUnavailable(f"record {index} is not readable: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise StoreUnavailable(f"record {index} is not readable: {error}") from error


def read_or_told(
    row: Row[Any], vault: Vault | None, told: Callable[[str], None]
) -> tuple[Record, bytes | None]:
    """As :func:`read`; where its person's key does not open the record, *told* is told, and that part stays empty."""
    try:
        return read(row, vault)
    except Unreadable as error:
        told(str(error))
        return opened(row.idx, row.leaf, row.payload, missing="unreadable"), None
