#!/usr/bin/env python3
"""Check an archive of a consent log, or a visitor's receipt, with nothing but Python's standard library (3.8 or newer).

    python3 verify.py                          the folder that this file lies in
    python3 verify.py archive.tar.gz           an archive as it came
    python3 verify.py --checkpoint saved       ... and that it goes on from a checkpoint that you saved earlier
    python3 verify.py --key NAME+HASH+KEY      ... and that it is signed by the key that you were given
    python3 verify.py --receipt receipt.json   a receipt

Exit status 0 when all holds, 1 with the first thing that does not, 2 when nothing could be checked. What is checked of
an archive: the signature of its checkpoints (C2SP signed note, Ed25519); an unbroken row of records whose times never
go back; that what each record says is what its leaf commits to; that the leaves add up to the root of every checkpoint
(RFC 9162 section 2.1) and to every hash tile (C2SP tlog-tiles); that notices and editions of the rules are the very
texts that records name. Where a person was erased only the leaf is left, and the tree is checked with it; that a record
of an erasure accounts for each such leaf is checked as well. Where their fields are withheld, the encrypted record is
checked against its leaf, and what it says stays unknown.

Whoever holds the signing key can write another history. Only a checkpoint that you saved yourself shows that they did:
save the file "checkpoint" each time.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import sys
import tarfile
import zlib
from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, Tuple

TILE_WIDTH = 256
SIGNATURES = 200
"""So many checkpoints, the newest of them, have their signature checked unless all are asked for."""
MOST_PAYLOAD = 1 << 20

Point = Tuple[int, int, int, int]
Holds = Callable[[bytes, bytes, bytes], bool]
"""Whether a public key (32 bytes) made this signature (64 bytes) of a text."""


class Refused(Exception):
    """What does not hold, and the index of the record where (None: not at one record)."""

    def __init__(self, reason: str, index: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index


# -- Ed25519 (RFC 8032 section 5.1) ---------------------------------------------------------------------

_PRIME = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_SQRT_OF_MINUS_ONE = pow(2, (_PRIME - 1) // 4, _PRIME)
_NEUTRAL: Point = (0, 1, 1, 0)


def _point(encoded: bytes) -> Point | None:
    """The point that 32 bytes stand for (section 5.1.3); None where they stand for none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _PRIME:
        return None
    u, v = (y * y - 1) % _PRIME, (_D * y * y + 1) % _PRIME
    x = u * pow(v, 3, _PRIME) * pow(u * pow(v, 7, _PRIME), (_PRIME - 5) // 8, _PRIME) % _PRIME
    if (v * x * x - u) % _PRIME:
        x = x * _SQRT_OF_MINUS_ONE % _PRIME
    if (v * x * x - u) % _PRIME or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _PRIME - x
    return x, y, 1, x * y % _PRIME


def _sum(one: Point, other: Point) -> Point:
    """One point plus another, in extended coordinates (section 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c = 2 * _D * one[3] * other[3]
    d = 2 * one[2] * other[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _PRIME, g * h % _PRIME, f * g % _PRIME, e * h % _PRIME


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, _PRIME)
    x, y = point[0] * inverse % _PRIME, point[1] * inverse % _PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _point((4 * pow(5, -1, _PRIME) % _PRIME).to_bytes(32, "little"))


def ed25519_holds(public: bytes, signature: bytes, text: bytes) -> bool:
    """RFC 8032 section 5.1.7, with the point R recomputed: R = [S]B - [k]A."""
    key = _point(public) if len(public) == 32 else None
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or _BASE is None or len(signature) != 64 or scalar >= _ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + text).digest(), "little") % _ORDER
    minus = (_PRIME - key[0], key[1], 1, _PRIME - key[3])
    table = (_NEUTRAL, _BASE, minus, _sum(_BASE, minus))
    result = _NEUTRAL
    for bit in range(252, -1, -1):  # both products at once: one doubling serves them both
        result = _sum(result, result)
        result = _sum(result, table[(scalar >> bit & 1) | (k >> bit & 1) << 1])
    return _encoded(result) == signature[:32]


# -- signed notes and checkpoints (C2SP signed-note, tlog-checkpoint) ------------------------------------


class Checkpoint:
    """A tree head: the log's name, how many records it has, and their root."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        try:
            self.origin, self.size = lines[0], int(lines[1])
            self.root = base64.b64decode(lines[2], validate=True)
            whole = (
                bool(self.origin) and str(self.size) == lines[1] and self.size >= 0 and len(self.root) == 32
            )
        except (IndexError, ValueError):
            whole = False
        if not whole:
            raise Refused("this is no checkpoint: its lines are origin, size and root")


class Verifier:
    """Whose signature counts; *text* is a verifier key, ``name+hash+key``. Raises :class:`Refused` for another text."""

    def __init__(self, text: str, holds: Holds = ed25519_holds) -> None:
        self.text = text.strip()
        self._holds = holds
        try:
            self.name, key_id, encoded = self.text.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise Refused("a verifier key looks like name+hash+key") from None
        digest = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\x01" or len(raw) != 33 or digest.hex() != key_id:
            raise Refused("the verifier key does not fit its own hash")
        self._id, self._public = digest, raw[1:]

    def open(self, note: str) -> Checkpoint:
        """The checkpoint in a *note* that this key has signed for its own log."""
        text, blank, lines = note.rpartition("\n\n")
        if not blank:
            raise Refused("the checkpoint has no signature")
        text += "\n"
        if not any(self._signed(line, text.encode()) for line in lines.splitlines()):
            raise Refused(f"{self.name} has not signed this checkpoint")
        checkpoint = Checkpoint(text)
        if checkpoint.origin != self.name:
            raise Refused(f"the checkpoint is of the log {checkpoint.origin}, not of {self.name}")
        return checkpoint

    def _signed(self, line: str, text: bytes) -> bool:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or name != self.name:
            return False
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return False
        return raw[:4] == self._id and self._holds(self._public, raw[4:], text)


class Chain:
    """The keys of a log: the first, and those that it was exchanged for, each named by the one before.

    *links* are rotations: each has the leaf of a record that names the next key, and its proof under the last
    checkpoint that the old key signed. *known* is a key that must be among them. Raises :class:`Refused`.
    """

    def __init__(
        self,
        first: str,
        links: Iterable[Any] = (),
        known: str | None = None,
        holds: Holds = ed25519_holds,
    ) -> None:
        self._holds = holds
        self._keys = [(0, Verifier(first, holds))]
        self.ends: list[Checkpoint] = []
        self.named: dict[int, str] = {}
        for link in links:
            self._follow(link)
        if known is not None and Verifier(known).text not in [key.text for _, key in self._keys]:
            raise Refused(f"this is not signed by {known.strip()}, nor by a key that it was exchanged for")

    @property
    def first(self) -> str:
        """The verifier key that the log began with."""
        return self._keys[0][1].text

    @property
    def newest(self) -> str:
        """The verifier key that signs now."""
        return self._keys[-1][1].text

    def open(self, note: str) -> Checkpoint:
        """The checkpoint in a *note*, signed by the key that was in force."""
        size = Checkpoint(note).size
        return [key for since, key in self._keys if since <= size][-1].open(note)

    def is_of_newest(self, note: str) -> bool:
        """Whether the key that signs now has signed this."""
        try:
            self._keys[-1][1].open(note)
        except Refused:
            return False
        return True

    def _follow(self, link: Any) -> None:
        try:
            leaf, (index, steps, note) = link["leaf"], _proof(link["proof"])
            head = self._keys[-1][1].open(note)
            root = root_from_proof(leaf_hash(leaf.encode()), index, head.size, steps)
            said = json.loads(leaf)
            following = Verifier(said["key"], self._holds)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused("a rotation of the key is not readable") from None
        whole = root == head.root and head.size == index + 1 and said.get("kind") == "rotation"
        if not whole or following.name != self._keys[0][1].name:
            raise Refused(f"the rotation of the key at record {index} does not hold", index)
        self._keys.append((head.size + 1, following))
        self.ends.append(head)
        self.named[index] = following.text


# -- the tree (RFC 9162 section 2.1) ---------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's data."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows by one leaf's hash at a time; keeps the roots of its complete subtrees, and every leaf's hash."""

    def __init__(self) -> None:
        self.leaves = bytearray()
        self._roots: list[bytes] = []

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self.leaves) // 32

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        self.leaves += leaf
        self._roots.append(leaf)
        size = self.size
        while not size & 1:
            right = self._roots.pop()
            self._roots[-1] = node_hash(self._roots[-1], right)
            size >>= 1

    def root(self) -> bytes:
        """The root hash."""
        if not self._roots:
            return hashlib.sha256(b"").digest()
        root = self._roots[-1]
        for left in self._roots[-2::-1]:
            root = node_hash(left, root)
        return root


