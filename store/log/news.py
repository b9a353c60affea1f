"""What a process has to learn of the log each second, so that a choice counts only as far as the log bears it out.

Other processes and other machines append as well: withdrawals, erasures, and records that cookies name. Whoever can
write to the database could also take a withdrawal away, or file it under somebody else, and an old grant would count
again. So what is new is believed as far as its leaves lead to the signed head, and its people are those of its leaves.
"""

import zlib
from dataclasses import dataclass
from itertools import batched

from sqlalchemy import Connection, or_, select

from ..engine import schema
from ..engine.dialects import contains, raw, streamed
from ..engine.errors import StoreUnavailable
from ..keys.log_signer import chain_in_force
from ..proof import merkle
from . import accounting
from .head import Head, newest_head
from .records import SEALED, commitment, filed_right, version_of
from .stripped import MARKED, Account
from .vault import Vault

_AT_ONCE = 16 * merkle.TILE_WIDTH
MARK_BYTES = 8
"""So many bytes of a leaf's hash tell one record from another."""


NARROWING = frozenset({"withdrawal", "partial"})
"""Kinds of records that may take back a part of what an older record of the same person granted, or all."""


@dataclass(frozen=True, slots=True)
class Known:
    """How much of the log somebody knows: so many records, which lead to this ``frontier`` of the tree, and the account
    of stripped leaves in this record.
    """

    size: int = 0
    account: int = -1
    frontier: bytes = b""


@dataclass(frozen=True, slots=True)
class News:
    """What came after what was :class:`Known`.

    ``withdrawals`` has index and tag of each record of the kinds in :data:`NARROWING`, ``erased`` the marks of people,
    ``marks`` the first :data:`MARK_BYTES` of each new leaf's hash. ``bare`` is the bitmap of stripped leaves, None
    where it is as it was.
    """

    known: Known
    withdrawals: tuple[tuple[int, str], ...] = ()
    erased: tuple[str, ...] = ()
    marks: bytes = b""
    bare: bytes | None = None


def since(connection: Connection, known: Known, vault: Vault) -> News:
    """What the log has that is not *known*. Where the log is smaller than that, it has nothing new.

    Raises :class:`StoreUnavailable` where what is new is not what was recorded.
    """
    head = newest_head(connection)
    account = accounting.kept(connection)
    of = account.record if account is not None else -1
    if head.size < known.size or (head.size, of) == (known.size, known.account):
        return News(Known(head.size, of, known.frontier))
    marks, commitment_at = _marks(connection, known, head)
    if of != commitment_at or (
        account is not None and of != known.account and not _is_committed(connection, account)
    ):
        raise StoreUnavailable(
            "the account of stripped records was changed by hand: `holdback log verify` says more"
        )
    return News(
        Known(head.size, of, head.frontier),
        tuple(_withdrawals(connection, known.size, head.size, vault)),
        tuple(_erased(connection, known.account)),
        marks,
        account.leaves if account is not None and of != known.account else None,
    )


def _is_committed(connection: Connection, account: Account) -> bool:
    """Whether *account*, and the marks of people, are what its record commits to. Otherwise erased people could be put
    back: their rows from a backup, with the account of before.
    """
    leaf = connection.execute(
        select(raw(schema.records.c.leaf)).where(schema.records.c.idx == account.record)
    ).scalar_one()
    return MARKED + account.root.encode() in leaf and account.people == accounting.people_digest(connection)


def _changed(index: int) -> StoreUnavailable:
    return StoreUnavailable(
        f"records of the log were changed or removed by hand, from record {index} on: `holdback log verify` says which"
    )


def _withdrawals(connection: Connection, start: int, end: int, vault: Vault) -> list[tuple[int, str]]:
    columns = schema.records.c
    found = connection.execute(
        select(columns.idx, *map(raw, (columns.leaf, columns.salt, columns.payload, columns.person)))
        .where(columns.idx >= start, columns.idx < end)
        .where(
            or_(*(contains(connection, columns.leaf, b'"kind":"%b"' % kind.encode()) for kind in NARROWING))
        )
        .order_by(columns.idx)
    )
    return [
        (index, person.decode() if version_of(leaf) == SEALED else vault.tag(person.decode()))
        for index, leaf, salt, payload, person in found
        if _is_of(index, leaf, salt, payload, person)
    ]


def _is_of(index: int, leaf: bytes, salt: bytes | None, payload: bytes | None, person: bytes | None) -> bool:
    """Whether a record is still about its *person*; not if it was stripped. Raises :class:`StoreUnavailable`."""
    if salt is None and payload is None and not person:
        return False
    if salt is None or payload is None or not person:
        raise _changed(index)
    try:
        right = filed_right(version_of(leaf), payload, person)
    except zlib.error:
        right = False
    if not right or b'"commitment":"%b"' % commitment(salt, payload).encode() not in leaf:
        raise _changed(index)
    return True


def _erased(connection: Connection, account: int) -> list[str]:
    columns = schema.erased.c
    return list(connection.execute(select(columns.mark).where(columns.idx > account)).scalars())


def _marks(connection: Connection, known: Known, head: Head) -> tuple[bytes, int]:
    """The first bytes of the hash of each leaf between *known* and *head*, to which they must lead; and which record
    has the newest commitment to the account of stripped leaves, -1 where none has.
    """
    columns = schema.records.c
    query = (
        select(columns.idx, raw(columns.leaf))
        .where(columns.idx >= known.size, columns.idx < head.size)
        .order_by(columns.idx)
    )
    tree, found, commitment_at = merkle.Frontier(known.size, known.frontier), bytearray(), known.account
    with streamed(connection, query, _AT_ONCE) as rows:
        for part in batched(rows, _AT_ONCE):
            if part[-1].idx != tree.size + len(part) - 1:
                raise _changed(tree.size)
            hashes = [merkle.leaf_hash(leaf) for _, leaf in part]
            tree.extend(hashes)
            found += b"".join([hash_[:MARK_BYTES] for hash_ in hashes])
            commitment_at = max([index for index, leaf in part if MARKED in leaf], default=commitment_at)
    if (tree.size, tree.hashes()) != (head.size, head.frontier):
        raise _changed(known.size)
    head.check(connection, chain_in_force(connection))
    return bytes(found), commitment_at
