"""The account of stripped leaves (:mod:`.stripped`) as the database has it, and how it changes.

What is added is what the log itself has stripped in that transaction, and nothing that was found empty: a row that was
emptied by hand stays unaccounted for, however many erasures follow.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, func, or_, select

from ..engine import facts, schema
from ..engine.dialects import contains
from ..engine.errors import StoreUnavailable
from .stripped import KINDS, MARKED, Account, Commitment, bitmap, joined

_FACT = "stripped"
"""The fact that says which record has the newest commitment, and its nonce."""
_NONCE_BYTES = 32
_LOST = "0" * 64
"""The commitment before, where it can't be had any more: no commitment is this one, so verification fails from here."""
_PART = 4096
"""Bytes of the bitmap that lie in one row: 32,768 records."""


def people_digest(connection: Connection, *more: str) -> str:
    """The hash of everybody's mark and of *more* marks, in hex."""
    marks = [*connection.execute(select(schema.erased.c.mark)).scalars(), *more]
    return hashlib.sha256("".join(f"{mark}\n" for mark in sorted(marks)).encode()).hexdigest()


def kept(connection: Connection) -> Account | None:
    """The newest account as the database has it, which may be wrong; None where none is readable."""
    if (said := facts.get(connection, _FACT)) is None:
        return None
    parts = connection.execute(select(schema.stripped.c.bits).order_by(schema.stripped.c.number)).scalars()
    try:
        found = json.loads(said)
        nonce, people = bytes.fromhex(found["nonce"]), str(found["people"])
        bytes.fromhex(people)
        return Account(int(found["record"]), nonce, b"".join(map(bytes, parts)).rstrip(b"\0"), people)
    except (ValueError, KeyError, TypeError):
        return None


def bare_in(connection: Connection) -> bytes:
    """The bitmap of the records of which only the leaf is there."""
    columns = schema.records.c
    bare = select(columns.idx).where(columns.salt.is_(None)).order_by(columns.idx)
    return bitmap(connection.execute(bare).scalars())


def told_before(connection: Connection) -> bool:
    """Whether a record tells of stripped leaves. It reads every leaf."""
    leaves = schema.records.c.leaf
    kinds = [contains(connection, leaves, b'"kind":"%b"' % kind.encode()) for kind in KINDS]
    return connection.execute(select(schema.records.c.idx).where(or_(*kinds)).limit(1)).first() is not None


class Accounting:
    """One change of the account, in a transaction that has the write lock.

    Begin it before anything is stripped; :meth:`add` says what was, and gives what the record that comes next must
    commit to; :meth:`keep` says which record that was.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found = kept(connection)
        self._before = self._commitment_before()

    def _commitment_before(self) -> str:
        """What the newest commitment is; :data:`_LOST` where the account that is kept is not what it commits to."""
        connection, found = self._connection, self._found
        if found is None:
            leaves = schema.records.c.leaf
            marked = select(func.count()).where(contains(connection, leaves, MARKED))
            return _LOST if connection.execute(marked).scalar() else ""
        leaf = select(schema.records.c.leaf).where(schema.records.c.idx == found.record)
        said = connection.execute(leaf).scalar()
        whole = said is not None and json.loads(said).get("stripped") == found.root
        return found.root if whole and found.people == people_digest(connection) else _LOST

    def add(self, indexes: Iterable[int], *marks: str) -> Commitment:
        """These records are stripped from now on, and these marks are about to be kept."""
        known = self._found.leaves if self._found is not None else self._before_accounts()
        return self._commit(joined(known, bitmap(indexes)), *marks)

    def adopt(self) -> Commitment:
        """Whatever is bare counts as stripped from now on, by the owner's word."""
        return self._commit(bare_in(self._connection))

    def _commit(self, leaves: bytes, *marks: str) -> Commitment:
        account = Account(
            -1,
            secrets.token_bytes(_NONCE_BYTES),
            leaves,
            people_digest(self._connection, *marks),
        )
        self._found = account
        return Commitment(self._before, account.root)

    def _before_accounts(self) -> bytes:
        """What was stripped by a version of this program that kept no account: its records say that it was."""
        is_first = not self._before and told_before(self._connection)
        return bare_in(self._connection) if is_first else b""

    def keep(self, record: int) -> None:
        """The commitment is in the record at this index."""
        assert self._found is not None
        account = replace(self._found, record=record)
        table = schema.stripped
        self._connection.execute(table.delete())
        rows = [
            {"number": at // _PART, "bits": account.leaves[at : at + _PART]}
            for at in range(0, len(account.leaves), _PART)
        ]
        if rows:
            self._connection.execute(table.insert(), rows)
        said = {"record": record, "nonce": account.nonce.hex(), "people": account.people}
        facts.put(self._connection, _FACT, json.dumps(said, sort_keys=True))


def must_be_whole(connection: Connection) -> None:
    """Raise :class:`StoreUnavailable` where a record lost all but its leaf, or was put back, and no record says so."""
    account, bare = kept(connection), bare_in(connection)
    if account is None and (not bare or told_before(connection)):
        return
    if account is None or bare != account.leaves:
        raise StoreUnavailable(
            "records of the log were emptied or put back by hand: `holdback log verify` says which"
        )
