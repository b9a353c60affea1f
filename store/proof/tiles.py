"""Tiles in the database: read one, extend the tree by a batch of leaves, and their C2SP names."""

import re
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from ..engine import schema
from ..engine.dialects import insert_or_set
from . import merkle

_PATH = re.compile(r"tile/(\d{1,2})/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?")


_TILE = select(schema.tiles.c.hashes).where(
    schema.tiles.c.level == bindparam("at"), schema.tiles.c.number == bindparam("which")
)


class TileReader:
    """Reads tiles on one connection, and remembers what it has read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """The hashes of a tile; empty where there is none."""
        known = self._read.get((level, number))
        if known is None:
            known = self._read[level, number] = _read(self._connection, level, number)
        return known


def _read(connection: Connection, level: int, number: int) -> bytes:
    found = connection.execute(_TILE, {"at": level, "which": number}).scalar()
    return found if isinstance(found, bytes) else b""


def extend(connection: Connection, size: int, hashes: Sequence[bytes]) -> None:
    """Add the hashes of new leaves to a tree of *size* leaves, and to the levels above what they complete."""
    level, start, new = 0, size, list(hashes)
    while new:
        new, start = _extend_level(connection, level, start, new)
        level += 1


def _extend_level(
    connection: Connection, level: int, start: int, new: list[bytes]
) -> tuple[list[bytes], int]:
    """Put *new* hashes at position *start* of a level; the roots of tiles that became full, and the first's number."""
    first_tile, filled = divmod(start, merkle.TILE_WIDTH)
    data = (_read(connection, level, first_tile) if filled else b"") + b"".join(new)
    tile_bytes = merkle.TILE_WIDTH * merkle.HASH_BYTES
    tiles = [data[at : at + tile_bytes] for at in range(0, len(data), tile_bytes)]
    connection.execute(
        insert_or_set(connection, schema.tiles, schema.tiles.c.hashes),
        [
            {"level": level, "number": first_tile + number, "hashes": tile}
            for number, tile in enumerate(tiles)
        ],
    )
    return [_root(tile) for tile in tiles if len(tile) == tile_bytes], first_tile


def _root(tile: bytes) -> bytes:
    return merkle.complete_root(
        [tile[at : at + merkle.HASH_BYTES] for at in range(0, len(tile), merkle.HASH_BYTES)]
    )


def tile_of_path(path: str) -> tuple[int, int, int] | None:
    """Level, number and width that a C2SP *path* names; None where it names no tile."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    width = int(match[3]) if match[3] else merkle.TILE_WIDTH
    if not 0 < width <= merkle.TILE_WIDTH or (match[3] and width == merkle.TILE_WIDTH):
        return None
    return int(match[1]), int(match[2].replace("x", "").replace("/", "")), width


def extend_in_memory(hashes: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Every tile of the tree over *hashes*, by level and number."""
    tiles: dict[tuple[int, int], bytes] = {}
    level, row = 0, list(hashes)
    while row:
        roots = []
        for number, start in enumerate(range(0, len(row), merkle.TILE_WIDTH)):
            part = row[start : start + merkle.TILE_WIDTH]
            tiles[level, number] = b"".join(part)
            if len(part) == merkle.TILE_WIDTH:
                roots.append(merkle.complete_root(part))
        level, row = level + 1, roots
    return tiles
