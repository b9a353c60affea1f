"""The consent log: append a decision, and read what was decided.

One transaction appends a batch with consecutive indices, brings the tiles up to date and signs the checkpoint. Order
comes from the database's write lock, so several processes simply work, and a crash leaves no unsigned tail: either all
of a batch is there, or nothing of it.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from . import merkle, schema
from .database import Database
from .errors import StoreUnavailable
from .notes import Checkpoint, NoteSigner
from .records import NewRecord, Record, Sealed, erased_mark, leaf_of, opened, seal
from .tiles import TileReader, extend, tile_of_path
from .writer import Writer

__all__ = ["Appended", "Evidence", "Ledger", "StoreUnavailable"]

_EXPIRED_AT_ONCE = 1000
"""Records that lose what is about people in one transaction."""
RULES = "rules/"
"""Facts whose names begin so are editions of the rules; the SHA-256 of the text follows."""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a record went: its index, and its time in milliseconds since the epoch."""

    index: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves one record: the leaf, salt and payload that it commits to, and its proof (C2SP tlog-proof).

    Salt and payload are None where the person was erased.
    """

    leaf: bytes
    salt: bytes | None
    payload: bytes | None
    proof: str


class Ledger:
    """The log in *database*, whose checkpoints *signer* signs."""

    def __init__(
        self, database: Database, signer: NoteSigner, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._writer: Writer[Sealed, Appended] = Writer("holdback-log", self._append)

    async def append(self, record: NewRecord) -> Appended:
        """Append *record*; it is on the disk, under a signed checkpoint, when this returns.

        Raises :class:`StoreUnavailable`; then nothing was recorded, and nothing may be granted.
        """
        return await self._writer.write(seal(record))

    async def publish_notice(self, hash_: str, html: bytes, language: str) -> None:
        """Keep the exact text of a notice under its hash. Raises :class:`StoreUnavailable`."""
        await asyncio.to_thread(self._publish, hash_, html, language)

    def publish_rules(self, text: str) -> None:
        """Keep an edition of the rules under its hash, which records name; it blocks.

        Raises :class:`StoreUnavailable`.
        """
        name = RULES + hashlib.sha256(text.encode()).hexdigest()
        with self._database.writing() as connection:
            connection.execute(upsert(schema.facts).on_conflict_do_nothing(), {"name": name, "value": text})

    async def notice(self, hash_: str) -> bytes | None:
        """The text of a notice as it was shown."""
        return await asyncio.to_thread(self._notice, hash_)

    async def checkpoint(self) -> str:
        """The newest signed tree head."""
        return await asyncio.to_thread(self._checkpoint)

    async def tile(self, path: str) -> bytes | None:
        """The tile at a C2SP tlog-tiles *path* (``tile/0/000``, ``tile/0/000.p/5``); None if there is none."""
        return await asyncio.to_thread(self._tile, path)

    async def records_of(self, person: str) -> list[Record]:
        """Every record of one pseudonymous id, oldest first."""
        return await asyncio.to_thread(self._records_of, person)

    async def proof(self, index: int) -> str:
        """The inclusion proof of a record under the newest checkpoint (C2SP tlog-proof)."""
        return await asyncio.to_thread(self._proof, index)

    async def evidence(self, index: int) -> Evidence:
        """What proves the record at *index* to somebody else. Raises ``ValueError`` where there is none."""
        return await asyncio.to_thread(self._evidence, index)

    @property
    def verifier(self) -> str:
        """The public key under which checkpoints are signed, as a C2SP verifier key."""
        return str(self._signer.verifier)

    def withdrawals(self, after: int) -> tuple[int, list[tuple[int, str]]]:
        """The newest index, and index and id of each withdrawal behind *after*, oldest first; it blocks.

        Raises :class:`StoreUnavailable`.
        """
        columns = schema.records.c
        newest = select(func.max(columns.idx))
        with self._database.reading() as connection:
            last = connection.execute(newest).scalar()
            if last is None or last <= after:
                return after, []
            found = connection.execute(
                select(columns.idx, columns.person)
                .where(columns.idx > after, columns.idx <= last)
                .where(func.instr(columns.leaf, b'"kind":"withdrawal"') > 0)
                .order_by(columns.idx)
            )
            return int(last), [(index, person) for index, person in found if person]

    def erasures(self, after: int) -> list[tuple[int, str]]:
        """Index and mark of everybody who was erased behind *after*; it blocks. Raises :class:`StoreUnavailable`."""
        columns = schema.erased.c
        with self._database.reading() as connection:
            found = connection.execute(select(columns.idx, columns.mark).where(columns.idx > after))
            return [(index, mark) for index, mark in found]

    def erase(self, person: str) -> tuple[int, int]:
        """Forget *person*: their records keep only their leaves. The index of the record that says so, and how many.

        It blocks. Raises :class:`StoreUnavailable`; then nothing was forgotten.
        """
        columns = schema.records.c
        with self._database.writing() as connection:
            bare = schema.records.update().where(columns.person == person)
            count = connection.execute(bare.values(salt=None, payload=None, person=None)).rowcount
            [appended] = self._append_in(connection, [seal(NewRecord("", "erased", {}, how="owner"))])
            row = {"idx": appended.index, "mark": erased_mark(person)}
            connection.execute(schema.erased.insert(), row)
        return appended.index, count

    def expire(self, before_ms: int) -> int:
        """Keep only the leaves of what was recorded before *before_ms*; how many records that were. It blocks.

        Where there were any, a record says so. Records that are about nobody stay. Raises :class:`StoreUnavailable`.
        """
        total = 0
        while count := self._expire(before_ms, told=total > 0):
            total += count
        return total

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._writer.close()

    # -- in threads ----------------------------------------------------------------------------------

    def _append(self, batch: Sequence[Sealed]) -> list[Appended]:
        with self._database.writing() as connection:
            return self._append_in(connection, batch)

    def _append_in(self, connection: Connection, batch: Sequence[Sealed]) -> list[Appended]:
        frontier, last_ms = _state(connection)
        now_ms = max(last_ms, int(self._clock() * 1000))  # times never go back, whatever the clock does
        first = frontier.size
        leaves = [leaf_of(sealed.open_part, now_ms) for sealed in batch]
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        for leaf_hash in hashes:
            frontier.append(leaf_hash)
        rows = [
            {
                "idx": first + offset,
                "leaf": leaf,
                "salt": sealed.salt,
                "payload": sealed.payload,
                "person": sealed.person,
            }
            for offset, (sealed, leaf) in enumerate(zip(batch, leaves, strict=True))
        ]
        connection.execute(schema.records.insert(), rows)
        extend(connection, first, hashes)
        _put_head(connection, self._signer, frontier, now_ms)
        return [Appended(first + offset, now_ms) for offset in range(len(batch))]

    def _expire(self, before_ms: int, *, told: bool) -> int:
        """One step of :meth:`expire`, small enough that nobody waits long for the write lock.

        The first step brings the record with it, so that a crash leaves nothing that was dropped without a word.
        Times never go back, so all that a checkpoint covers is as old as the checkpoint, or older.
        """
        columns = schema.records.c
        covered = select(func.max(schema.heads.c.size)).where(schema.heads.c.time_ms < before_ms)
        old = (
            select(columns.idx)
            .where(columns.idx < covered.scalar_subquery(), columns.person != "")
            .order_by(columns.idx)
            .limit(_EXPIRED_AT_ONCE)
        )
        bare = schema.records.update().where(columns.idx.in_(old))
        with self._database.writing() as connection:
            count = connection.execute(bare.values(salt=None, payload=None, person=None)).rowcount
            if count and not told:
                self._append_in(connection, [seal(NewRecord("", "retention", {}, how="owner"))])
        return count

    def _publish(self, hash_: str, html: bytes, language: str) -> None:
        with self._database.writing() as connection:
            row = {"hash": hash_, "language": language, "html": html}
            connection.execute(upsert(schema.notices).on_conflict_do_nothing(), row)

    def _notice(self, hash_: str) -> bytes | None:
        with self._database.reading() as connection:
            found = connection.execute(
                select(schema.notices.c.html).where(schema.notices.c.hash == hash_)
            ).scalar()
        return bytes(found) if found is not None else None

    def _checkpoint(self) -> str:
        with self._database.reading() as connection:
            note = connection.execute(
                select(schema.heads.c.note).order_by(schema.heads.c.size.desc()).limit(1)
            ).scalar()
        if note is None:
            raise StoreUnavailable("the log has no checkpoint")
        return str(note)

    def _tile(self, path: str) -> bytes | None:
        named = tile_of_path(path)
        if named is None:
            return None
        level, number, width = named
        with self._database.reading() as connection:
            data = TileReader(connection)(level, number)
        wanted = width * merkle.HASH_BYTES
        return data[:wanted] if len(data) >= wanted else None

    def _records_of(self, person: str) -> list[Record]:
        columns = schema.records.c
        query = (
            select(columns.idx, columns.leaf, columns.payload)
            .where(columns.person == person)
            .order_by(columns.idx)
        )
        with self._database.reading() as connection:
            return [opened(index, leaf, payload) for index, leaf, payload in connection.execute(query)]

    def _proof(self, index: int) -> str:
        with self._database.reading() as connection:
            note = connection.execute(
                select(schema.heads.c.note).order_by(schema.heads.c.size.desc()).limit(1)
            ).scalar()
            size = Checkpoint.parse(str(note)).size
            proof = merkle.inclusion_proof(TileReader(connection), index, size)
        return proof_text(index, proof, str(note))

    def _evidence(self, index: int) -> Evidence:
        columns = schema.records.c
        query = select(columns.leaf, columns.salt, columns.payload).where(columns.idx == index)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise ValueError(f"the log has no record {index}")
        return Evidence(*row, proof=self._proof(index))


def proof_text(index: int, proof: Sequence[bytes], note: str) -> str:
    """A proof in the C2SP tlog-proof format: index, hashes, and the checkpoint that they lead to."""
    hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"


def found(database: Database, signer: NoteSigner) -> None:
    """Give a new log its first checkpoint, over no record, and write down who signs. Does nothing to an old one."""
    with database.writing() as connection:
        row = {"name": "verifier", "value": str(signer.verifier)}
        connection.execute(upsert(schema.facts).on_conflict_do_nothing(), row)
        if connection.execute(select(schema.heads.c.size).limit(1)).first() is None:
            _put_head(connection, signer, merkle.Frontier(), 0)


def _state(connection: Connection) -> tuple[merkle.Frontier, int]:
    columns = schema.heads.c
    newest = select(columns.size, columns.frontier, columns.time_ms).order_by(columns.size.desc()).limit(1)
    size, frontier, time_ms = connection.execute(newest).one()
    return merkle.Frontier(size, frontier), time_ms


def _put_head(connection: Connection, signer: NoteSigner, frontier: merkle.Frontier, time_ms: int) -> None:
    checkpoint = Checkpoint(signer.verifier.name, frontier.size, frontier.root())
    connection.execute(
        schema.heads.insert(),
        {
            "size": frontier.size,
            "time_ms": time_ms,
            "frontier": frontier.hashes(),
            "note": signer.sign(checkpoint.text()),
        },
    )
