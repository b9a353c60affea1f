"""The adoptions that a log has (:mod:`.adoption`), kept as facts: so they are found without reading every record."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from ..engine import facts, schema
from ..engine.dialects import contains
from .adoption import MARKED, Adoption, told

_FACT = "adopted/"
"""Facts whose names begin so are adoptions; the index of the record, twelve digits, follows."""


def put(connection: Connection, adoption: Adoption) -> None:
    """Keep what a record says."""
    facts.put(connection, f"{_FACT}{adoption.index:012d}", str(adoption.lost))


def of(connection: Connection) -> Sequence[Adoption]:
    """Every adoption, oldest first. What the facts say counts as far as a record says it too."""
    names = (
        select(schema.facts.c.name).where(schema.facts.c.name.startswith(_FACT)).order_by(schema.facts.c.name)
    )
    indexes = [int(name.removeprefix(_FACT)) for name in connection.execute(names).scalars()]
    return _said(connection, schema.records.c.idx.in_(indexes))


def declared(connection: Connection) -> Sequence[Adoption]:
    """The same from the records alone, all of which it reads."""
    return _said(connection, contains(connection, schema.records.c.leaf, MARKED))


def _said(connection: Connection, which: ColumnElement[bool]) -> list[Adoption]:
    columns = schema.records.c
    rows = connection.execute(select(columns.idx, columns.leaf).where(which).order_by(columns.idx))
    return [adoption for index, leaf in rows if (adoption := told(index, leaf)) is not None]
