"""People as SDKs call them, and the visitors that they were."""

from collections.abc import Callable

from sqlalchemy import select

from ..engine import schema
from ..engine.database import Database
from ..log import rows
from ..log.vault import Vault


def person_tag(tag: Callable[[str], str], name: str) -> str:
    """What the events of a person are filed under whom SDKs call *name*; empty for no name."""
    return tag(f"person {name}") if name else ""


def visitors_called(log: Database, events: Database, vault: Vault, name: str) -> list[str]:
    """The ids of the visitors who, having agreed, were called *name*. Raises ``StoreUnavailable``.

    Of whom the log keeps nothing any more, there is no id.
    """
    known = schema.known_as.c
    with events.reading() as connection:
        query = select(known.visitor).where(known.person == person_tag(vault.tag, name))
        tags = list(connection.execute(query).scalars())
    columns = schema.records.c
    with log.reading() as connection:
        found = connection.execute(rows.query(vault).where(columns.person.in_(tags)))
        return list(dict.fromkeys(rows.read(row, vault)[0].id for row in found))
