"""What a process has to learn of the log each second, so that a choice counts only as far as the log bears it out.

Other processes and other machines append as well: withdrawals, erasures, and records that cookies name.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from ..engine import schema
from ..engine.dialects import contains
from ..proof import merkle
from ..proof.tiles import TileReader
from . import accounting
from .records import SEALED, version_of
from .vault import Vault

MARK_BYTES = 8
"""So many bytes of a leaf's hash tell one record from another."""


NARROWING = frozenset({"withdrawal", "partial"})
"""Kinds of records that may take back a part of what an older record of the same person granted, or all."""


@dataclass(frozen=True, slots=True)
class Known:
    """How much of the log somebody knows: so many records, and the account of stripped leaves in this record."""

    size: int = 0
    account: int = -1


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
    """What the log has that is not *known*. Where the log is smaller than that, it has nothing new."""
    heads = schema.heads.c
    size = connection.execute(select(func.max(heads.size))).scalar() or 0
    account = accounting.kept(connection)
    of = account.record if account is not None else -1
    if size <= known.size and of == known.account:
        return News(Known(size, of))
    return News(
        Known(size, of),
        tuple(_withdrawals(connection, known.size, size, vault)),
        tuple(_erased(connection, known.account)),
        _marks(connection, known.size, size),
        account.leaves if account is not None and of != known.account else None,
    )


def _withdrawals(connection: Connection, start: int, end: int, vault: Vault) -> list[tuple[int, str]]:
    columns = schema.records.c
    found = connection.execute(
        select(columns.idx, columns.person, columns.leaf)
        .where(columns.idx >= start, columns.idx < end)
        .where(
            or_(*(contains(connection, columns.leaf, b'"kind":"%b"' % kind.encode()) for kind in NARROWING))
        )
        .order_by(columns.idx)
    )
    return [
        (index, person if version_of(leaf) == SEALED else vault.tag(person))
        for index, person, leaf in found
        if person
    ]


def _erased(connection: Connection, account: int) -> list[str]:
    columns = schema.erased.c
    return list(connection.execute(select(columns.mark).where(columns.idx > account)).scalars())


def _marks(connection: Connection, start: int, end: int) -> bytes:
    """The first bytes of the hashes of the leaves from *start* to *end*."""
    read, found, width = TileReader(connection), bytearray(), merkle.HASH_BYTES
    for number in range(start // merkle.TILE_WIDTH, -(-end // merkle.TILE_WIDTH)):
        base = number * merkle.TILE_WIDTH
        tile = read(0, number)
        for index in range(max(start, base), min(end, base + merkle.TILE_WIDTH)):
            at = (index - base) * width
            found += tile[at : at + MARK_BYTES].ljust(MARK_BYTES, b"\0")
    return bytes(found)
