"""The adoptions that a log has (:mod:`.adoption`), kept as facts: so they are found without reading every record."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from ..engine import facts, schema
from ..engine.dialects import contains
from .adoption import MARKED, Adoption, told

_FACT = "adopted/"
"""Facts whose names begin so are adoptions; the index of the record, in :data:`_DIGITS`, follows."""
_DIGITS = 12


def put(connection: Connection, adoption: Adoption) -> None:
    """Keep what a record says."""
    facts.put(connection, f"{_FACT}{adoption.index:0{_DIGITS}d}", str(adoption.lost))


def of(connection: Connection) -> Sequence[Adoption]:
    """Every adoption, oldest first. What the facts say counts as far as a record says it too."""
    names = (
        select(schema.facts.c.name).where(schema.facts.c.name.startswith(_FACT)).order_by(schema.facts.c.name)
    )
    numbers = [name.removeprefix(_FACT) for name in connection.execute(names).scalars()]
    indexes = [int(number) for number in numbers if number.isdecimal() and len(number) == _DIGITS]
    return _said(connection, schema.records.c.idx.in_(indexes))


def declared(connection: Connection) -> Sequence[Adoption]:
    """The same from the records alone, all of which it reads."""
    return _said(connection, contains(connection, schema.records.c.leaf, MARKED))


def _said(connection: Connection, which: ColumnElement[bool]) -> list[Adoption]:
    columns = schema.records.c
    rows = connection.execute(select(columns.idx, columns.leaf).where(which).order_by(columns.idx))
    return [adoption for index, leaf in rows if (adoption := told(index, leaf)) is not None]
