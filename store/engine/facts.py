"""Facts: what a log knows of itself, by name."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from . import schema

_COLUMNS = schema.facts.c


def get(connection: Connection, name: str) -> str | None:
    """The fact *name*; None where there is none."""
    found = connection.execute(select(_COLUMNS.value).where(_COLUMNS.name == name)).scalar()
    return None if found is None else str(found)


def put(connection: Connection, name: str, value: str) -> None:
    """Set a fact, in a transaction that holds the write lock: nobody else can come between."""
    changed = connection.execute(schema.facts.update().where(_COLUMNS.name == name).values(value=value))
    if not changed.rowcount:
        connection.execute(schema.facts.insert(), {"name": name, "value": value})


def below(connection: Connection, prefix: str) -> Iterator[str]:
    """Every fact whose name begins with *prefix*, in the order of the names."""
    query = select(_COLUMNS.value).where(_COLUMNS.name.startswith(prefix)).order_by(_COLUMNS.name)
    for (value,) in connection.execute(query):
        yield str(value)
