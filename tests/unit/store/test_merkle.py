"""The tree against RFC 9162's own definition, computed the slow way, and its proofs against the RFC's algorithms."""

import hashlib

import pytest
from holdback.store.proof import merkle
from holdback.store.proof.tiles import extend_in_memory, tile_of_path

SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 255, 256, 257, 511, 512, 513, 1000]
LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(1000)]


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


def tiles_of(size: int) -> merkle.Tiles:
    tiles = extend_in_memory(LEAVES[:size])
    return lambda level, number: tiles.get((level, number), b"")


@pytest.mark.parametrize("size", [0, *SIZES])
def test_root(size: int) -> None:
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert frontier.root() == slow_root(LEAVES[:size]) == merkle.root(tiles_of(size), size)
    assert merkle.Frontier(size, frontier.hashes()).root() == frontier.root()


def test_the_known_root_of_rfc_6962s_example() -> None:
    """The eight leaves of the certificate-transparency test vectors."""
    data = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    frontier = merkle.Frontier()
    for leaf in data:
        frontier.append(merkle.leaf_hash(bytes.fromhex(leaf)))
    assert frontier.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof(size: int) -> None:
    tiles, root = tiles_of(size), slow_root(LEAVES[:size])
    for index in range(0, size, max(1, size // 40)):
        proof = merkle.inclusion_proof(tiles, index, size)
        assert merkle.root_from_inclusion(LEAVES[index], index, size, proof) == root
        assert merkle.root_from_inclusion(LEAVES[index - 1], index, size, proof) != root or size == 1
        with pytest.raises(ValueError, match="too"):
            merkle.root_from_inclusion(LEAVES[index], index, size, [*proof, proof[0] if proof else root])


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("tile/0/000", (0, 0, 256)),
        ("tile/1/005.p/17", (1, 5, 17)),
        ("tile/0/x001/x234/067", (0, 1234067, 256)),
        ("tile/0/000.p/0", None),
        ("tile/0/000.p/256", None),
        ("tile/0/0", None),
        ("tile/0/../x", None),
        ("tile/data/000", None),
    ],
)
def test_tile_names(path: str, named: tuple[int, int, int] | None) -> None:
    assert tile_of_path(path) == named
