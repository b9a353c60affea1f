"""What is remembered of the log outside of its database: the newest checkpoint, in a file beside the keys.

A log that is smaller than it was, or another one, is a database that was deleted, cut or restored from a backup. To go
on there would be a second history under the same key, and what visitors have withdrawn since would stand again. Each
anchor (:mod:`..proof.timestamps`) is such a memory as well.
"""

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..engine.errors import Behind
from ..keys.files import exchange
from ..proof import merkle
from ..proof.key_chain import Chain
from ..proof.notes import BadNote, Checkpoint, Verifier
from . import bell
from .adoption import Adoption

FILE = "log.checkpoint"
ANCHORS = "anchors"
ENDING = ".checkpoint"

_EVERY = 10.0
"""Seconds between two times that a process writes the file, which is synced: it need only be a lower bound."""
_log = logging.getLogger("holdback")


class Memory:
    """The memory in the folder *data*."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._anchors = data / ANCHORS
        self._kept = -1
        self._due = 0.0

    def must_be_empty(self) -> None:
        """A log is about to begin. Raises :class:`Behind` where one is remembered that had records."""
        for path, note in self._notes():
            if size := Checkpoint.parse(note).size:
                raise Behind(
                    f"there is no log, and {path} remembers one of {size} records: it was deleted, or is elsewhere",
                    size,
                )

    def keep(self, note: str, size: int, *, last: bool = False) -> None:
        """Remember a *note*, the checkpoint of so many records, unless more are remembered, or some were just now.

        At the *last* it is remembered in any case. What can't be written is told, and nothing else: the log goes on
        without.
        """
        now = time.monotonic()
        if size <= self._kept or (self._kept > 0 and not last and now < self._due):
            return
        self._due = now + _EVERY
        try:
            with self._alone():
                known = self._known()
                if size > known:
                    exchange(self._path, [note.removesuffix("\n")])
            self._kept = max(size, known)
        except OSError as error:
            _log.warning("the newest checkpoint can't be kept in %s: %s", self._path, error)

    def _known(self) -> int:
        """The size in the file; -1 where there is none, or it is no checkpoint. Raises ``OSError``."""
        try:
            return Checkpoint.parse(self._path.read_text("utf-8")).size
        except FileNotFoundError:
            return -1
        except ValueError as error:
            _log.warning("%s remembered nothing, and is written anew: %s", self._path, error)
            return -1

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time: of two that end together the one with fewer records must not have the last word.

        The bell's file is locked, because it stays where it is; the memory's own is exchanged.
        """
        descriptor = os.open(self._path.with_name(bell.FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def forget(self) -> None:
        """Remember nothing but the anchors. Raises ``OSError``."""
        self._path.unlink(missing_ok=True)
        self._kept = -1

    def recall(self) -> "Remembered":
        """What is remembered now. Ask before the log is read: what is remembered later may be of a later log."""
        return Remembered(tuple(self._notes()), bell.claimed_in(self._path.parent))

    def most(self) -> int:
        """The largest tree that is remembered."""
        return self.recall().most()

    def _notes(self) -> Iterator[tuple[Path, str]]:
        """What is remembered. A file that is no checkpoint remembers nothing: ``log verify`` judges it."""
        for path in (self._path, *sorted(self._anchors.glob(f"*{ENDING}"))):
            with suppress(OSError, UnicodeDecodeError, BadNote):
                note = path.read_text("utf-8")
                Checkpoint.parse(note)
                yield path, note


@dataclass(frozen=True, slots=True)
class Remembered:
    """Checkpoints that are remembered of a log, each with its file; and how many records visitors' cookies claim."""

    notes: tuple[tuple[Path, str], ...]
    claimed: int = 0

    def check(self, chain: Chain, size: int, tiles: merkle.Tiles, adoptions: Sequence[Adoption] = ()) -> None:
        """Compare with the log at hand: its keys, its size and its *tiles*. Raises :class:`Behind`.

        What is of a history that was lost, as *adoptions* say, is passed over.
        """
        for path, note in self.notes:
            try:
                self._compare(path, chain.open(note), size, tiles)
            except (BadNote, Behind) as error:
                said = Checkpoint.parse(note).size
                if any(adoption.excuses(said) for adoption in adoptions) and not _signed(chain.newest, note):
                    continue
                if isinstance(error, Behind):
                    raise
                raise Behind(f"{path} is not of the log at hand: {error}", said) from error
        if self.claimed > size and not any(adoption.excuses(self.claimed) for adoption in adoptions):
            raise Behind(fewer(size, self.claimed), self.claimed)

    def most(self) -> int:
        """The largest tree that is remembered."""
        return max((Checkpoint.parse(note).size for _, note in self.notes), default=0)

    @staticmethod
    def _compare(path: Path, note: Checkpoint, size: int, tiles: merkle.Tiles) -> None:
        if note.size > size:
            raise Behind(
                f"the log has {size} records, and {path} remembers {note.size}: it was deleted, cut or restored "
                "from a backup",
                note.size,
            )
        try:
            same = merkle.root(tiles, note.size) == note.root
        except ValueError:
            same = False
        if not same:
            raise Behind(
                f"the log is another one than {path} remembers, from its first {note.size} records on",
                note.size,
            )


def _signed(verifier: Verifier, note: str) -> bool:
    try:
        verifier.verify(note)
    except BadNote:
        return False
    return True


def fewer(has: int, had: int) -> str:
    """That the log has fewer records than it had, and what its owner can do."""
    return (
        f"the log has {has} records, and had {had}: it was deleted, cut or restored from a backup. Bring back what is "
        "missing, or go on without it by `holdback log adopt`"
    )


def fault_of_files(data: Path) -> str:
    """What is wrong by its looks with what remembers the log in the folder *data*: a checkpoint that is none, a stamp
    that is not of the checkpoint beside it, or is alone.

    A stamp's signature is checked by those who have the authority's certificate. Empty where nothing is wrong.
    """
    try:
        Checkpoint.parse((data / FILE).read_text("utf-8"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        return f"{FILE} is no checkpoint: {error}"
    for path in sorted((data / ANCHORS).glob("*.tsr")):
        checkpoint = path.with_suffix(ENDING)
        try:
            imprint = hashlib.sha256(checkpoint.read_bytes()).digest()
            stamped = imprint in path.read_bytes()
        except OSError:
            return f"{path.name} is the stamp of a checkpoint that is missing"
        if not stamped:
            return f"{path.name} is no stamp of {checkpoint.name}"
    return ""
