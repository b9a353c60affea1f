"""The quick check of a large log: ranges of records in several processes, each with the tiles in hand.

It says only whether everything holds. Where something does not, or looks other than this program writes it, the careful
check in ``verify.py`` has the last word and finds out what it is.

Each process takes the frontier at the start of its range from the tiles, unproven, and computes from there on. The
caller proves it: every range must begin with the frontier that the range before ended with.
"""

import hashlib
import json
import os
import re
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, repeat
from pathlib import Path
from typing import NamedTuple

from ..proof import merkle
from .adoption import Adoption, told
from .helper_processes import shared
from .records import PUBLISHED, TAG_BYTES
from .stripped import Said, all_said, tells

RANGE = 1 << 13
"""Records that one process takes at a time: whole tiles, and few enough that none waits long for the last to end."""

_LEAF = re.compile(
    rb'\{"code":"[^"\\]*","commitment":"([0-9a-f]{64})",(?:"[a-z]+":"[^"\\]*",)*"time":(\d{1,15}),"v":[12]\}'
)
_NAMED = re.compile(rb'"(notice|rules|settings)":"([0-9a-f]{64})"')
_PUBLISHED = b'"kind":"%b"' % PUBLISHED.encode()
_RECORDS = (
    "SELECT idx, leaf, salt, payload, person, people.id FROM records LEFT JOIN people ON people.id = key_id "
    "WHERE idx >= ? AND idx < ? ORDER BY idx"
)
_TILES = "SELECT number, hashes FROM tiles WHERE level = 0 AND number >= ? AND number < ? ORDER BY number"
_MAPPED = 1 << 40
"""Bytes of the file that a helper may map into memory: all that SQLite can.

To read pages in place takes a sixth less than to copy them. Where somebody cuts the file meanwhile, the helper is
killed, and the careful check has to look: the process that asks maps nothing.
"""
_TILE = "SELECT hashes FROM tiles WHERE level = ? AND number = ?"


type _Row = tuple[int, bytes, bytes | None, bytes | None, str | None, int | None]
"""Index, leaf, salt, payload and person of a record, and the row of its person's key, if that is there."""

type _Asked = tuple[int, int, Mapping[int, bytes]]
"""Where a range starts and ends, and the roots of the checkpoints in it, by size."""

type _Tile = tuple[list[bytes], int, int]
"""The hashes of a tile's leaves, and the times of the first and the last, in milliseconds."""


class Named(NamedTuple):
    """A text that a leaf names by its hash, and whether the leaf says that it is in force from then on."""

    kind: str
    hash: str
    is_published: bool


def named_in(leaf: bytes) -> set[Named]:
    """The texts that a leaf names."""
    is_published = _PUBLISHED in leaf
    return {Named(kind.decode(), hash_.decode(), is_published) for kind, hash_ in _NAMED.findall(leaf)}


class _Odd(Exception):
    """Something that the careful check has to judge."""


@dataclass(frozen=True, slots=True)
class Range:
    """What one process found.

    That is: the frontier before and after its records, the times of the first and the last, the roots of full tiles,
    the leaves of the tile that is not full, and which records are bare; and what leaves say of bare and lost records.
    """

    before: bytes
    after: bytes
    first_ms: int
    last_ms: int
    roots: bytes
    rest: bytes
    bare: bytes
    said: Said
    adoptions: list[Adoption]
    named: set[Named]


@dataclass(frozen=True, slots=True)
class Leaves:
    """What the leaves of a log that holds say of the stripped ones, and the bitmap of those (:mod:`.stripped`)."""

    said: Said
    bare: bytes
    adoptions: list[Adoption]
    named: set[Named]


