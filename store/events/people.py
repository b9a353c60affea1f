"""People as SDKs call them, and the visitors that they were."""

from collections.abc import Callable, Sequence

from sqlalchemy import Select, select

from ..engine import schema
from ..engine.database import Database
from ..log import rows
from ..log.vault import Vault
from .tables import EventTables

_KNOWN = schema.known_as.c


def person_tag(tag: Callable[[str], str], name: str) -> str:
    """The tag of the person whom SDKs call *name*; empty for no name."""
    return tag(f"person {name}") if name else ""


def called(people: Sequence[str]) -> Select[str]:
    """The tags of the visitors who, having agreed, were called so; *people* are tags too."""
    return select(_KNOWN.visitor).where(_KNOWN.person.in_(people))


def visitors_called(log: Database, tables: EventTables, vault: Vault, name: str) -> list[str]:
    """The ids of the visitors who, having agreed, were called *name*. Raises ``StoreUnavailable``.

    A visitor of whom the log keeps nothing any more has no id.
    """
    with tables.keys.reading() as connection:
        tags = list(connection.execute(called([person_tag(vault.tag, name)])).scalars())
    columns = schema.records.c
    with log.reading() as connection:
        found = connection.execute(rows.query(vault).where(columns.person.in_(tags)))
        return list(dict.fromkeys(rows.read(row, vault)[0].id for row in found))
