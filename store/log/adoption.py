"""Going on with a log of which records were lost, by the owner's own word.

A log that has fewer records than is remembered of it takes no choice, and nothing is released. Its owner brings back
what is missing, or adopts the log as it is: a record says how many there had been, and the next one exchanges the key
that signs. So the history that was lost and the one that goes on are told apart by their keys, and by the record.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from ..engine import facts, schema
from ..engine.dialects import contains

KIND = "adopted"
_MARKED = b'"kind":"adopted"'
_FACT = "adopted/"
"""Facts whose names begin so are adoptions; the index of the record, twelve digits, follows."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """The record at ``index`` says that the log had had ``lost`` records before it went on there."""

    index: int
    lost: int

    def excuses(self, size: int) -> bool:
        """Whether a tree of this *size* may be of the history that was lost."""
        return self.index < size <= self.lost


def put(connection: Connection, adoption: Adoption) -> None:
    """Keep what a record says, so that it is found without reading all."""
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
    return _said(connection, contains(connection, schema.records.c.leaf, _MARKED))


def _said(connection: Connection, which: ColumnElement[bool]) -> list[Adoption]:
    columns = schema.records.c
    rows = connection.execute(select(columns.idx, columns.leaf).where(which).order_by(columns.idx))
    return [adoption for index, leaf in rows if (adoption := told(index, leaf)) is not None]


def told(index: int, leaf: bytes) -> Adoption | None:
    """What the *leaf* of the record at *index* says of records that were lost."""
    return Adoption(index, int(json.loads(leaf)["lost"])) if _MARKED in leaf else None
