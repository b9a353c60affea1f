"""The consent log: append a decision, and read what was decided.

One transaction appends a batch with consecutive indices, brings the tiles up to date and signs the checkpoint. Order
comes from the database's write lock, so several processes simply work, and a crash leaves no unsigned tail: either all
of a batch is there, or nothing of it.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, ScalarSelect, func, select

from ..engine import facts, schema
from ..engine.database import Database
from ..engine.errors import Behind, StoreUnavailable, readable
from ..engine.group_commit import Writer
from ..keys import log_signer
from ..keys.log_signer import Signing
from ..proof import merkle
from ..proof.key_chain import KIND, ROTATIONS, Link
from ..proof.notes import NoteSigner
from ..proof.tiles import extend
from . import adoption, adoptions, answers, counters, evidence, news, rows, spool_intake, start_check, texts
from .accounting import Accounting
from .answers import Answer
from .bell import Bell
from .head import Head, newest_head, put_head
from .memory import Memory, fewer
from .news import MARK_BYTES, NARROWING, Known, News
from .records import BY_OWNER, NewRecord, Record, erased_mark, leaf_of
from .spool import Spool
from .stripped import Commitment
from .vault import MASTER, Vault

__all__ = ["Appended", "Ledger", "StoreUnavailable"]

_EXPIRED_AT_ONCE = 1000
"""Records that lose what is about people in one transaction."""
_BARE = {"salt": None, "payload": None, "person": None, "key_id": None}
"""What becomes of a record when its person is forgotten."""
_log = logging.getLogger("holdback")

LEARNED = 1.5
"""Seconds in which processes that look each second have learned of what was recorded."""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a record went: its index, and its time in milliseconds since the epoch.

    ``size`` is that of the tree that the batch made, ``mark`` the first bytes of the leaf's hash.
    """

    index: int
    time_ms: int
    size: int = 0
    mark: bytes = b""


class _TakenBack(Exception):
    """Ends a transaction that must leave nothing behind."""


