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

from sqlalchemy import Connection, ScalarSelect, func, select

from . import facts, merkle, rows, schema, signing
from .bell import Bell
from .chain import KIND, ROTATIONS, Link
from .database import Database
from .dialects import contains, insert_once
from .errors import StoreUnavailable
from .master import MasterKeys
from .notes import Checkpoint, NoteSigner
from .records import SEALED, NewRecord, Record, erased_mark, leaf_of, version_of
from .signing import Signing
from .stripped import Accounting, Commitment
from .tiles import TileReader, extend, tile_of_path
from .vault import MASTER, Vault
from .writer import Writer

__all__ = ["Appended", "Evidence", "Ledger", "StoreUnavailable"]

_EXPIRED_AT_ONCE = 1000
"""Records that lose what is about people in one transaction."""
_BARE = {"salt": None, "payload": None, "person": None, "key_id": None}
"""What becomes of a record when its person is forgotten."""
LEARNED = 1.5
"""Seconds in which processes that look each second have learned of what was recorded."""
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

    Salt and payload are None where the person was erased. ``opening`` is what was encrypted in the payload; None where
    nothing was.
    """

    leaf: bytes
    salt: bytes | None
    payload: bytes | None
    opening: bytes | None
    proof: str


class Ledger:
    """The log in *database*, whose checkpoints *signing* signs, and whose people's records *vault* seals."""

    def __init__(
        self,
        database: Database,
        signing: Signing,
        vault: Vault,
        *,
        bell: Bell | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bell = bell
        self._database = database
        self._signing = signing
        self._vault = vault
        self._clock = clock
        self._writer: Writer[NewRecord, Appended] = Writer("holdback-log", self._append)

    async def append(self, record: NewRecord) -> Appended:
        """Append *record*; it is on the disk, under a signed checkpoint, when this returns.

        Raises :class:`StoreUnavailable`; then nothing was recorded, and nothing may be granted.
        """
        return await self._writer.write(record)

    async def publish_notice(self, hash_: str, html: bytes, language: str, edition: str = "") -> None:
        """Keep the exact text of a notice under its hash, with the *edition* that it lists: it is being answered.

        Raises :class:`StoreUnavailable`.
        """
        await asyncio.to_thread(self._publish, hash_, html, language, edition)

    def publish_rules(self, text: str) -> None:
        """Keep an edition of the rules under its hash, which records name; it blocks.

        Raises :class:`StoreUnavailable`.
        """
        name = RULES + hashlib.sha256(text.encode()).hexdigest()
        with self._database.writing() as connection:
            connection.execute(insert_once(connection, schema.facts), {"name": name, "value": text})

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
        """The public key with which the log began, as a C2SP verifier key; :meth:`rotations` lead on from it."""
        return str(self._signing.first)

    async def rotations(self) -> list[str]:
        """Every exchange of the key that signs, oldest first, as lines of JSON (:class:`.chain.Link`)."""
        return await asyncio.to_thread(self._rotations)

    def tag(self, id_: str) -> str:
        """What the records of an id are filed under."""
        return self._vault.tag(id_)

    @property
    def spread(self) -> float:
        """Seconds until everybody knows of a withdrawal that was recorded here: other machines look each second."""
        return 0.0 if self._database.path is not None and self._bell is not None else LEARNED

    @property
    def sound(self) -> bytes:
        """Another value after each withdrawal or erasure that any process on this machine has recorded."""
        return self._bell.sound if self._bell is not None else b""

    def withdrawals(self, after: int) -> tuple[int, list[tuple[int, str]]]:
        """The newest index, and index and tag of each withdrawal behind *after*, oldest first; it blocks.

        Raises :class:`StoreUnavailable`.
        """
        columns = schema.records.c
        newest = select(func.max(columns.idx))
        with self._database.reading() as connection:
            last = connection.execute(newest).scalar()
            if last is None or last <= after:
                return after, []
            found = connection.execute(
                select(columns.idx, columns.person, columns.leaf)
                .where(columns.idx > after, columns.idx <= last)
                .where(contains(connection, columns.leaf, b'"kind":"withdrawal"'))
                .order_by(columns.idx)
            )
            return int(last), [
                (index, person if version_of(leaf) == SEALED else self.tag(person))
                for index, person, leaf in found
                if person
            ]

    def erasures(self, after: int) -> list[tuple[int, str]]:
        """Index and mark of everybody who was erased behind *after*; it blocks. Raises :class:`StoreUnavailable`."""
        columns = schema.erased.c
        with self._database.reading() as connection:
            found = connection.execute(select(columns.idx, columns.mark).where(columns.idx > after))
            return [(index, mark) for index, mark in found]

    def erase(self, person: str) -> tuple[int, int]:
        """Forget *person*: their key goes, and their records keep only their leaves.

        The index of the record that says so, and how many. It blocks. Raises :class:`StoreUnavailable`; then nothing
        was forgotten.
        """
        theirs = schema.records.c.person.in_(rows.filed_under(self._vault, person))
        with self._database.writing() as connection:
            account, mark = Accounting(connection), erased_mark(person)
            found = connection.execute(
                select(schema.records.c.idx, schema.records.c.key_id).where(theirs)
            ).all()
            keys = {row.key_id for row in found}
            connection.execute(schema.people.delete().where(schema.people.c.id.in_(keys)))
            connection.execute(schema.records.update().where(theirs).values(_BARE))
            commitment = account.add((row.idx for row in found), mark)
            index = self._account(connection, account, "erased", commitment)
            connection.execute(schema.erased.insert(), {"idx": index, "mark": mark})
        self._ring()
        return index, len(found)

    def expire(self, before_ms: int) -> int:
        """Keep only the leaves of what was recorded before *before_ms*; how many records that were. It blocks.

        For each thousand of them a record says so. Records that are about nobody stay. Raises
        :class:`StoreUnavailable`.
        """
        total = 0
        while count := self._expire(before_ms):
            total += count
        return total

    def signer(self) -> NoteSigner:
        """Who signs checkpoints now; it blocks. Raises :class:`StoreUnavailable`."""
        with self._database.reading() as connection:
            return self._signing.in_force(connection)

    def rotate(self, signer: NoteSigner) -> Appended:
        """Have checkpoints signed by *signer* from now on. The record that says so is the last under the old key.

        The key file must hold the key before. It blocks. Raises :class:`StoreUnavailable`.
        """
        named = str(signer.verifier)
        with self._database.writing() as connection:
            [appended] = self._append_in(connection, [NewRecord("", KIND, {}, how="owner", key=named)])
            leaf = select(schema.records.c.leaf).where(schema.records.c.idx == appended.index)
            link = Link(connection.execute(leaf).scalar_one().decode(), _proof_in(connection, appended.index))
            facts.put(connection, f"{ROTATIONS}{appended.index:012d}", link.line())
            facts.put(connection, signing.SIGNING, named)
        return appended

    def close(self) -> None:
        """Write what is waiting, and end."""
        self._writer.close()

    # -- in threads ----------------------------------------------------------------------------------

    def _append(self, batch: Sequence[NewRecord]) -> list[Appended]:
        with self._database.writing() as connection:
            appended = self._append_in(connection, batch)
        if any(record.kind == "withdrawal" for record in batch):
            self._ring()
        return appended

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()

    def _append_in(self, connection: Connection, batch: Sequence[NewRecord]) -> list[Appended]:
        newest = connection.execute(_NEWEST).one()
        frontier, first = merkle.Frontier(newest.size, newest.frontier), newest.size
        signer = self._signing.named(newest.signing)
        now_ms = max(
            newest.time_ms, int(self._clock() * 1000)
        )  # times never go back, whatever the clock does
        parts = self._vault.seal(connection, first, batch, newest.master)
        leaves = [leaf_of(part.open_part, now_ms, part.version) for part in parts]
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        for leaf_hash in hashes:
            frontier.append(leaf_hash)
        values = [
            {
                "idx": first + offset,
                "leaf": leaf,
                "salt": part.salt,
                "payload": part.payload,
                "person": part.person,
                "key_id": part.key_id,
            }
            for offset, (part, leaf) in enumerate(zip(parts, leaves, strict=True))
        ]
        connection.execute(_ADD_RECORDS, values)
        extend(connection, first, hashes)
        _put_head(connection, signer, frontier, now_ms)
        return [Appended(first + offset, now_ms) for offset in range(len(batch))]

    def _account(self, connection: Connection, account: Accounting, kind: str, commitment: Commitment) -> int:
        """Append the record that commits to *account*; its index."""
        [appended] = self._append_in(connection, [NewRecord("", kind, {}, how="owner", stripped=commitment)])
        account.keep(appended.index)
        return appended.index

    def _expire(self, before_ms: int) -> int:
        """One step of :meth:`expire`, small enough that nobody waits long for the write lock.

        Each step brings its record with it, so that a crash leaves nothing that was dropped without a word. Times never
        go back, so all that a checkpoint covers is as old as the checkpoint, or older. The key of a person who has no
        other record goes too.
        """
        columns = schema.records.c
        covered = select(func.max(schema.heads.c.size)).where(schema.heads.c.time_ms < before_ms)
        old = (
            select(columns.idx, columns.person, columns.key_id)
            .where(columns.idx < covered.scalar_subquery(), columns.person != "")
            .order_by(columns.idx)
            .limit(_EXPIRED_AT_ONCE)
        )
        with self._database.writing() as connection:
            found = connection.execute(old).all()
            if not found:
                return 0
            account = Accounting(connection)
            indexes, people, keys = (set(column) for column in zip(*found, strict=True))
            bare = schema.records.update().where(columns.idx.in_(indexes)).values(_BARE)
            connection.execute(bare)
            needed = select(columns.key_id).where(columns.person.in_(people)).distinct()
            keys -= set(connection.execute(needed).scalars())
            connection.execute(schema.people.delete().where(schema.people.c.id.in_(keys)))
            self._account(connection, account, "retention", account.add(indexes))
        return len(found)

    def _publish(self, hash_: str, html: bytes, language: str, edition: str) -> None:
        with self._database.writing() as connection:
            row = {"hash": hash_, "language": language, "html": html, "edition": edition or None}
            connection.execute(insert_once(connection, schema.notices), row)

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
        query = rows.query(self._vault, person)
        with self._database.reading() as connection:
            return [rows.read(row, self._vault)[0] for row in connection.execute(query)]

    def _rotations(self) -> list[str]:
        with self._database.reading() as connection:
            return signing.rotations(connection)

    def _proof(self, index: int) -> str:
        with self._database.reading() as connection:
            return _proof_in(connection, index)

    def _evidence(self, index: int) -> Evidence:
        query = rows.query(self._vault).where(schema.records.c.idx == index)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            if row is None:
                raise ValueError(f"the log has no record {index}")
            _, opening = rows.read(row, self._vault)
            return Evidence(row.leaf, row.salt, row.payload, opening, _proof_in(connection, index))


def _proof_in(connection: Connection, index: int) -> str:
    note = connection.execute(
        select(schema.heads.c.note).order_by(schema.heads.c.size.desc()).limit(1)
    ).scalar()
    size = Checkpoint.parse(str(note)).size
    return proof_text(index, merkle.inclusion_proof(TileReader(connection), index, size), str(note))


def proof_text(index: int, proof: Sequence[bytes], note: str) -> str:
    """A proof in the C2SP tlog-proof format: index, hashes, and the checkpoint that they lead to."""
    hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}"


