"""What visitors' newest answers say, for what comes without their cookie: a server's own events, or a letter."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from ..engine import schema
from . import rows
from .records import BY_OWNER, CHOICES, NewRecord, rfc3339
from .vault import Vault

COUNTING = frozenset({*CHOICES, "signal", "expired"})
"""The kinds of records after which a purpose is allowed or not: what the visitor answered, and what changed it."""


class Answer(NamedTuple):
    """Whose answer it is, an id, and whether it allows the purpose that was asked for."""

    id: str
    allows: bool


def newest(
    connection: Connection, vault: Vault, visitors: Collection[str], purpose: str, since_ms: int
) -> dict[str, Answer]:
    """The newest answer of each of these *visitors*, tags, and whether it allows *purpose*; the newest comes first.

    A visitor who is not named has no answer that counts: none that is left, or none since *since_ms*. Raises
    ``StoreUnavailable`` where one is not readable.
    """
    columns = schema.records.c
    query = rows.query(vault).add_columns(columns.person).where(columns.person.in_(list(visitors)))
    found: dict[str, Answer] = {}
    done: set[str] = set()
    for row in connection.execute(query.order_by(None).order_by(columns.idx.desc())):
        if row.person in done:
            continue
        record, _ = rows.read(row, vault)
        if record.kind not in COUNTING:
            continue
        done.add(row.person)
        if record.kind != "expired" and record.time >= rfc3339(since_ms):
            found[row.person] = Answer(record.id, bool(record.purposes.get(purpose)))
    return found


def taken_back(connection: Connection, vault: Vault, person: str) -> NewRecord | None:
    """The withdrawal of all that the newest answer of *person*, an id, grants; None where it grants nothing.

    It names the notice that they had agreed to. Raises ``StoreUnavailable`` where an answer is not readable.
    """
    query = rows.query(vault, person).order_by(None).order_by(schema.records.c.idx.desc())
    for row in connection.execute(query):
        before, _ = rows.read(row, vault)
        if before.kind not in COUNTING:
            continue
        if before.kind == "expired" or not any((*before.purposes.values(), *before.services.values())):
            return None
        return NewRecord(
            id=before.id,
            kind="withdrawal",
            purposes=dict.fromkeys(before.purposes, False),
            services=dict.fromkeys(before.services, False),
            regime=before.regime,
            language=before.language,
            notice=before.notice,
            how=BY_OWNER,
            rules=before.rules,
            settings=before.settings,
            code=before.code,
            country=before.country,
        )
    return None