class Ledger:
    """The log in *database*, whose checkpoints *signing* signs, and whose people's records *vault* seals."""

    def __init__(
        self,
        database: Database,
        signing: Signing,
        vault: Vault,
        *,
        bell: Bell | None = None,
        memory: Memory | None = None,
        spool: Spool | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bell = bell
        self._memory = memory
        self._spool = spool
        self._head: Head | None = None
        self._size = self._reached = 0
        """Records that the log has, as last seen, and the most that this process ever saw."""
        self._excused = 0
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

        If it is new, a record says so. Raises :class:`StoreUnavailable`.
        """
        await asyncio.to_thread(self._publish, hash_, html, language, edition)

    def publish(self, *, rules: str, settings: str) -> None:
        """Keep the texts that choices are made under from now on, each under its hash, which records name.

        If one is new, a record says so. It blocks. Raises :class:`StoreUnavailable`.
        """
        with self._database.writing() as connection:
            new = {
                "rules": texts.put(connection, texts.RULES, rules),
                "settings": texts.put(connection, texts.SETTINGS, settings),
            }
            if any(new.values()):
                self._append_in(connection, [texts.published(**new)])

    async def notice(self, hash_: str) -> bytes | None:
        """The text of a notice as it was shown."""
        return await self._read(lambda connection: evidence.notice(connection, hash_))

    async def checkpoint(self) -> str:
        """The newest signed tree head."""
        return await self._read(evidence.checkpoint)

    async def tile(self, path: str) -> bytes | None:
        """The tile at a C2SP tlog-tiles *path* (``tile/0/000``, ``tile/0/000.p/5``); None if there is none."""
        return await self._read(lambda connection: evidence.tile(connection, path))

    async def records_of(self, person: str) -> list[Record]:
        """Every record of one pseudonymous id, oldest first."""
        return await self._read(lambda connection: evidence.records_of(connection, self._vault, person))

    async def proof(self, index: int) -> str:
        """The inclusion proof of a record under the newest checkpoint (C2SP tlog-proof)."""
        return await self._read(lambda connection: evidence.proof(connection, index))

    async def evidence(self, index: int) -> evidence.Evidence:
        """What proves the record at *index* to somebody else. Raises ``ValueError`` where there is none."""
        return await self._read(lambda connection: evidence.evidence(connection, self._vault, index))

    async def is_past(self, person: str, index: int, kinds: Sequence[str]) -> bool:
        """Whether nothing more is to be said of the record of *person* at *index*: one of these *kinds* came later, or
        the person was erased.
        """
        return await self._read(
            lambda connection: evidence.is_past(connection, self._vault, person, index, kinds)
        )

    async def answers(self, visitors: Collection[str], purpose: str, since_ms: int) -> dict[str, Answer]:
        """The newest answers of these *visitors*, tags, and whether they allow *purpose* (:func:`.answers.newest`)."""
        return await self._read(
            lambda connection: answers.newest(connection, self._vault, visitors, purpose, since_ms)
        )

    async def counted(self, worker: str, since: int) -> int:
        """The number of the last counters that *worker* recorded from the index *since* on; -1 where there are none."""
        return await self._read(lambda connection: counters.last_number(connection, worker, since))

    @property
    def verifier(self) -> str:
        """The public key with which the log began, as a C2SP verifier key; :meth:`rotations` lead on from it."""
        return str(self._signing.first)

    async def rotations(self) -> list[str]:
        """Every exchange of the key that signs, oldest first, as lines of JSON (:class:`..proof.key_chain.Link`)."""
        return await self._read(log_signer.rotations)

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

    def news(self, known: Known) -> News:
        """What the log has that is not *known*; it blocks. Raises :class:`StoreUnavailable`."""
        with readable(self._database.label), self._database.reading() as connection:
            found = news.since(connection, known, self._vault)
            if self._memory is not None and found.known.size > known.size:
                note = select(schema.heads.c.note).where(schema.heads.c.size == found.known.size)
                self._memory.keep(connection.execute(note).scalar_one(), found.known.size)
        self._size, self._reached = found.known.size, max(self._reached, found.known.size)
        return found

    def claim(self, size: int) -> None:
        """Somebody has reason to believe that the log had *size* records: a signed cookie says so, or this process
        has seen them. Unless so many are there, or the owner has adopted the log without them, nothing goes on.

        It blocks.
        """
        if self._bell is None or size <= max(self._bell.claimed, self._excused):
            return
        with suppress(StoreUnavailable), self._database.reading() as connection:
            has = newest_head(connection).size
            if not self._is_excused(connection, size) and size > has:
                self._bell.claim(size)
                _log.error("%s", fewer(has, size))

    def _is_excused(self, connection: Connection, size: int) -> bool:
        """Whether the owner has adopted the log without the records of a tree of this *size*."""
        found = adoptions.of(connection)
        self._excused = max((one.lost for one in found), default=0)
        return any(one.excuses(size) for one in found)

    @property
    def lost(self) -> bool:
        """Whether the log has fewer records than somebody has claimed."""
        return self._bell is not None and self._bell.claimed > self._size

    def examine(self) -> None:
        """Check what the log goes on from, and compare it with what is remembered of it; it blocks.

        Raises :class:`StoreUnavailable`, and :class:`..engine.errors.Behind` where more is remembered.
        """
        remembered = self._memory.recall() if self._memory is not None else None
        claimed = self._claimed
        with self._database.reading() as connection:
            self._must_be_all(connection, start_check.examine(connection, remembered), claimed)

    def rehearse(self) -> None:
        """Append a record of somebody, and take it back: whatever would keep a choice from being recorded shows itself.

        It blocks. Raises :class:`StoreUnavailable`.
        """
        with suppress(_TakenBack), self._database.writing() as connection:
            before = self._head
            self._append_in(connection, [NewRecord(str(uuid.uuid4()), "rehearsal", {})])
            self._head = before  # what was never committed is no head to go on from
            raise _TakenBack

    def erase(self, person: str) -> tuple[int, int]:
        """Forget *person*: their key goes, and their records keep only their leaves.

        The index of the record that says so, and how many. It blocks. Raises :class:`StoreUnavailable`; then nothing
        was forgotten.
        """
        self.drain()  # what waits of them would be filed under their id again
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

    def withdraw(self, person: str) -> Appended | None:
        """Take back all that *person* has agreed to; None where nothing of it stands. It blocks.

        Raises :class:`StoreUnavailable`; then nothing was taken back.
        """
        self.drain()
        with self._database.writing() as connection:
            record = answers.taken_back(connection, self._vault, person)
            if record is None:
                return None
            [appended] = self._append_in(connection, [record])
        self._ring()
        return appended

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
        """The signer of checkpoints now; it blocks. Raises :class:`StoreUnavailable`."""
        with self._database.reading() as connection:
            return self._signing.in_force(connection)

    def amiss(self) -> str:
        """Why the log can't be gone on with, in a sentence; empty where it can. It blocks."""
        try:
            self.examine()
        except StoreUnavailable as error:
            return str(error)
        return ""

    def adopt(self) -> adoption.Adoption:
        """Go on with the log as it is, though records of it were lost or emptied: a record says so.

        It blocks. Raises :class:`StoreUnavailable`.
        """
        assert self._bell is not None
        assert self._memory is not None
        lost = max(self._memory.most(), self._bell.claimed, self._reached)
        with self._database.writing() as connection:
            self._bell.claim(0)
            self._reached = 0
            account = Accounting(connection)
            told = NewRecord("", adoption.KIND, {}, how=BY_OWNER, stripped=account.adopt(), lost=lost)
            [appended] = self._append_in(connection, [told])
            account.keep(appended.index)
            adopted = adoption.Adoption(appended.index, lost)
            adoptions.put(connection, adopted)
            note = newest_head(connection).note
        self._memory.forget()
        self._memory.keep(note, appended.size, last=True)
        return adopted

    def rotate(self, signer: NoteSigner) -> Appended:
        """Have checkpoints signed by *signer* from now on. The record that says so is the last under the old key.

        The key file must hold the key before. It blocks. Raises :class:`StoreUnavailable`.
        """
        named = str(signer.verifier)
        with self._database.writing() as connection:
            [appended] = self._append_in(connection, [NewRecord("", KIND, {}, how=BY_OWNER, key=named)])
            leaf = select(schema.records.c.leaf).where(schema.records.c.idx == appended.index)
            link = Link(
                connection.execute(leaf).scalar_one().decode(), evidence.proof(connection, appended.index)
            )
            facts.put(connection, f"{ROTATIONS}{appended.index:012d}", link.line())
            facts.put(connection, log_signer.SIGNING, named)
        return appended

    def close(self) -> None:
        """Write what is waiting, remember the newest checkpoint, and end."""
        self._writer.close()
        if self._memory is not None and self._head is not None and self._head.size <= self._reached:
            self._memory.keep(self._head.note, self._head.size, last=True)

    async def _read[T](self, look: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._database.reading() as connection:
                return look(connection)

        return await asyncio.to_thread(run)

    # -- in threads ----------------------------------------------------------------------------------

    def drain(self) -> None:
        """Put what the spool holds into the log; it blocks. Raises :class:`StoreUnavailable`."""
        if self._spool is not None and not self._spool.is_empty:
            self._append([])

    def _append(self, batch: Sequence[NewRecord]) -> list[Appended]:
        """Append what the spool holds, which came before, and then *batch*."""
        spool = self._spool
        waiting = spool.entries() if spool is not None and not spool.is_empty else []
        with self._database.writing() as connection:
            records = list(batch)
            if spool is not None and waiting:
                signer = self._signing.in_force(connection)
                records[:0] = spool_intake.records_of(connection, spool, waiting, signer)
            appended = self._append_in(connection, records) if records else []
        if appended:
            self._size, self._reached = appended[-1].size, max(self._reached, appended[-1].size)
        if any(record.kind in NARROWING for record in records):
            self._ring()
        if spool is not None and waiting:
            spool.moved(waiting[-1].number + 1)
        return appended[len(records) - len(batch) :]

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()

    def _append_in(self, connection: Connection, batch: Sequence[NewRecord]) -> list[Appended]:
        newest = connection.execute(_NEWEST).one()
        self._must_hold(connection, Head.of(newest))
        frontier, first = merkle.Frontier(newest.size, newest.frontier), newest.size
        signer = self._signing.named(connection, newest.signing)
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
        self._head = put_head(connection, signer, frontier, now_ms)
        return [
            Appended(first + offset, now_ms, frontier.size, leaf_hash[:MARK_BYTES])
            for offset, leaf_hash in enumerate(hashes)
        ]

    def _must_hold(self, connection: Connection, head: Head) -> None:
        """Raise :class:`StoreUnavailable` where nothing may go on from *head*. One that this process made holds."""
        if head != self._head:
            head.check(connection, log_signer.chain_in_force(connection))
            self._head = head
        self._must_be_all(connection, head, self._claimed)

    @property
    def _claimed(self) -> int:
        """How many records this process or another has reason to believe that there are. Ask before the log is read."""
        return max(self._reached, self._bell.claimed if self._bell is not None else 0)

    def _must_be_all(self, connection: Connection, head: Head, claimed: int) -> None:
        """Raise :class:`..engine.errors.Behind` where so many were *claimed*, and there are fewer."""
        if head.size >= claimed:
            return
        if self._is_excused(connection, claimed):
            self._reached = head.size
        else:
            raise Behind(fewer(head.size, claimed), claimed)

    def _account(self, connection: Connection, account: Accounting, kind: str, commitment: Commitment) -> int:
        """Append the record that commits to *account*; its index."""
        [appended] = self._append_in(connection, [NewRecord("", kind, {}, how=BY_OWNER, stripped=commitment)])
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
            if texts.put_notice(connection, html, language, edition):
                self._append_in(connection, [texts.published(notice=hash_, language=language)])


def _fact(name: str) -> ScalarSelect[str]:
    return select(schema.facts.c.value).where(schema.facts.c.name == name).scalar_subquery()


# Made once: SQLAlchemy takes longer to put such a statement together than SQLite to run it.
_NEWEST = (
    select(
        schema.heads.c.size,
        schema.heads.c.frontier,
        schema.heads.c.time_ms,
        schema.heads.c.note,
        func.coalesce(_fact(log_signer.SIGNING), _fact(log_signer.FIRST)).label("signing"),
        _fact(MASTER).label("master"),
    )
    .order_by(schema.heads.c.size.desc())
    .limit(1)
)
"""The state that the next batch goes on from: the tree, the time, and the keys that are in force."""
_ADD_RECORDS = schema.records.insert()
