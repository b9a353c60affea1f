"""What the two engines say differently."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Insert,
    Label,
    LargeBinary,
    Select,
    Table,
    Text,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from . import clickhouse


def insert_once(connection: Connection, table: Table) -> Insert:
    """An INSERT into *table* that leaves a row of the same key as it is."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import (
        postgresql,  # a thirtieth of a second, which no command on a file need wait
    )

    return postgresql.insert(table).on_conflict_do_nothing()


def add_once(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add *rows* to *table*, the events, but for those whose ``uid`` is there."""
    if connection.dialect.name == clickhouse.DIALECT:
        clickhouse.add_once(connection, rows)
    else:
        connection.execute(insert_once(connection, table), rows)


def delete_from(
    connection: Connection, table: Table, condition: ColumnElement[bool], *, at_most: int | None = None
) -> int:
    """Delete the rows of *table* for which *condition* holds, or so many of them; how many there were.

    *table* has a key of one column. ClickHouse, which keeps nobody waiting meanwhile, deletes all of them.
    """
    if connection.dialect.name == clickhouse.DIALECT:
        return clickhouse.delete_from(connection, table, condition)
    if at_most is not None:
        [key] = table.primary_key
        condition = key.in_(select(key).where(condition).limit(at_most))
    return connection.execute(table.delete().where(condition)).rowcount


def insert_or_set(connection: Connection, table: Table, column: Column[Any]) -> Insert:
    """An INSERT into *table* that sets *column* of a row of the same key."""
    return _insert_or_set(connection.dialect.name, table, column)


@lru_cache
def _insert_or_set(dialect: str, table: Table, column: Column[Any]) -> Insert:
    """Put together once: it is a good part of the time that a small batch takes."""
    keys = list(table.primary_key)
    if dialect == "sqlite":
        ours = sqlite.insert(table)
        return ours.on_conflict_do_update(index_elements=keys, set_={column.name: ours.excluded[column.name]})
    from sqlalchemy.dialects import postgresql

    theirs = postgresql.insert(table)
    return theirs.on_conflict_do_update(index_elements=keys, set_={column.name: theirs.excluded[column.name]})


def contains(connection: Connection, column: Column[Any], part: bytes) -> ColumnElement[bool]:
    """Whether the bytes of *column* have *part* in them."""
    if connection.dialect.name == "sqlite":
        return func.instr(column, part) > 0
    return func.position(cast(part, LargeBinary).op("IN")(column)) > 0


class _Raw(FunctionElement[bytes]):
    """The bytes of a column."""

    type = LargeBinary()
    inherit_cache = True


@compiles(_Raw)
def _as_blob(element: _Raw, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


@compiles(_Raw, "postgresql")
def _as_bytea(element: _Raw, compiler: SQLCompiler, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    [column] = element.clauses
    return f"convert_to({inner}, 'UTF8')" if isinstance(column.type, Text) else inner


def raw(column: Column[Any]) -> Label[bytes]:
    """*column* as bytes: SQLite lets whoever edits a file put text where bytes were, which would not even be read."""
    return _Raw(column).label(column.name)


class _Steps(FunctionElement[int]):
    """How many whole steps go into a number that is not negative."""

    type = BigInteger()
    inherit_cache = True


@compiles(_Steps)
def _as_division(element: _Steps, compiler: SQLCompiler, **options: Any) -> str:
    number, step = (compiler.process(part, **options) for part in element.clauses)
    return f"({number}) / ({step})"


@compiles(_Steps, clickhouse.DIALECT)
def _as_int_div(element: _Steps, compiler: SQLCompiler, **options: Any) -> str:
    return f"intDiv({compiler.process(element.clauses, **options)})"


def steps(number: ColumnElement[int], step: int) -> Label[int]:
    """How many whole *step* go into *number*, which is not negative."""
    return _Steps(number, literal(step, BigInteger)).label("steps")


@contextmanager
def streamed(connection: Connection, query: Select[Any], at_once: int) -> Iterator[Iterable[Any]]:
    """The rows of *query*, so many *at_once*. The server's cursor is closed though not all of them were read."""
    with connection.execute(query.execution_options(yield_per=at_once)) as found:
        yield found
