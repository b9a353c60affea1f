"""A second custodian: somebody who keeps the checkpoints of another's log, and checks that each goes on from the last.

All that it takes is public: the checkpoint and some hash tiles. Both roots are computed from the same tiles; that is as
good as a consistency proof (RFC 9162 section 2.1.4), and any file server can hold tiles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import merkle
from .key_chain import Chain, Link, follow, parts
from .kit.verify import tile_name
from .notes import BadNote, Checkpoint, Verifier

type Fetch = Callable[[str], bytes]
"""The bytes at a path below the log's public address, such as ``checkpoint``. Raises ``OSError``."""

_KEY, _ROTATIONS = "verifier.txt", "rotations.jsonl"
_ENDING = ".checkpoint"
_FORKED = ".forked"


class Forked(Exception):
    """The log does not go on from what was kept; the text says how, and where the evidence is."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest checkpoint that is kept, and how many records it covers beyond the one before."""

    checkpoint: Checkpoint
    path: Path
    new: int


def keep(folder: Path, fetch: Fetch, verifier: Verifier | None = None) -> Kept:
    """Fetch the newest checkpoint, check it against the newest in *folder*, and keep it there.

    *verifier* is needed once: it is kept as well, and another one is refused afterwards. Where the log's key was
    exchanged the log says so itself, and it is followed. Raises :class:`Forked`,
    :class:`.BadNote`, and ``OSError`` where something can't be read, written or fetched.
    """
    verifier = _pinned(folder, verifier)
    note = fetch("checkpoint").decode("utf-8", "replace")
    chain = _followed(folder, verifier, note, fetch)
    new = chain.open(note)
    old = _newest(folder, chain)
    if (reason := _broken(old, new, chain, fetch)) is not None:
        evidence = folder / f"{new.size}{_FORKED}"
        evidence.write_text(note, "utf-8")
        raise Forked(f"{reason}. The log's own signature under it is in {evidence}")
    path = folder / f"{new.size}{_ENDING}"
    path.write_text(note, "utf-8")
    return Kept(new, path, new.size - old.size)


def _pinned(folder: Path, verifier: Verifier | None) -> Verifier:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _KEY
    if not path.exists():
        if verifier is None:
            raise BadNote("whose signature counts is not known yet")
        path.write_text(f"{verifier}\n", "ascii")
        return verifier
    pinned = Verifier.parse(path.read_text("ascii"))
    if verifier is not None and verifier != pinned:
        raise BadNote(f"checkpoints in {folder} are signed by another key")
    return pinned


def _followed(folder: Path, verifier: Verifier, note: str, fetch: Fetch) -> Chain:
    """The keys from *verifier* on to the one that signed *note*. Raises :class:`BadNote` where nothing leads there."""
    path = folder / _ROTATIONS
    chain = _chain(verifier, path.read_text("utf-8") if path.exists() else "")
    try:
        chain.open(note)
    except BadNote:
        text = fetch("rotations").decode("utf-8", "replace")
        chain = _chain(verifier, text)
        chain.open(note)
        path.write_text(text, "utf-8")
    return chain


def _chain(verifier: Verifier, text: str) -> Chain:
    """The chain over those of the log's rotations that come after *verifier*, which need not be its first key."""
    links = [Link.parse(line) for line in text.splitlines()]
    ours = next((at for at, link in enumerate(links) if _ended(verifier, link)), len(links))
    return follow(verifier, links[ours:])


def _ended(verifier: Verifier, link: Link) -> bool:
    try:
        verifier.verify(parts(link.proof)[2])
    except BadNote:
        return False
    return True


def _newest(folder: Path, chain: Chain) -> Checkpoint:
    sizes = [int(path.stem) for path in folder.glob(f"*{_ENDING}")]
    if not sizes:
        return Checkpoint(chain.first.name, 0, merkle.EMPTY_ROOT)
    return chain.open((folder / f"{max(sizes)}{_ENDING}").read_text("utf-8"))


def _broken(old: Checkpoint, new: Checkpoint, chain: Chain, fetch: Fetch) -> str | None:
    if new.size < old.size:
        return f"the log has {new.size} records, and had {old.size}: its tail was cut"
    tiles = _Fetched(fetch, new.size)
    try:
        if merkle.root(tiles, new.size) != new.root:
            return f"the tiles are not those of the checkpoint of size {new.size}"
        if merkle.root(tiles, old.size) != old.root:
            return f"the log forks from the checkpoint of size {old.size} that was kept: its history was rewritten"
        for end in chain.ends:
            if end.size <= new.size and merkle.root(tiles, end.size) != end.root:
                return (
                    f"the log forks from the checkpoint of size {end.size}, with which its key was exchanged"
                )
    except ValueError as error:
        return f"the tiles are not whole: {error}"
    return None


class _Fetched:
    """Tiles over the network, each fetched once."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """The hashes of a tile, as far as the tree of this size fills it."""
        if (level, number) not in self._tiles:
            hashes = self._size >> (level * merkle.TILE_HEIGHT)
            width = min(merkle.TILE_WIDTH, hashes - number * merkle.TILE_WIDTH)
            self._tiles[level, number] = self._fetch(tile_name(level, number, width))
        return self._tiles[level, number]