def found(database: Database, signing: Signing, masters: MasterKeys) -> Vault:
    """Give a new log its first checkpoint, over no record, and write down who signs; the vault of new and old.

    Raises :class:`StoreUnavailable`, and ``BadKeys`` where the log is not that of these keys.
    """
    with database.writing() as connection:
        signer = signing.begin(connection)
        if connection.execute(select(schema.heads.c.size).limit(1)).first() is None:
            _put_head(connection, signer, merkle.Frontier(), 0)
        return Vault.found(connection, masters)


def _fact(name: str) -> ScalarSelect[str]:
    return select(schema.facts.c.value).where(schema.facts.c.name == name).scalar_subquery()


# Made once: SQLAlchemy takes longer to put such a statement together than SQLite to run it.
_NEWEST = (
    select(
        schema.heads.c.size,
        schema.heads.c.frontier,
        schema.heads.c.time_ms,
        func.coalesce(_fact(signing.SIGNING), _fact(signing.FIRST)).label("signing"),
        _fact(MASTER).label("master"),
    )
    .order_by(schema.heads.c.size.desc())
    .limit(1)
)
"""The state that the next batch goes on from: the tree, the time, and the keys that are in force."""
_ADD_RECORDS, _ADD_HEAD = schema.records.insert(), schema.heads.insert()


def _put_head(connection: Connection, signer: NoteSigner, frontier: merkle.Frontier, time_ms: int) -> None:
    checkpoint = Checkpoint(signer.verifier.name, frontier.size, frontier.root())
    connection.execute(
        _ADD_HEAD,
        {
            "size": frontier.size,
            "time_ms": time_ms,
            "frontier": frontier.hashes(),
            "note": signer.sign(checkpoint.text()),
        },
    )