def root_from_proof(leaf: bytes, index: int, size: int, proof: Iterable[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2: the root to which *proof* leads from the hash of *leaf*."""
    if not 0 <= index < size:
        raise Refused("the proof is of a record that its checkpoint does not cover", index)
    node, last, result = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise Refused("the proof is too long", index)
        if node & 1 or node == last:
            result = node_hash(step, result)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, step)
        node, last = node >> 1, last >> 1
    if last:
        raise Refused("the proof is too short", index)
    return result


def tile_name(level: int, number: int, width: int) -> str:
    """The path of a tile (C2SP tlog-tiles)."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def _tiles(leaves: bytes) -> Iterator[tuple[str, bytes]]:
    """Every tile of the tree over the hashes of *leaves*, with its path."""
    level, row, bytes_of_tile = 0, leaves, TILE_WIDTH * 32
    while row:
        above = bytearray()
        for number, start in enumerate(range(0, len(row), bytes_of_tile)):
            tile = bytes(row[start : start + bytes_of_tile])
            yield tile_name(level, number, len(tile) // 32), tile
            if len(tile) == bytes_of_tile:
                above += _full_root(tile)
        level, row = level + 1, bytes(above)


def _full_root(tile: bytes) -> bytes:
    while len(tile) > 32:
        tile = b"".join(
            node_hash(tile[at : at + 32], tile[at + 32 : at + 64]) for at in range(0, len(tile), 64)
        )
    return tile


# -- records ------------------------------------------------------------------------------------------------


def _public(leaf: bytes, index: int) -> dict[str, Any]:
    """What a leaf says. Raises :class:`Refused` where it is not what a leaf is."""
    try:
        public = json.loads(leaf)
        if (
            isinstance(public["time"], int)
            and isinstance(public["commitment"], str)
            and public["v"] in (1, 2)
        ):
            return dict(public)
    except (ValueError, KeyError, TypeError):
        pass
    raise Refused(f"the leaf of record {index} is not readable", index)


def _about(
    public: dict[str, Any], salt: bytes | None, payload: bytes | None, opening: bytes | None, index: int
) -> dict[str, Any]:
    """What a record says of a person, as its leaf commits to it; empty where that was erased or is withheld.

    A payload of version 2 is encrypted. Its bytes 16 to 48 are the SHA-256 of what was encrypted: of the *opening*.
    """
    if salt is None and payload is None:
        return {}
    if salt is None or payload is None:
        raise Refused(f"only a part is left of what the leaf of record {index} commits to", index)
    if hashlib.sha256(salt + payload).hexdigest() != public["commitment"]:
        raise Refused(f"what record {index} says does not fit its leaf's commitment: it was changed", index)
    try:
        if public["v"] == 1:
            unpacked = zlib.decompressobj()
            text = unpacked.decompress(payload, MOST_PAYLOAD)
            return dict(json.loads(text)) if unpacked.eof else {}
        if opening is None:
            return {}
        if hashlib.sha256(opening).digest() != payload[16:48]:
            raise Refused(
                f"the opening of record {index} is not what its leaf commits to: it was changed", index
            )
        return dict(json.loads(opening[16:]))
    except (ValueError, TypeError, zlib.error):
        raise Refused(f"what the leaf of record {index} commits to is not readable", index) from None


def _told_truly(said: dict[str, Any], public: dict[str, Any], about: dict[str, Any], index: int) -> None:
    """The readable fields of a record are those of its leaf and of what the leaf commits to."""
    for name in ("kind", "notice", "rules", "settings", "code"):
        if said.get(name) != public.get(name):
            raise Refused(f"record {index} says another {name} than its leaf: it was changed", index)
    if said.get("time") != rfc3339(public["time"]):
        raise Refused(f"record {index} says another time than its leaf: it was changed", index)
    committed = (
        "id",
        "purposes",
        "services",
        "regime",
        "language",
        "how",
        "country",
        "counters",
        "disclosed",
    )
    for name in committed:
        if (said.get(name) or None) != (about.get(name) or None):
            raise Refused(
                f"record {index} says another {name} than its leaf commits to: it was changed", index
            )


def rfc3339(time_ms: int) -> str:
    """Milliseconds since the epoch as text, in UTC."""
    from datetime import datetime, timedelta

    moment = datetime(1970, 1, 1) + timedelta(milliseconds=time_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{time_ms % 1000:03d}Z"


def _bytes(text: str | None, index: int) -> bytes | None:
    try:
        return None if text is None else base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Refused(f"record {index} holds something that is not base64", index) from None


# -- leaves that lost all else --------------------------------------------------------------------------------


class Account:
    """Which records lost all but their leaf. Records of erasures and of retention commit to it, each to all so far:
    SHA-256(nonce, SHA-256(bitmap), SHA-256(marks of the erased)). Nonce and bitmap of the last are in the archive.
    """

    def __init__(self) -> None:
        self.count = 0
        self._bare = bytearray()
        self._said: list[tuple[int, Any, Any]] = []
        self._before = -1

    def hear(self, index: int, public: dict[str, Any], is_bare: bool) -> None:
        """Take in a record, in order."""
        if is_bare:
            self._bare.extend(bytes((index >> 3) + 1 - len(self._bare)))
            self._bare[index >> 3] |= 1 << (index & 7)
            self.count += 1
        if public.get("kind") in ("erased", "retention", "adopted"):
            if "stripped" in public:
                self._said.append((index, public.get("previous", ""), public["stripped"]))
            else:  # of a version that kept no account
                self._before = index

    def check(self, text: str | None) -> None:
        """Compare with the account that the archive has, if it has any. Raises :class:`Refused`."""
        before, bare = "", int.from_bytes(self._bare, "little")
        for index, previous, root in self._said:
            if previous != before:
                raise Refused(
                    f"record {index} does not go on from the account of stripped leaves before it", index
                )
            before = root
        if not self._said:
            if text is not None:
                raise Refused(f"there is {STRIPPED}, an account of stripped leaves that no record commits to")
            self._refuse(bare >> self._before + 1 << self._before + 1)
            return
        newest, _, root = self._said[-1]
        leaves = self._kept(text, newest, root)
        self._refuse(bare & ~leaves)
        back = leaves & ~bare
        if back:
            index = (back & -back).bit_length() - 1
            raise Refused(f"record {index} is readable again, and was stripped before", index)

    def _kept(self, text: str | None, newest: int, root: Any) -> int:
        try:
            said = json.loads(text or "")
            leaves = base64.b64decode(said["leaves"], validate=True)
            parts = (
                bytes.fromhex(said["nonce"]),
                hashlib.sha256(leaves).digest(),
                bytes.fromhex(said["people"]),
            )
            if hashlib.sha256(b"".join(parts)).hexdigest() == root:
                return int.from_bytes(leaves, "little")
        except (ValueError, KeyError, TypeError):
            pass
        raise Refused(f"{STRIPPED} is not the account that record {newest} commits to, or missing", newest)

    def _refuse(self, strays: int) -> None:
        if strays:
            index = (strays & -strays).bit_length() - 1
            raise Refused(f"of record {index} only the leaf is left, and no record accounts for that", index)


# -- an archive ---------------------------------------------------------------------------------------------

RECORDS = "records.jsonl"
ROTATIONS = "rotations.jsonl"
TEXTS = {
    "notices": ("notice", ".html", True),
    "rules": ("rules", ".json", True),
    "settings": ("settings", ".json", False),
}
"""By the folder of a kind of text: what leaves call it, how its files end, and whether each must be there. The first
versions kept no settings: those must be there that a record published."""
STRIPPED = "stripped.json"


class Archive:
    """The files of an archive: all but the records in memory, the records line by line."""

    def __init__(self, files: dict[str, bytes], lines: Iterator[bytes]) -> None:
        self.files = files
        self.lines = lines

    def text(self, name: str) -> str:
        """A file that must be there."""
        if name not in self.files:
            raise Refused(f"the archive has no file {name}")
        return self.files[name].decode("utf-8", "replace")

    def below(self, folder: str) -> dict[str, bytes]:
        """The files of a folder."""
        return {name: data for name, data in self.files.items() if name.startswith(folder + "/")}


@contextmanager
def opened(path: str) -> Iterator[Archive]:
    """The archive at *path*: a folder, or a tar file. Raises ``OSError`` and ``tarfile.TarError``."""
    if os.path.isdir(path):
        with open(os.path.join(path, RECORDS), "rb") as lines:
            yield Archive(_folder(path), iter(lines))
        return
    with tarfile.open(path) as tar:
        files: dict[str, bytes] = {}
        records = None
        for member in tar:
            name = member.name[2:] if member.name.startswith("./") else member.name
            if name in files or (name == RECORDS and records is not None):
                raise Refused(f"the archive has two files {name}")
            data = tar.extractfile(member) if member.isfile() else None
            if name == RECORDS:
                records = member
            elif data is not None:
                files[name] = data.read()
        content = tar.extractfile(records) if records is not None else None
        if content is None:
            raise Refused(f"the archive has no file {RECORDS}")
        yield Archive(files, iter(content))


@contextmanager
def judging() -> Iterator[None]:
    """Whatever a forger wrote is refused: it ends no check in an error of Python's."""
    try:
        yield
    except Refused:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise Refused(f"something is not what it should be ({type(error).__name__}: {error})") from None


@judging()
def chain_in(archive: Archive, known: str | None = None, holds: Holds = ed25519_holds) -> Chain:
    """The keys that an archive is signed by, one of which is *known*."""
    lines = archive.text(ROTATIONS).splitlines() if ROTATIONS in archive.files else []
    try:
        links = [json.loads(line) for line in lines]
    except ValueError:
        raise Refused(f"{ROTATIONS} is not readable") from None
    return Chain(archive.text("verifier.txt"), links, known, holds)


def _folder(path: str) -> dict[str, bytes]:
    files = {}
    for folder, _, names in os.walk(path):
        for name in names:
            whole = os.path.join(folder, name)
            relative = os.path.relpath(whole, path).replace(os.sep, "/")
            if relative != RECORDS:
                with open(whole, "rb") as file:
                    files[relative] = file.read()
    return files


class Audit:
    """One check of an archive. ``run`` gives what was found, or raises :class:`Refused`."""

    @judging()
    def __init__(
        self, archive: Archive, chain: Chain, saved: str | None = None, every_signature: bool = False
    ) -> None:
        self._archive = archive
        self._chain = chain
        self._newest = chain.open(archive.text("checkpoint"))
        self._wanted: dict[int, bytes] = {}
        self._signatures = self._read_checkpoints(every_signature)
        self._saved = self._read_saved(saved) if saved is not None else None
        self._kept = {self._saved.size: self._saved.root} if self._saved is not None else {}
        self._adopted: list[tuple[int, int]] = []
        self._anchored: dict[int, list[tuple[str, Checkpoint]]] = {}
        for name, note in self._anchors():
            self._anchored.setdefault(Checkpoint(note).size, []).append((note, Checkpoint(note)))
            self._check_stamp(name)
        self._doubtful: list[tuple[str, Refused]] = []
        self._anchor_count = len(list(self._anchors()))
        self._tree = Tree()
        self._account = Account()
        self._withheld = 0
        self._named: dict[str, dict[str, int]] = {name: {} for name in TEXTS}
        self._published: set[str] = set()

    def _read_checkpoints(self, every: bool) -> int:
        lines = self._archive.text("checkpoints.jsonl").splitlines()
        for number, line in enumerate(lines, 1):
            try:
                said = json.loads(line)
                note = said["note"]
                signed = every or number > len(lines) - SIGNATURES
                head = self._chain.open(note) if signed else Checkpoint(note)
            except (ValueError, KeyError, TypeError):
                raise Refused(f"line {number} of the checkpoints is not readable") from None
            if said.get("size", head.size) != head.size:
                raise Refused(f"line {number} of the checkpoints says another size than was signed")
            if self._wanted.setdefault(head.size, head.root) != head.root:
                raise Refused(f"two checkpoints of size {head.size} have different roots: a fork")
        for end in self._chain.ends:
            if self._wanted.get(end.size) != end.root:
                raise Refused(
                    f"the key was exchanged in another history, at record {end.size - 1}", end.size - 1
                )
        if self._wanted.get(self._newest.size) != self._newest.root or max(self._wanted) != self._newest.size:
            raise Refused("the newest of the checkpoints is not the file checkpoint")
        return len(lines) if every else min(len(lines), SIGNATURES)

    def _anchors(self) -> Iterator[tuple[str, str]]:
        """Checkpoints that an authority has stamped, with their names."""
        for name, note in sorted(self._archive.below("anchors").items()):
            if name.endswith(".checkpoint"):
                yield name, note.decode("utf-8", "replace")
            elif name[: -len(".tsr")] + ".checkpoint" not in self._archive.files:
                raise Refused(f"{name} is the stamp of a checkpoint that is missing")

    def _check_stamp(self, name: str) -> None:
        """A stamp names the hash of what was stamped. Its signature is for OpenSSL to check."""
        stamp = self._archive.files.get(name[: -len(".checkpoint")] + ".tsr")
        if stamp is not None and hashlib.sha256(self._archive.files[name]).digest() not in stamp:
            raise Refused(f"{name[: -len('.checkpoint')]}.tsr is no stamp of {name}")

    def _check_anchors(self, size: int, root: bytes) -> None:
        """Those of this size, once the tree has it. What is wrong may be of a history that the owner gave up."""
        for note, head in self._anchored.pop(size, []):
            wrong = self._wrong_with(note)
            if wrong is None and head.root != root:
                wrong = Refused(f"the log forks from the anchor of size {size}: its history was rewritten")
            if wrong is not None:
                self._doubtful.append((note, wrong))

    def _wrong_with(self, note: str) -> Refused | None:
        try:
            self._chain.open(note)
        except Refused as refused:
            return refused
        return None

    def _check_doubtful(self) -> None:
        """Anchors that do not fit, and those of a larger log."""
        for size, anchors in sorted(self._anchored.items()):
            cut = Refused(
                f"an anchor covers {size} records, the log has {self._tree.size}: its tail was cut",
                self._tree.size,
            )
            self._doubtful += [(note, cut) for note, _ in anchors]
        for note, refused in self._doubtful:
            size = Checkpoint(note).size
            given_up = any(index < size <= lost for index, lost in self._adopted)
            if not given_up or self._chain.is_of_newest(note):
                raise refused

    def _read_saved(self, note: str) -> Checkpoint:
        saved = self._chain.open(note)
        if saved.size > self._newest.size:
            raise Refused(
                f"the saved checkpoint covers {saved.size} records, the log has {self._newest.size}: its tail was cut",
                self._newest.size,
            )
        if self._wanted.get(saved.size, saved.root) != saved.root:
            raise Refused(
                f"the log forks from the saved checkpoint of size {saved.size}: its history was rewritten"
            )
        return saved

    @judging()
    def run(self) -> dict[str, Any]:
        """Check it all; sizes and the root, for whoever asked."""
        self._check_root()
        last_time = 0
        tiles = self._archive.files
        for line in self._archive.lines:
            last_time = self._record(line, last_time, tiles)
            self._check_root()
        self._check_end()
        self._check_tiles()
        self._check_doubtful()
        self._account.check(self._archive.text(STRIPPED) if STRIPPED in self._archive.files else None)
        for folder in TEXTS:
            self._check_texts(folder)
        return {
            "ok": True,
            "size": self._tree.size,
            "root": self._tree.root().hex(),
            "verifier": self._chain.first,
            "newest": self._chain.newest,
            "stripped": self._account.count,
            "withheld": self._withheld,
            "notices": len(self._named["notices"]),
            "checkpoints": len(self._wanted),
            "signatures": self._signatures,
            "anchors": self._anchor_count,
            "saved": self._saved.size if self._saved else None,
        }

    def _record(self, line: bytes, last_time: int, tiles: dict[str, bytes]) -> int:
        index = self._tree.size
        if index >= self._newest.size:
            raise Refused(f"record {index} lies behind the newest checkpoint", index)
        try:
            said = json.loads(line)
            leaf, number = said["leaf"].encode(), said["index"]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused(f"the line of record {index} is not readable", index) from None
        if number != index:
            raise Refused(f"record {index} is missing or out of order: {number!r} stands in its place", index)
        public = _public(leaf, index)
        if public["time"] < last_time:
            raise Refused(f"record {index} is older than the one before: times never go back", index)
        salt, payload, opening = (_bytes(said.get(name), index) for name in ("salt", "payload", "opening"))
        about = _about(public, salt, payload, opening, index)
        self._account.hear(index, public, payload is None)
        if public.get("kind") == "adopted":
            self._adopted.append((index, int(public.get("lost", 0))))
        self._withheld += public["v"] == 2 and payload is not None and opening is None
        if public.get("kind") == "rotation" and public.get("key") != self._chain.named.get(index):
            raise Refused(f"record {index} exchanges the key, and {ROTATIONS} does not say so", index)
        _told_truly(said, public, about, index)
        hashed = leaf_hash(leaf)
        if not self._in_tile(tiles, index, hashed):
            raise Refused(f"record {index} is not the one whose hash is in the tiles: it was changed", index)
        self._tree.append(hashed)
        for folder, (name, _, _) in TEXTS.items():
            if digest := public.get(name):
                self._named[folder].setdefault(digest, index)
                if public.get("kind") == "published":
                    self._published.add(digest)
        return int(public["time"])

    def _in_tile(self, tiles: dict[str, bytes], index: int, hashed: bytes) -> bool:
        number, offset = divmod(index, TILE_WIDTH)
        width = min(TILE_WIDTH, self._newest.size - number * TILE_WIDTH)
        tile = tiles.get(tile_name(0, number, width), b"")
        return tile[offset * 32 : offset * 32 + 32] == hashed

    def _check_root(self) -> None:
        size = self._tree.size
        wanted = [root for root in (self._wanted.get(size), self._kept.get(size)) if root]
        if not wanted and size not in self._anchored:
            return
        root = self._tree.root()
        self._check_anchors(size, root)
        if not wanted:
            return
        if wanted[0] != root and size in self._wanted:
            first = max([smaller for smaller in self._wanted if smaller < size], default=0)
            raise Refused(
                f"records {first} to {size - 1} do not add up to the checkpoint of size {size}: one of them was "
                "changed, exchanged or removed",
                first,
            )
        if any(one != root for one in wanted):
            raise Refused(
                f"the log forks from the saved checkpoint of size {size}: its history was rewritten"
            )

    def _check_end(self) -> None:
        size = self._tree.size
        if size < self._newest.size:
            raise Refused(f"record {size} is missing: the newest checkpoint covers {self._newest.size}", size)

    def _check_tiles(self) -> None:
        kept = self._archive.below("tile")
        for name, tile in _tiles(bytes(self._tree.leaves)):
            if kept.pop(name, None) != tile:
                raise Refused(f"{name} is not that of the records, or missing")
        if kept:
            raise Refused(f"{min(kept)} belongs to no record")

    def _check_texts(self, folder: str) -> None:
        """Texts that records name by hash: every one that is there is true, and none that must be there is missing."""
        _, ending, must_be_kept = TEXTS[folder]
        kept, named = self._archive.below(folder), self._named[folder]
        for name, text in sorted(kept.items()):
            if name != f"{folder}/{hashlib.sha256(text).hexdigest()}{ending}":
                first = named.get(name[len(folder) + 1 : -len(ending)])
                raise Refused(f"{name} is not the text that its name says: it was replaced", first)
        for digest, index in sorted(named.items(), key=lambda item: item[1]):
            if (must_be_kept or digest in self._published) and f"{folder}/{digest}{ending}" not in kept:
                raise Refused(f"{folder}/{digest}{ending}, which record {index} names, is missing", index)


# -- a receipt ----------------------------------------------------------------------------------------------


@judging()
def check_receipt(receipt: Any, known: str | None = None, holds: Holds = ed25519_holds) -> dict[str, Any]:
    """Check every record of a visitor's receipt: its leaf, what it says, the notice, and the proof of inclusion.

    *known* is a key of the log; without it, those count that the receipt names.
    """
    named = receipt.get("schema:verifier", "") if isinstance(receipt, dict) else ""
    try:
        chain = Chain(named, receipt.get("schema:keyRotations", []), known, holds)
        records = list(receipt["hasConsentRecord"])
        texts = {notice["@id"]: notice["schema:text"].encode() for notice in receipt["hasNotice"]}
        indexes = [_check_proven(record, chain, texts) for record in records]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused("this is no receipt of a consent log") from None
    return {"ok": True, "records": indexes, "verifier": chain.first}


def _check_proven(record: dict[str, Any], chain: Chain, texts: dict[str, bytes]) -> int:
    index, leaf = int(record["schema:logIndex"]), record["schema:leaf"].encode()
    public = _public(leaf, index)
    salt, payload, opening = (
        _bytes(record[f"schema:{name}"], index) for name in ("salt", "payload", "opening")
    )
    about = _about(public, salt, payload, opening, index)
    proof_index, proof, note = _proof(record["schema:inclusionProof"])
    head = chain.open(note)
    if proof_index != index or root_from_proof(leaf_hash(leaf), index, head.size, proof) != head.root:
        raise Refused(f"the proof does not show that record {index} is in the log", index)
    said = (
        (record["hasDataSubject"], "urn:uuid:{}".format(about.get("id"))),
        (record["isIndicatedAtTime"], rfc3339(public["time"])),
        (record["hasIndicationMethod"], about.get("how")),
        (record["schema:services"], about.get("services")),
        (record["hasNotice"]["@id"], "urn:sha256:{}".format(public["notice"])),
        (
            {part["dct:title"]: part["hasConsentStatus"] == "ConsentGiven" for part in record["hasProcess"]},
            about.get("purposes"),
        ),
    )
    for shown, committed in said:
        if shown != committed:
            raise Refused(f"record {index} of the receipt says another thing than the log: {shown!r}", index)
    text = texts.get(record["hasNotice"]["@id"], b"")
    if hashlib.sha256(text).hexdigest() != public["notice"]:
        raise Refused(f"the notice of record {index} is not the one that was shown: it was replaced", index)
    return index


def _proof(text: str) -> tuple[int, list[bytes], str]:
    """Index, hashes and checkpoint of a C2SP tlog-proof."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1":
        raise Refused("this is no tlog-proof")
    lines = [line for line in lines[1:] if not line.startswith("extra ")]
    if not lines[0].startswith("index "):
        raise Refused("the proof names no index")
    return int(lines[0][6:]), [base64.b64decode(line, validate=True) for line in lines[1:]], note


# -- the command --------------------------------------------------------------------------------------------


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _checked(options: argparse.Namespace) -> dict[str, Any]:
    if options.receipt:
        return check_receipt(json.loads(_read(options.receipt)), options.key)
    saved = _read(options.checkpoint) if options.checkpoint else None
    with opened(options.archive) as archive:
        return Audit(archive, chain_in(archive, options.key), saved, options.every_signature).run()


def _tell(found: dict[str, Any], options: argparse.Namespace) -> None:
    if options.receipt:
        print(f"The receipt holds: record {', '.join(map(str, found['records']))} in the log.")
    else:
        print(f"The log holds: {found['size']} records, root {found['root']}.")
        print(f"Stripped to the leaf: {found['stripped']}, all accounted for as erased or too old.")
        print(f"Of {found['withheld']} of them what is about a person is withheld: encrypted.")
        print(f"Checkpoints: {found['checkpoints']}, signatures checked: {found['signatures']}.")
        print(f"Notices that records name: {found['notices']}, all there.")
    print(f"Signed by {found['verifier']}.")
    if found.get("newest", found["verifier"]) != found["verifier"]:
        print(f"The key was exchanged, each by the one before; now it is {found['newest']}.")
    if not options.key:
        print("No --key was given: whose signature counts is what the file itself says.")
    if not options.receipt and not options.checkpoint:
        print("No saved checkpoint was given: that nothing was cut off at the end is not shown.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser(description="Check an archive of a consent log, or a receipt.")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument(
        "archive", nargs="?", default=here, help="the archive, or the folder it was unpacked to"
    )
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint that you saved earlier")
    parser.add_argument("--key", metavar="VKEY", help="whose signature counts: name+hash+key")
    parser.add_argument("--receipt", metavar="FILE", help="check a visitor's receipt instead")
    parser.add_argument(
        "--every-signature", action="store_true", help="of every checkpoint, however many there are"
    )
    parser.add_argument("--json", action="store_true", help="say it in JSON")
    options = parser.parse_args(arguments)
    try:
        found = _checked(options)
    except Refused as refused:
        if options.json:
            print(json.dumps({"ok": False, "reason": refused.reason, "index": refused.index}))
        where = "" if refused.index is None else f" (index {refused.index})"
        print(f"It does not hold{where}: {refused.reason}.", file=sys.stderr)
        return 1
    except (OSError, tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        print(f"Nothing could be checked: {error}.", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(found))
    else:
        _tell(found, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
