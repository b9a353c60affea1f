"""Does the log still add up? Everything is computed anew from the leaves; no secret key is needed.

Checked, in this order: a record for every index from 0 on; each leaf well-formed, its time not before the one before;
what is kept of a person fits the leaf's commitment; where only the leaf is left a record accounts for that; each signed
checkpoint has the root of the leaves that it covers; no record lies behind the newest checkpoint; the tiles are those
of the leaves; notices fit their hashes. A checkpoint that was saved elsewhere must be one of this very history.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, or_, select

from ..engine import facts, schema
from ..engine.database import Database
from ..engine.dialects import contains, raw, streamed
from ..engine.errors import Behind, StoreUnavailable, readable
from ..keys.log_signer import chain_of, signing
from ..proof import merkle
from ..proof.key_chain import Chain
from ..proof.notes import BadNote, Checkpoint, Verifier, opened
from ..proof.tiles import TileReader, extend_in_memory
from . import accounting, parallel_verify, stripped, vault
from .adoption import Adoption, told
from .adoptions import declared
from .head import newest_head
from .memory import Memory, Remembered, fault_of_files
from .records import commitment, filed_right
from .texts import RULES, SETTINGS

_COLUMNS = schema.records.c
_RECORDS = select(
    _COLUMNS.idx, *map(raw, (_COLUMNS.leaf, _COLUMNS.salt, _COLUMNS.payload, _COLUMNS.person))
).order_by(_COLUMNS.idx)
_WITHOUT_KEY = (
    select(func.min(_COLUMNS.idx))
    .select_from(schema.records.outerjoin(schema.people, schema.people.c.id == _COLUMNS.key_id))
    .where(_COLUMNS.person != "", schema.people.c.id.is_(None))
)
"""The first record about somebody whose key is missing: nobody can read it any more, and no erasure says so."""
_LOWEST_TILES = (
    select(raw(schema.tiles.c.hashes)).where(schema.tiles.c.level == 0).order_by(schema.tiles.c.number)
)


TEXTS = {"rules": RULES, "settings": SETTINGS}
"""What facts begin with that are texts, by what a leaf calls them."""
MUST_BE_KEPT = frozenset({"notice", "rules"})
"""Settings were not kept at first: they must be there where a record published them."""
_COUNTED = select(func.count(schema.records.c.idx), func.max(schema.records.c.idx))

SIGNATURES = 1_000
"""So many checkpoints, the newest of them, have their signature checked unless all are asked for. A signature takes 50
times as long as a leaf, and the newest one vouches for all that came before: every root is compared with the records.
"""
LARGE = 50_000
"""From so many records on the quick check comes first."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that does not hold, and the index of the record where (None: not at one record)."""

    reason: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A log that holds: how many records, their root, and who signed.

    ``verifier`` is the key that the log began with, ``newest`` the one that signs now. Of all ``checkpoints`` the roots
    were compared, and of so many, the newest of them, the ``signatures``. Of ``stripped`` records only the leaf is
    left, and each is accounted for.
    """

    size: int
    root: str
    verifier: str
    newest: str
    checkpoints: int
    signatures: int
    stripped: int


def verify(
    database: Database,
    *,
    verifier: Verifier | None = None,
    saved: str | None = None,
    every_signature: bool = False,
) -> Verified | Fault:
    """Check the whole log. *verifier* is whose signature counts; without it the one that the log itself names.

    Where the log's key was exchanged, *verifier* may be any of its keys: each names the next.

    *saved* is a checkpoint that was put away earlier: only it can show that a tail was cut off or all was rewritten.
    """
    remembered = Memory(database.folder).recall()
    with database.reading() as connection:
        return verify_on(
            connection, database, remembered, verifier=verifier, saved=saved, every_signature=every_signature
        )


def verify_on(
    connection: Connection,
    database: Database,
    remembered: Remembered,
    *,
    verifier: Verifier | None = None,
    saved: str | None = None,
    every_signature: bool = True,
) -> Verified | Fault:
    """The same on a *connection* to *database*, in its transaction, with what was *remembered* before that began."""
    try:
        with readable(database.label):
            return _judged(connection, database, remembered, verifier, saved, every_signature=every_signature)
    except StoreUnavailable as error:
        return Fault(str(error))


def _judged(
    connection: Connection,
    database: Database,
    remembered: Remembered,
    verifier: Verifier | None,
    saved: str | None,
    *,
    every_signature: bool,
) -> Verified | Fault:
    try:
        chain = chain_of(connection, verifier)
        heads = _heads(connection, chain, None if every_signature else SIGNATURES)
        kept = _opened(connection, chain, saved) if saved is not None else None
    except BadNote as error:
        return Fault(str(error))
    result = _checked(connection, database, remembered, chain, heads, kept)
    if isinstance(result, Verified) and not every_signature:
        return replace(result, signatures=min(SIGNATURES, len(heads)))
    return result


def _opened(connection: Connection, chain: Chain, saved: str) -> Checkpoint:
    """A checkpoint that was put away. One of a history that was lost is signed by the key of that time.

    Raises :class:`BadNote`.
    """
    try:
        return chain.open(saved)
    except BadNote:
        if declared(connection):
            for _, key in chain.keys:
                with suppress(BadNote):
                    return opened(saved, key)
        raise


def _heads(connection: Connection, chain: Chain, signatures: int | None) -> dict[int, bytes]:
    """The root of every checkpoint by its size. Of so many *signatures*, the newest, each is checked.

    Raises :class:`BadNote`.
    """
    roots: dict[int, bytes] = {}
    heads = schema.heads.c
    unsigned = 0
    if signatures is not None:
        unsigned = (
            connection.execute(select(func.count()).select_from(schema.heads)).scalar_one() - signatures
        )
    query = select(heads.size, raw(heads.note)).order_by(heads.size)
    for number, (size, note) in enumerate(connection.execute(query)):
        try:
            text = note.decode("utf-8", "replace")
            checkpoint = chain.open(text) if number >= unsigned else Checkpoint.parse(text)
        except BadNote as error:
            raise BadNote(f"the checkpoint of size {size} does not hold: {error}") from error
        if checkpoint.size != size:
            raise BadNote(f"the checkpoint of size {checkpoint.size} is filed as that of size {size}")
        roots[size] = checkpoint.root
    return roots


def _checked(
    connection: Connection,
    database: Database,
    remembered: Remembered,
    chain: Chain,
    heads: dict[int, bytes],
    saved: Checkpoint | None,
) -> Verified | Fault:
    if not heads:
        return Fault("the log has no checkpoint")
    newest = max(heads)
    wanted = dict(heads)
    fault = _fault_of_heads(connection, chain, wanted, saved)
    if fault is None and (reason := vault.missing(connection)) is not None:
        fault = Fault(reason)
    if fault is None and signing(connection) not in {"", str(chain.newest)}:
        fault = Fault("the log names another key that signs than it was exchanged for")
    if fault is not None:
        return fault
    found = _quickly(connection, database, wanted, newest) or _carefully(connection, wanted, newest)
    if isinstance(found, Fault):
        return found
    fault = (
        _text_fault(connection, found.named)
        or _account_fault(connection, found.said, found.bare)
        or _memory_fault(connection, database, remembered, chain, found.adoptions)
    )
    return fault or _verified(newest, wanted[newest], chain, len(heads), found.bare)


def _fault_of_heads(
    connection: Connection, chain: Chain, wanted: dict[int, bytes], saved: Checkpoint | None
) -> Fault | None:
    """What does not fit among the checkpoints themselves; the root of *saved* is *wanted* from then on."""
    newest = max(wanted)
    for end in chain.ends:
        if wanted.get(end.size) != end.root:
            return Fault(
                f"the key was exchanged in another history than this, at record {end.size - 1}", end.size - 1
            )
    if saved is None:
        return None
    if saved.size > newest:
        return Fault(
            f"the saved checkpoint covers {saved.size} records, the log has {newest}: its tail was cut"
            f"{_declared(connection)}",
            newest,
        )
    if wanted.setdefault(saved.size, saved.root) != saved.root:
        return Fault(
            f"the saved checkpoint of size {saved.size} has another root: history was rewritten"
            f"{_declared(connection)}",
            saved.size - 1,
        )
    return None


def _carefully(
    connection: Connection, wanted: dict[int, bytes], newest: int
) -> parallel_verify.Leaves | Fault:
    """Every record, one by one: what its leaf and what is kept say, the roots that they lead to, and the tiles."""
    frontier = merkle.Frontier()
    hashes: list[bytes] = []
    if (fault := _root_fault(frontier, wanted)) is not None:
        return fault
    before = 0
    said, bare = stripped.Said(), bytearray(newest // 8 + 1)
    adoptions: list[Adoption] = []
    named: set[parallel_verify.Named] = set()
    with streamed(connection, _RECORDS, 10_000) as found:
        for index, leaf, salt, payload, person in found:
            if index != frontier.size:
                return Fault(f"record {frontier.size} is missing", frontier.size)
            time_ms = _time_of(leaf, salt, payload, person)
            if isinstance(time_ms, str):
                return Fault(time_ms, index)
            if time_ms < before:
                return Fault(f"the time of record {index} lies before that of the one before", index)
            before = time_ms
            named |= parallel_verify.named_in(leaf)
            if stripped.tells(leaf):
                said.hear(index, json.loads(leaf))
            if (adopted := told(index, leaf)) is not None:
                adoptions.append(adopted)
            if salt is None:
                bare[index >> 3] |= 1 << (index & 7)
            hashes.append(merkle.leaf_hash(leaf))
            frontier.append(hashes[-1])
            if frontier.size in wanted and (fault := _root_fault(frontier, wanted)) is not None:
                return _located(connection, hashes, fault)
    if frontier.size < newest:
        return Fault(
            f"record {frontier.size} is missing: the newest checkpoint covers {newest}", frontier.size
        )
    if frontier.size > newest:
        return Fault(f"record {newest} lies behind the newest checkpoint", newest)
    fault = _tile_fault(connection, hashes) or _key_fault(connection)
    return fault or parallel_verify.Leaves(said, bytes(bare), adoptions, named)


def _declared(connection: Connection) -> str:
    """What the log itself says of records that were lost."""
    found = declared(connection)
    return f", as record {found[-1].index} declares" if found else ""


def _verified(size: int, root: bytes, chain: Chain, checkpoints: int, bare: bytes) -> Verified:
    count = int.from_bytes(bare, "little").bit_count()
    return Verified(size, root.hex(), str(chain.first), str(chain.newest), checkpoints, checkpoints, count)


def _key_fault(connection: Connection) -> Fault | None:
    """Old records about people are in the clear, and need no key; a log that has no other has no table of them."""
    if facts.get(connection, vault.MASTER) is None:
        return None
    sealed = contains(connection, _COLUMNS.leaf, b'"v":2}')
    if (index := connection.execute(_WITHOUT_KEY.where(sealed)).scalar()) is None:
        return None
    return Fault(
        f"the key of the person of record {index} is missing, and no record of an erasure says so", index
    )


def _account_fault(connection: Connection, said: stripped.Said, bare: bytes) -> Fault | None:
    account = accounting.kept(connection)
    people = accounting.people_digest(connection) if account is not None else ""
    found = stripped.fault(said, bare, account, people)
    return Fault(*found) if found is not None else None


def _quickly(
    connection: Connection, database: Database, wanted: dict[int, bytes], newest: int
) -> parallel_verify.Leaves | None:
    """What the quick check found in a large log that holds; None where the careful one has to look."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if database.path is None or newest < LARGE:
        return None
    count, last = connection.execute(_COUNTED).one()
    if count != newest or last != newest - 1:
        return None
    columns = schema.tiles.c
    others = or_(columns.level > 0, columns.number >= newest // merkle.TILE_WIDTH)
    query = select(columns.level, columns.number, raw(columns.hashes)).where(others)
    tiles = {(level, number): hashes for level, number, hashes in connection.execute(query)}
    return parallel_verify.verify_leaves(database.path, wanted, newest, tiles, helpers=cores - 1)


def _root_fault(frontier: merkle.Frontier, wanted: dict[int, bytes]) -> Fault | None:
    size = frontier.size
    if size in wanted and frontier.root() != wanted[size]:
        first = max((smaller for smaller in wanted if smaller < size), default=0)
        return Fault(
            f"records {first} to {size - 1} do not add up to the checkpoint of size {size}: one of them was changed, "
            "exchanged or removed",
            first,
        )
    return None


def _located(connection: Connection, hashes: list[bytes], fault: Fault) -> Fault:
    """*fault* at the very record, where the tiles still say what it was: a checkpoint covers a batch of them."""
    first = fault.index or 0
    number, offset = divmod(first, merkle.TILE_WIDTH)
    rows = connection.execute(_LOWEST_TILES.where(schema.tiles.c.number >= number))
    kept = b"".join(row.hashes for row in rows)
    for index in range(first, len(hashes)):
        at = (index - first + offset) * merkle.HASH_BYTES
        if kept[at : at + merkle.HASH_BYTES] != hashes[index]:
            return Fault(f"{fault.reason}; by the tiles it is record {index}", index)
    return fault


def _time_of(leaf: bytes, salt: bytes | None, payload: bytes | None, person: bytes | None) -> int | str:
    """The leaf's time; text where the leaf or what is kept beside it does not hold."""
    try:
        public = json.loads(leaf)
        time_ms, committed, _ = int(public["time"]), public["commitment"], public["v"]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return "the leaf is not readable"
    if (salt is None) != (payload is None):
        return "only a part is left of what the leaf commits to"
    if payload is None and person:
        return "only the leaf is left of the record, and yet it is filed under somebody"
    if salt is not None and payload is not None and commitment(salt, payload) != committed:
        return "what is kept of the decision does not fit the leaf's commitment: it was changed"
    try:
        right = payload is None or filed_right(public["v"], payload, person or b"")
    except zlib.error:
        right = False
    return time_ms if right else "the record is filed under another person's id"


def _tile_fault(connection: Connection, hashes: list[bytes]) -> Fault | None:
    expected = extend_in_memory(hashes)
    tiles = schema.tiles.c
    for level, number, kept in connection.execute(select(tiles.level, tiles.number, raw(tiles.hashes))):
        if expected.pop((level, number), None) != kept:
            return Fault(f"tile {level}/{number} is not that of the records")
    if expected:
        level, number = min(expected)
        return Fault(f"tile {level}/{number} is missing")
    return None


def _text_fault(connection: Connection, named: set[parallel_verify.Named]) -> Fault | None:
    """Texts that records name by hash: those that are kept are true, and of notices and rules none is missing."""
    notices, texts = schema.notices.c, schema.facts.c
    kept = {
        ("notice", hash_): html for hash_, html in connection.execute(select(notices.hash, raw(notices.html)))
    }
    for kind, folder in TEXTS.items():
        query = select(texts.name, raw(texts.value)).where(texts.name.startswith(folder))
        kept |= {(kind, name.removeprefix(folder)): text for name, text in connection.execute(query)}
    for (kind, hash_), text in kept.items():
        if hashlib.sha256(text).hexdigest() != hash_:
            what = "the text that was shown" if kind == "notice" else "that text"
            return Fault(f"the {kind} {hash_} is not {what}", _first_of(connection, hash_))
    for kind, hash_, is_published in sorted(named):
        if (kind, hash_) not in kept and (kind in MUST_BE_KEPT or is_published):
            return Fault(f"the {kind} {hash_} is missing", _first_of(connection, hash_))
    return None


def _first_of(connection: Connection, hash_: str) -> int | None:
    """The first record that names a text."""
    columns = schema.records.c
    named = select(func.min(columns.idx)).where(contains(connection, columns.leaf, b'"%b"' % hash_.encode()))
    return connection.execute(named).scalar()


def _memory_fault(
    connection: Connection,
    database: Database,
    remembered: Remembered,
    chain: Chain,
    adoptions: Sequence[Adoption],
) -> Fault | None:
    """What is remembered of the log beside its database, its anchors among that; and what the next batch goes on
    from."""
    try:
        head = newest_head(connection)
        remembered.check(chain, head.size, TileReader(connection), adoptions)
        head.check(connection, chain)
    except Behind as error:
        return Fault(str(error), head.size)
    except StoreUnavailable as error:
        return Fault(str(error))
    reason = fault_of_files(database.folder)
    return Fault(reason) if reason else None
