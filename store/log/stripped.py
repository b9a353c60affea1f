"""The account of stripped leaves: records that lost everything but their leaf, because somebody was erased or they were
too old.

A stripped leaf can't be told from one whose row somebody has emptied by hand, so the log keeps account. Each record of
an erasure or of retention commits to all leaves that are stripped from then on, and names the commitment before it::

    stripped = SHA-256(nonce ‖ SHA-256(bitmap) ‖ SHA-256(marks))

Bit ``i % 8`` of byte ``i // 8`` of the bitmap is set where record *i* is stripped; zero bytes at its end are left off.
The marks are those of everybody who was erased, sorted, one a line. Nonce and bitmap of the newest commitment are kept
in the open; the nonces of earlier ones are forgotten. So everything adds up, and yet two commitments don't tell which
leaves came in between: they would be those of one person.

What is added is what the log itself has stripped in that transaction, and nothing that was found empty: a row that was
emptied by hand stays unaccounted for, however many erasures follow.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, func, or_, select

from ..engine import facts, schema
from ..engine.dialects import contains
from ..engine.errors import StoreUnavailable
from .adoption import KIND

FACT = "stripped"
"""The fact that says which record has the newest commitment, and its nonce."""
KINDS = frozenset({"erased", "retention", KIND})
"""Records after which leaves are bare."""
_TELLS = re.compile(rb'"kind":"(?:%b)"' % "|".join(sorted(KINDS)).encode())
_NONCE_BYTES = 32
_MARKED = b'"stripped":"'
_LOST = "0" * 64
"""The commitment before, where it can't be had any more: no commitment is this one, so verification fails from here."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one commitment is made of. ``record`` is the index of the record that has it; ``people`` is the hash of the
    marks, in hex.
    """

    record: int
    nonce: bytes
    leaves: bytes
    people: str

    @property
    def root(self) -> str:
        """The commitment, in hex."""
        parts = self.nonce, hashlib.sha256(self.leaves).digest(), bytes.fromhex(self.people)
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def text(self) -> str:
        """JSON, as an archive has it."""
        leaves = base64.b64encode(self.leaves).decode()
        said = {"record": self.record, "nonce": self.nonce.hex(), "leaves": leaves, "people": self.people}
        return json.dumps(said, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a record says of the account: the commitment ``before`` it, empty in the first, and the new one."""

    before: str
    root: str


@dataclass
class Said:
    """What the leaves of a log say of the account, in order.

    ``commitments`` has index, commitment before and new one of each. ``bare_until`` is the index of the last record of
    a time when no account was kept.
    """

    commitments: list[tuple[int, str, str]] = field(default_factory=list)
    bare_until: int = -1

    def hear(self, index: int, public: dict[str, object]) -> None:
        """Take in a leaf of one of the :data:`KINDS`."""
        if "stripped" in public:
            self.commitments.append((index, str(public.get("previous", "")), str(public["stripped"])))
        else:
            self.bare_until = index


def tells(leaf: bytes) -> bool:
    """Whether a *leaf* is of a record that tells of stripped ones."""
    return _TELLS.search(leaf) is not None


def all_said(parts: Iterable[Said]) -> Said:
    """What the parts of a log say, one after the other."""
    whole = Said()
    for part in parts:
        whole.commitments += part.commitments
        whole.bare_until = max(whole.bare_until, part.bare_until)
    return whole


def bitmap(indexes: Iterable[int]) -> bytes:
    """The bitmap in which *indexes* are set."""
    bits = bytearray()
    for index in indexes:
        at = index >> 3
        if at >= len(bits):
            bits.extend(bytes(at + 1 - len(bits)))
        bits[at] |= 1 << (index & 7)
    return bytes(bits)


def joined(one: bytes, other: bytes) -> bytes:
    """The bitmap of what is in either."""
    length = max(len(one), len(other))
    either = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return either.to_bytes(length, "little").rstrip(b"\0")


def first_in(one: bytes, but_not: bytes) -> int | None:
    """The first index that is set in one bitmap, but not in another."""
    left = int.from_bytes(one, "little") & ~int.from_bytes(but_not, "little")
    return (left & -left).bit_length() - 1 if left else None


def people_digest(connection: Connection, *more: str) -> str:
    """The hash of everybody's mark and of *more* marks, in hex."""
    marks = [*connection.execute(select(schema.erased.c.mark)).scalars(), *more]
    return hashlib.sha256("".join(f"{mark}\n" for mark in sorted(marks)).encode()).hexdigest()


def kept(connection: Connection) -> Account | None:
    """The newest account as the database has it, which may be wrong; None where none is readable."""
    if (said := facts.get(connection, FACT)) is None:
        return None
    parts = connection.execute(select(schema.stripped.c.bits).order_by(schema.stripped.c.number)).scalars()
    try:
        found = json.loads(said)
        nonce, people = bytes.fromhex(found["nonce"]), str(found["people"])
        bytes.fromhex(people)
        return Account(int(found["record"]), nonce, b"".join(map(bytes, parts)).rstrip(b"\0"), people)
    except (ValueError, KeyError, TypeError):
        return None


_PART = 4096
"""Bytes of the bitmap that lie in one row: 32,768 records."""


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
            marked = select(func.count()).where(contains(connection, leaves, _MARKED))
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
        facts.put(self._connection, FACT, json.dumps(said, sort_keys=True))


def must_be_whole(connection: Connection) -> None:
    """Raise :class:`StoreUnavailable` where a record lost all but its leaf, or was put back, and no record says so."""
    account, bare = kept(connection), bare_in(connection)
    if account is None and (not bare or told_before(connection)):
        return
    if account is None or bare != account.leaves:
        raise StoreUnavailable(
            "records of the log were emptied or put back by hand: `holdback log verify` says which"
        )


def fault(said: Said, bare: bytes, account: Account | None, people: str) -> tuple[str, int | None] | None:
    """What does not add up, and at which record; None where all does.

    *said* is what the leaves say, *bare* the bitmap of the leaves that are stripped, *account* what is kept, *people*
    the hash of the marks that are kept.
    """
    before = ""
    for index, previous, root in said.commitments:
        if previous != before:
            return f"record {index} does not go on from the account of stripped leaves before it", index
        before = root
    if not said.commitments:
        if account is not None:
            return "there is an account of stripped leaves that no record commits to", None
        stray = first_in(bare, bitmap(range(said.bare_until + 1)))
        return None if stray is None else (_unaccounted(stray), stray)
    newest, _, root = said.commitments[-1]
    if account is None or account.root != root:
        return f"the account of stripped leaves is not that which record {newest} commits to", newest
    if (stray := first_in(bare, account.leaves)) is not None:
        return _unaccounted(stray), stray
    if (back := first_in(account.leaves, bare)) is not None:
        return f"record {back} is readable again, and was stripped before", back
    if people != account.people:
        return f"the people who were erased are not those of record {newest}", newest
    return None


def _unaccounted(index: int) -> str:
    return f"of record {index} only the leaf is left, and no record accounts for that: it was emptied by hand"
