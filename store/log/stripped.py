"""The account of stripped leaves: records that lost everything but their leaf, because somebody was erased or they were
too old.

A stripped leaf can't be told from one whose row somebody has emptied by hand, so the log keeps account. Each record of
an erasure or of retention commits to all leaves that are stripped from then on, and names the commitment before it::

    stripped = SHA-256(nonce ‖ SHA-256(bitmap) ‖ SHA-256(marks))

Bit ``i % 8`` of byte ``i // 8`` of the bitmap is set where record *i* is stripped; zero bytes at its end are left off.
The marks are those of everybody who was erased, sorted, one a line. Nonce and bitmap of the newest commitment are kept
in the open; the nonces of earlier ones are forgotten. So everything adds up, and yet two commitments don't tell which
leaves came in between: they would be those of one person.

Nothing here touches a database: the processes that verify start without one (:mod:`.parallel_verify`). The account as
it is kept is in :mod:`.accounting`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .adoption import KIND

KINDS = frozenset({"erased", "retention", KIND})
"""Records after which leaves are bare."""
MARKED = b'"stripped":"'
"""What a leaf with a commitment has, and then the commitment."""
_TELLS = re.compile(rb'"kind":"(?:%b)"' % "|".join(sorted(KINDS)).encode())


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