def verify_leaves(
    path: Path,
    roots: Mapping[int, bytes],
    size: int,
    tiles: Mapping[tuple[int, int], bytes],
    *,
    helpers: int,
    step: int = RANGE,
) -> Leaves | None:
    """What is found where the first *size* records in the SQLite file at *path* hold, and lead to *roots* (by size).

    This process and so many *helpers* share the work. Each reads records and full tiles of the lowest level, which
    never change, so the log may grow meanwhile. *tiles* are all the others, as they were when the log had this size.
    None means only that the careful check must look.
    """
    starts = range(0, size, step)
    ranges = [
        (start, min(start + step, size), {at: roots[at] for at in roots if start < at <= start + step})
        for start in starts
    ]
    found = shared(partial(_checked, path), partial(_checked, path, mapped=0), ranges, helpers)
    parts = [part for part in found if part is not None]
    return leaves_of(parts) if len(parts) == len(ranges) and _joined(parts, roots, tiles) else None


def leaves_of(parts: Sequence[Range]) -> Leaves:
    """What the ranges found, together."""
    named = set().union(*(part.named for part in parts))
    adoptions = [adoption for part in parts for adoption in part.adoptions]
    return Leaves(
        all_said(part.said for part in parts), b"".join(part.bare for part in parts), adoptions, named
    )


