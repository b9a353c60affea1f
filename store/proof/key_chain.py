"""Whose signature counts: a log's first key, and those that came after it, each named by the one before.

A rotation is a record whose leaf names the next key, under a checkpoint that the old key signed and that ends with this
very record. Checkpoints of greater sizes count only when the next key signed them. Each link proves itself: leaf,
inclusion proof and checkpoint in one (C2SP tlog-proof), so that whoever knows one key can follow without the log.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import merkle
from .notes import BadNote, Checkpoint, Verifier, opened

KIND = "rotation"
ROTATIONS = "rotation/"
"""Facts whose names begin so are links; the index of the record, twelve digits, follows."""


@dataclass(frozen=True, slots=True)
class Link:
    """One rotation: the record's leaf, and its proof under the last checkpoint that the old key signed."""

    leaf: str
    proof: str

    def line(self) -> str:
        """The link as JSON, in one line."""
        return json.dumps({"leaf": self.leaf, "proof": self.proof}, ensure_ascii=False)

    @classmethod
    def parse(cls, line: str) -> "Link":
        """The link in a *line*. Raises :class:`BadNote`."""
        try:
            said = json.loads(line)
            return cls(str(said["leaf"]), str(said["proof"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadNote("a rotation is not readable") from error


@dataclass(frozen=True, slots=True)
class Chain:
    """The keys, each with the smallest size that it signs; and the checkpoints with which the old ones ended."""

    keys: tuple[tuple[int, Verifier], ...]
    ends: tuple[Checkpoint, ...] = ()

    @property
    def first(self) -> Verifier:
        """The key that the log began with."""
        return self.keys[0][1]

    @property
    def newest(self) -> Verifier:
        """The key that signs now."""
        return self.keys[-1][1]

    def at(self, size: int) -> Verifier:
        """Whose signature counts on a checkpoint of *size*."""
        return next(verifier for since, verifier in reversed(self.keys) if size >= since)

    def open(self, note: str) -> Checkpoint:
        """The checkpoint in a *note*, signed by the key that was in force. Raises :class:`BadNote`."""
        return opened(note, self.at(Checkpoint.parse(note).size))

    def holding(self, known: Verifier | None) -> "Chain":
        """This chain, if *known* is one of its keys. Raises :class:`BadNote`."""
        if known is not None and known not in [verifier for _, verifier in self.keys]:
            raise BadNote(f"the log is not signed by {known}, nor by a key that it was exchanged for")
        return self


def follow(first: Verifier, links: Iterable[Link]) -> Chain:
    """The chain from *first* over *links*, oldest first. Raises :class:`BadNote` where one does not hold."""
    keys, ends = [(0, first)], []
    for link in links:
        index, steps, note = parts(link.proof)
        head = opened(note, keys[-1][1])
        try:
            root = merkle.root_from_inclusion(merkle.leaf_hash(link.leaf.encode()), index, head.size, steps)
            said = json.loads(link.leaf)
            following = Verifier.parse(said["key"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadNote(f"the rotation at record {index} is not readable") from error
        if (
            root != head.root
            or head.size != index + 1
            or said.get("kind") != KIND
            or following.name != first.name
        ):
            raise BadNote(f"the rotation at record {index} does not hold")
        keys.append((head.size + 1, following))
        ends.append(head)
    return Chain(tuple(keys), tuple(ends))


def parts(proof: str) -> tuple[int, Sequence[bytes], str]:
    """Index, hashes and checkpoint of a C2SP tlog-proof. Raises :class:`BadNote`."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    try:
        if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
            raise ValueError(lines[0])
        return int(lines[1][6:]), [base64.b64decode(line, validate=True) for line in lines[2:]], note
    except (ValueError, IndexError, binascii.Error) as error:
        raise BadNote("this is no tlog-proof") from error
