"""The newest head of the log: the tree and the time that the next batch goes on from, believed only once it was
checked.

Whoever can change the database could change this row and nothing else. A time in the year 2100 would date every later
record, truly signed; another frontier would break the log for good. So a head that this process has not written itself
is checked against its own signature, and its time against the leaf that it must be the time of.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from ..engine import schema
from ..engine.errors import StoreUnavailable, readable
from ..proof import merkle
from ..proof.key_chain import Chain
from ..proof.notes import BadNote, Checkpoint, NoteSigner
from ..proof.tiles import TileReader


@dataclass(frozen=True, slots=True)
class Head:
    """The state after a batch: how many records, the frontier of their tree, the time of the last, the signed note."""

    size: int
    frontier: bytes
    time_ms: int
    note: str

    @classmethod
    def of(cls, row: Row[Any]) -> "Head":
        """The head in a *row* of the database. Raises :class:`StoreUnavailable`."""
        with readable("the newest head of the log"):
            return cls(int(row.size), bytes(row.frontier), int(row.time_ms), str(row.note))

    def check(self, connection: Connection, chain: Chain) -> None:
        """Raise :class:`StoreUnavailable` where this is not what one of the log's keys has signed."""
        try:
            signed = chain.open(self.note)
            root = merkle.Frontier(self.size, self.frontier).root()
            if signed.size != self.size or signed.root != root:
                raise BadNote("it is not the tree that was signed")
            if self.size and self._time_in(connection, root) != self.time_ms:
                raise BadNote("its time is not that of the last record")
        except (BadNote, ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(
                f"the head of the log, of {self.size} records, was changed: {error}"
            ) from error

    def _time_in(self, connection: Connection, root: bytes) -> int:
        """The time in the last record's leaf, which must be in the tree of this *root*."""
        last = self.size - 1
        leaf = connection.execute(select(schema.records.c.leaf).where(schema.records.c.idx == last)).scalar()
        if leaf is None:
            raise BadNote("the last record is missing")
        proof = merkle.inclusion_proof(TileReader(connection), last, self.size)
        if merkle.root_from_inclusion(merkle.leaf_hash(leaf), last, self.size, proof) != root:
            raise BadNote("the last record is not in its tree")
        return int(json.loads(leaf)["time"])


# Made once: SQLAlchemy takes longer to put a statement together than SQLite to run it.
_ADD_HEAD = schema.heads.insert()
_NEWEST = select(schema.heads).order_by(schema.heads.c.size.desc()).limit(1)


def newest_head(connection: Connection) -> Head:
    """The newest head. Raises :class:`StoreUnavailable` where there is none."""
    if (row := connection.execute(_NEWEST).first()) is None:
        raise StoreUnavailable("the log has no checkpoint")
    return Head.of(row)


def put_head(connection: Connection, signer: NoteSigner, frontier: merkle.Frontier, time_ms: int) -> Head:
    """Sign the tree of *frontier*, and make it the newest head."""
    checkpoint = Checkpoint(signer.verifier.name, frontier.size, frontier.root())
    head = Head(frontier.size, frontier.hashes(), time_ms, signer.sign(checkpoint.text()))
    connection.execute(_ADD_HEAD, asdict(head))
    return head