def _joined(
    parts: Sequence[Range], roots: Mapping[int, bytes], tiles: Mapping[tuple[int, int], bytes]
) -> bool:
    """Whether the ranges go on from one another, and *tiles* are those of the records."""
    chained = all(
        one.after == next_.before and one.last_ms <= next_.first_ms for one, next_ in pairwise(parts)
    )
    if not chained or parts[0].before or roots.get(0, merkle.EMPTY_ROOT) != merkle.EMPTY_ROOT:
        return False
    above = b"".join(part.roots for part in parts)
    kept, level = dict(tiles), 1
    full_tiles = len(above) // merkle.HASH_BYTES
    if kept.pop((0, full_tiles), b"") != parts[-1].rest:
        return False
    while above:
        full = bytearray()
        for number in range(-(-len(above) // _TILE_BYTES)):
            tile = above[number * _TILE_BYTES : (number + 1) * _TILE_BYTES]
            if kept.pop((level, number), None) != tile:
                return False
            if len(tile) == _TILE_BYTES:
                full += merkle.complete_root(_parted(tile))
        level, above = level + 1, bytes(full)
    return not kept


_TILE_BYTES = merkle.TILE_WIDTH * merkle.HASH_BYTES


def _parted(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + merkle.HASH_BYTES] for at in range(0, len(hashes), merkle.HASH_BYTES)]


class _opened:  # noqa: N801  reads as a function
    """A connection that only reads, closed at the end of the block."""

    def __init__(self, path: Path, mapped: int) -> None:
        quiet = not os.access(path.parent, os.W_OK) or not path.with_name(f"{path.name}-wal").exists()
        self._database = sqlite3.connect(f"file:{path}?mode=ro{'&immutable=1' if quiet else ''}", uri=True)
        self._database.execute(f"PRAGMA mmap_size={mapped}")

    def __enter__(self) -> sqlite3.Connection:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _checked(path: Path, asked: _Asked, *, mapped: int = _MAPPED) -> Range | None:
    """One range; None where the careful check has to look."""
    try:
        with _opened(path, mapped) as database:
            return _range(database, *asked)
    except (_Odd, sqlite3.Error, TypeError, ValueError, zlib.error):
        return None


def _range(database: sqlite3.Connection, start: int, end: int, roots: Mapping[int, bytes]) -> Range:
    first_tile, last_tile = start // merkle.TILE_WIDTH, -(-end // merkle.TILE_WIDTH)
    frontier = merkle.Frontier(first_tile, _frontier(database, first_tile))
    before, full = frontier.hashes(), bytearray()
    rest: list[bytes] = []
    tiles = dict(database.execute(_TILES, (first_tile, last_tile)))
    rows = database.execute(_RECORDS, (start, end))
    first_ms, last_ms = -1, 0
    judged: set[tuple[int, bytes]] = set()
    bare, said = bytearray((last_tile - first_tile) * merkle.TILE_WIDTH // 8), Said()
    adoptions: list[Adoption] = []
    for number in range(first_tile, last_tile):
        base = number * merkle.TILE_WIDTH
        part = rows.fetchmany(merkle.TILE_WIDTH)
        if (alike := _alike(part, base, judged)) is not None:
            hashes, begun_ms, ended_ms = alike
        else:
            hashes, begun_ms, ended_ms = _one_by_one(part, base, judged)
            _hear(part, start, bare, said)
            adoptions += [adoption for row in part if (adoption := told(row[0], row[1])) is not None]
        if len(hashes) != min(merkle.TILE_WIDTH, end - base):
            raise _Odd
        if begun_ms < last_ms:
            raise _Odd
        first_ms, last_ms = (begun_ms if first_ms < 0 else first_ms), ended_ms
        _compare(roots, frontier, base, hashes)
        if len(hashes) == merkle.TILE_WIDTH:
            if tiles.get(number) != b"".join(hashes):
                raise _Odd
            root = merkle.complete_root(hashes)
            frontier.append(root)
            full += root
        else:
            rest = hashes
    after = frontier.hashes() + _frontier_of(rest)
    named = set().union(*(named_in(around) for _, around in judged))
    roots_of_tiles, rest_of_tile, bitmap = bytes(full), b"".join(rest), bytes(bare)
    return Range(
        before, after, first_ms, last_ms, roots_of_tiles, rest_of_tile, bitmap, said, adoptions, named
    )


def _hear(rows: Sequence[_Row], start: int, bare: bytearray, said: Said) -> None:
    """Note which of *rows* are bare, in a bitmap that begins at index *start*, and what their leaves say of that."""
    for index, leaf, salt, _, person, _ in rows:
        if salt is None:
            at = index - start
            bare[at >> 3] |= 1 << (at & 7)
        if not person and tells(leaf):
            said.hear(index, json.loads(leaf))


def _frontier(database: sqlite3.Connection, tiles: int) -> bytes:
    """The roots that a tree of so many full tiles is made of, by what the tiles say."""

    def read(level: int, number: int) -> bytes:
        row = database.execute(_TILE, (level, number)).fetchone()
        return row[0] if row else b""

    found, at = [], 0
    for bit in range(tiles.bit_length() - 1, -1, -1):
        if tiles >> bit & 1:
            found.append(merkle.subtree(read, bit + merkle.TILE_HEIGHT, at >> bit))
            at += 1 << bit
    return b"".join(found)


def _alike(rows: Sequence[_Row], base: int, judged: set[tuple[int, bytes]]) -> _Tile | None:
    """The leaves of one tile, which begins at index *base*, a step at a time for the whole tile.

    *judged* holds what is around commitment and time in leaves that were read whole, and where the commitment begins:
    most leaves have it in common. None where a leaf of the tile is of another shape, bare, or not encrypted.
    """
    if not rows:
        return None
    numbers, leaves, salts, payloads, persons, keys = zip(*rows, strict=True)
    at = leaves[0].find(_COMMITMENT) + len(_COMMITMENT)
    begins, ends = leaves[0][:at], leaves[0][-len(_END) :]
    alike = all(map(bytes.startswith, leaves, repeat(begins))) and all(
        map(bytes.endswith, leaves, repeat(ends))
    )
    if not alike or None in salts or None in payloads or not ends.endswith(_SEALED):
        return None
    for between, leaf in {leaf[at + 64 : -_TAIL]: leaf for leaf in leaves}.items():
        if (at, begins + between + ends) not in judged:
            match = _LEAF.fullmatch(leaf)
            if match is None or match.groups() != (leaf[at : at + 64], leaf[-_TAIL : -len(_END)]):
                return None
            judged.add((at, begins + between + ends))
    sha256 = hashlib.sha256
    times = [leaf[-_TAIL : -len(_END)] for leaf in leaves]
    kept = [sha256(salt + payload).hexdigest() for salt, payload in zip(salts, payloads, strict=True)]
    if (
        numbers != tuple(range(base, base + len(rows)))
        or "".join(kept).encode() != b"".join([leaf[at : at + 64] for leaf in leaves])
        or [payload[:TAG_BYTES].hex() for payload in payloads] != list(persons)
        or not b"".join(times).isdigit()
        or times != sorted(times)  # as text, of which each has 13 digits
        or None in keys
    ):
        raise _Odd
    return [sha256(b"\x00" + leaf).digest() for leaf in leaves], int(times[0]), int(times[-1])


def _one_by_one(rows: Sequence[_Row], base: int, judged: set[tuple[int, bytes]]) -> _Tile:
    """The same for any tile."""
    sha256, decompress = hashlib.sha256, zlib.decompress
    hashes: list[bytes] = []
    times: list[int] = []
    for index, (number, leaf, salt, payload, person, key) in enumerate(rows, base):
        at, end = leaf.index(_COMMITMENT) + len(_COMMITMENT), leaf.rindex(_TIME) + len(_TIME)
        committed, time_ms = leaf[at : at + 64], leaf[end : -len(_END)]
        around = at, leaf[:at] + leaf[at + 64 : end] + leaf[-len(_END) :]
        if around not in judged:
            _judge(leaf, committed, time_ms)
            judged.add(around)
        if number != index or not time_ms.isdigit():
            raise _Odd
        if salt is not None and payload is not None:
            if sha256(salt + payload).hexdigest().encode() != committed:
                raise _Odd
            if leaf[-2:] == _SEALED:
                if payload[:TAG_BYTES].hex() != person or key is None:
                    raise _Odd
            elif b'"id":"%b"' % (person or "").encode() not in decompress(payload):
                raise _Odd
        elif salt is not payload or person or not _HEX.fullmatch(committed):  # one of them is left
            raise _Odd
        hashes.append(sha256(b"\x00" + leaf).digest())
        times.append(int(time_ms))
    if not times or times != sorted(times):
        raise _Odd
    return hashes, times[0], times[-1]


_COMMITMENT, _TIME, _END = b'"commitment":"', b'"time":', b',"v":1}'
_TAIL = len(_END) + 13
"""Of so many bytes are the digits of a time, until the year 2286, and what follows."""
_SEALED = b"2}"
"""How a leaf ends whose payload is encrypted."""
_HEX = re.compile(rb"[0-9a-f]{64}")


def _judge(leaf: bytes, committed: bytes, time_ms: bytes) -> None:
    """A leaf is as this program writes it, and commitment and time are where they were taken from."""
    match = _LEAF.fullmatch(leaf)
    if match is None or match.groups() != (committed, time_ms):
        raise _Odd


def _frontier_of(hashes: Sequence[bytes]) -> bytes:
    frontier = merkle.Frontier()
    for leaf in hashes:
        frontier.append(leaf)
    return frontier.hashes()


def _compare(roots: Mapping[int, bytes], tiles: merkle.Frontier, base: int, hashes: Sequence[bytes]) -> None:
    """Compare the *roots* of checkpoints that end with these *hashes* of a tile, which begins at index *base*.

    *tiles* are the full ones before it. A log has a checkpoint for each batch: where few visitors choose, for each
    record.
    """
    last = max((size for size in range(base + 1, base + len(hashes) + 1) if size in roots), default=base)
    if last == base:
        return
    if last == base + merkle.TILE_WIDTH and not any(size in roots for size in range(base + 1, last)):
        whole = merkle.Frontier(tiles.size, tiles.hashes())
        whole.append(merkle.complete_root(hashes))
        if whole.root() != roots[last]:
            raise _Odd
        return
    grown = merkle.Frontier(base, tiles.hashes())
    for size, leaf in enumerate(hashes[: last - base], base + 1):
        grown.append(leaf)
        if size in roots and grown.root() != roots[size]:
            raise _Odd
