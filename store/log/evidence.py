"""What the log shows to whoever asks: its checkpoint and tiles, a record and what proves it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from ..engine import schema
from ..engine.dialects import contains
from ..engine.errors import StoreUnavailable
from ..proof import merkle
from ..proof.notes import Checkpoint
from ..proof.tiles import TileReader, tile_of_path
from . import rows
from .records import Record, erased_mark
from .vault import Vault


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves one record: the leaf, salt and payload that it commits to, and its proof (C2SP tlog-proof).

    Salt and payload are None where the person was erased. ``opening`` is what was encrypted in the payload; None where
    nothing was.
    """

    leaf: bytes
    salt: bytes | None
    payload: bytes | None
    opening: bytes | None
    proof: str


_NEWEST = select(schema.heads.c.note).order_by(schema.heads.c.size.desc()).limit(1)


def checkpoint(connection: Connection) -> str:
    """The newest signed tree head. Raises :class:`StoreUnavailable` where there is none."""
    note = connection.execute(_NEWEST).scalar()
    if note is None:
        raise StoreUnavailable("the log has no checkpoint")
    return str(note)


def tile(connection: Connection, path: str) -> bytes | None:
    """The tile at a C2SP tlog-tiles *path*; None if there is none."""
    named = tile_of_path(path)
    if named is None:
        return None
    level, number, width = named
    data = TileReader(connection)(level, number)
    wanted = width * merkle.HASH_BYTES
    return data[:wanted] if len(data) >= wanted else None


def notice(connection: Connection, hash_: str) -> bytes | None:
    """The text of a notice as it was shown."""
    query = select(schema.notices.c.html).where(schema.notices.c.hash == hash_)
    found = connection.execute(query).scalar()
    return bytes(found) if found is not None else None


def records_of(connection: Connection, vault: Vault, person: str) -> list[Record]:
    """Every record of one pseudonymous id, oldest first. Raises :class:`StoreUnavailable` where one is not readable."""
    return [rows.read(row, vault)[0] for row in connection.execute(rows.query(vault, person))]


def evidence(connection: Connection, vault: Vault, index: int) -> Evidence:
    """What proves the record at *index* to somebody else. Raises ``ValueError`` where there is none."""
    row = connection.execute(rows.query(vault).where(schema.records.c.idx == index)).first()
    if row is None:
        raise ValueError(f"the log has no record {index}")
    _, opening = rows.read(row, vault)
    return Evidence(row.leaf, row.salt, row.payload, opening, proof(connection, index))


def proof(connection: Connection, index: int) -> str:
    """The inclusion proof of a record under the newest checkpoint (C2SP tlog-proof)."""
    note = checkpoint(connection)
    size = Checkpoint.parse(note).size
    return proof_text(index, merkle.inclusion_proof(TileReader(connection), index, size), note)


def proof_text(index: int, proof: Sequence[bytes], note: str) -> str:
    """A proof in the C2SP tlog-proof format: index, hashes, and the checkpoint that they lead to."""
    hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"


def is_past(connection: Connection, vault: Vault, person: str, index: int, kinds: Sequence[str]) -> bool:
    """Whether nothing more is to be said of the record of *person* at *index*: one of these *kinds* came later, or the
    person was erased, and no record may bear their id again.
    """
    columns = schema.records.c
    query = (
        select(columns.idx)
        .where(columns.person.in_(rows.filed_under(vault, person)), columns.idx > index)
        .where(or_(*(contains(connection, columns.leaf, f'"kind":"{kind}"'.encode()) for kind in kinds)))
        .limit(1)
    )
    return is_erased(connection, person) or connection.execute(query).first() is not None


def is_erased(connection: Connection, person: str) -> bool:
    """Whether *person* was erased."""
    columns = schema.erased.c
    query = select(columns.idx).where(columns.mark == erased_mark(person)).limit(1)
    return connection.execute(query).first() is not None
