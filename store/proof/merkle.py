"""The Merkle tree of RFC 9162 §2.1, kept as the tiles of C2SP tlog-tiles.

A tile of level *L* holds up to 256 hashes; each is the root of a complete subtree of 256**L leaves. Whatever a proof or
a root needs can be computed from tiles, and a full tile never changes. Everything here is arithmetic on hashes: where
tiles are kept is the caller's business.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()

type Tiles = Callable[[int, int], bytes]
"""The hashes of the tile of a level and number, as far as it is filled."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's data."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees that a tree of a given size is made of, largest first.

    It is all that appending needs: one hash for each bit that is set in the size.
    """

    def __init__(self, size: int = 0, hashes: bytes = b"") -> None:
        if len(hashes) != size.bit_count() * HASH_BYTES:
            raise ValueError("the frontier does not fit the size")
        self.size = size
        self._stack = [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        self._add(leaf, 0)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add the hashes of many: a whole tile at once costs a third less."""
        at = 0
        while at < len(leaves):
            if self.size % TILE_WIDTH or len(leaves) - at < TILE_WIDTH:
                self.append(leaves[at])
                at += 1
            else:
                self._add(complete_root(leaves[at : at + TILE_WIDTH]), TILE_HEIGHT)
                at += TILE_WIDTH

    def _add(self, root: bytes, height: int) -> None:
        """Add a complete subtree of 2**height leaves."""
        self._stack.append(root)
        self.size += 1 << height
        size = self.size >> height
        while not size & 1:
            right = self._stack.pop()
            self._stack[-1] = node_hash(self._stack[-1], right)
            size >>= 1

    def root(self) -> bytes:
        """The tree's root hash."""
        if not self._stack:
            return EMPTY_ROOT
        root = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            root = node_hash(left, root)
        return root

    def hashes(self) -> bytes:
        """What to keep, and to make the frontier of again."""
        return b"".join(self._stack)


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of *hashes*."""
    sha256, level = hashlib.sha256, list(hashes)
    while len(level) > 1:  # pairs of an iterator with itself cost half of what two slices and a call do
        pairs = iter(level)
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


def subtree(tiles: Tiles, height: int, number: int) -> bytes:
    """The root of the complete subtree of 2**height leaves that is the *number*-th of its height."""
    level, within = divmod(height, TILE_HEIGHT)
    first = number << within
    tile, offset = divmod(first, TILE_WIDTH)
    data = tiles(level, tile)
    start = offset * HASH_BYTES
    wanted = [data[start + i * HASH_BYTES : start + (i + 1) * HASH_BYTES] for i in range(1 << within)]
    if len(wanted[-1]) != HASH_BYTES:
        raise ValueError(f"tile {level}/{tile} is not filled that far")
    return complete_root(wanted)


def _range_root(tiles: Tiles, start: int, end: int) -> bytes:
    """The root over the leaves from *start* to *end*, which begin at a multiple of the largest power of two in it."""
    size = end - start
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return subtree(tiles, height, start >> height)
    split = start + (1 << (size.bit_length() - 1))
    return node_hash(_range_root(tiles, start, split), _range_root(tiles, split, end))


def root(tiles: Tiles, size: int) -> bytes:
    """The root of the tree of *size* leaves."""
    return _range_root(tiles, 0, size) if size else EMPTY_ROOT


def inclusion_proof(tiles: Tiles, index: int, size: int) -> list[bytes]:
    """RFC 9162 §2.1.3.1: what proves that leaf *index* is in the tree of *size* leaves, from the leaf up."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < split:
            proof.append(_range_root(tiles, split, end))
            end = split
        else:
            proof.append(_range_root(tiles, start, split))
            start = split
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Iterable[bytes]) -> bytes:
    """RFC 9162 §2.1.3.2: the root to which *proof* leads from the hash of *leaf*. Raises ValueError on a bad length."""
    node, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if node & 1 or node == last:
            result = node_hash(step, result)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, step)
        node >>= 1
        last >>= 1
    if last:
        raise ValueError("the proof is too short")
    return result
