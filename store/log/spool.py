"""The spool: refusals that the log could not take, and disclosures, on the disk until it takes them.

To withdraw must be as easy as to give (GDPR Art. 7(3)), on a full disk and while the database is away too. So a refusal
is written here, into room that was set aside when there was some, and takes effect at once; all processes on the folder
see it in their own memory. Whichever process appends to the log next puts it there first, in the order in which it
came.

The file holds, after its magic number: a counter that every change moves on, the number of the first entry, and where
the entries begin and end. An entry is its length, its CRC-32, and JSON packed by zlib. What was moved to the log is
overwritten with zeros. A grant never comes here, and none that is put here by hand gets into the log: it waits for its
record.
"""

import fcntl
import json
import logging
import mmap
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engine.errors import StoreUnavailable
from .news import NARROWING
from .records import DISCLOSED

_log = logging.getLogger("holdback")

KINDS = NARROWING | {"refusal", DISCLOSED}
"""What may wait here."""
FILE = "refusals.spool"
_MAGIC = b"holdback spool 1"
_HEAD = struct.Struct("<16sQQQQ8s")
"""Magic number, changes, number of the first entry, where the entries begin and end, and the spool's own name."""
_CHANGES = slice(16, 24)
_ENTRY = struct.Struct("<II")
_BYTES = 1 << 20
"""Room for some two thousand refusals."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the spool. Entries are numbered from the first that the folder ever held."""

    number: int
    said: dict[str, Any]


class Spool:
    """The spool of the folder *data*, made if there is none. Raises ``OSError`` where its file can't be used.

    ``name`` tells it from those of other machines on the same log.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        with self._alone() as descriptor:
            if os.fstat(descriptor).st_size < _BYTES:
                os.posix_fallocate(descriptor, 0, _BYTES)
                os.fsync(descriptor)
            self._memory = mmap.mmap(descriptor, _BYTES)
            if self._memory[: len(_MAGIC)] != _MAGIC:
                if any(self._memory[:]):
                    _log.error("%s is no spool any more: refusals that waited in it are lost", self._path)
                    self._memory[:] = bytes(_BYTES)
                _HEAD.pack_into(self._memory, 0, _MAGIC, 0, 0, _HEAD.size, _HEAD.size, secrets.token_bytes(8))
                self._memory.flush()
            self.name = _HEAD.unpack_from(self._memory)[5].hex()

    @property
    def changes(self) -> bytes:
        """Another value after each change; to look costs no more than a look at memory."""
        return self._memory[_CHANGES]

    @property
    def is_empty(self) -> bool:
        """Whether the log has everything."""
        _, _, _, start, end, _ = _HEAD.unpack_from(self._memory)
        return bool(start >= end)

    @property
    def free(self) -> int:
        """Bytes that are left in it."""
        return int(_BYTES - _HEAD.unpack_from(self._memory)[4])

    def add(self, *said: dict[str, Any]) -> None:
        """Put these things in, all or none; they are on the disk when this returns.

        Raises :class:`.StoreUnavailable` where there is no room, or the disk fails.
        """
        packed = [zlib.compress(json.dumps(one).encode()) for one in said]
        data = b"".join(_ENTRY.pack(len(one), zlib.crc32(one)) + one for one in packed)
        try:
            with self._alone():
                _, changes, first, start, end, _ = _HEAD.unpack_from(self._memory)
                if end + len(data) > _BYTES:
                    raise StoreUnavailable(f"{FILE} is full")
                self._memory[end : end + len(data)] = data
                self._memory.flush()
                self._head(changes + 1, first, start, end + len(data))
        except (OSError, ValueError) as error:
            raise StoreUnavailable(f"{FILE} can't be written: {error}") from error

    def entries(self) -> list[Entry]:
        """What is in it, in order. What a crash has left half written is not. Raises :class:`.StoreUnavailable`.

        Nobody changes it meanwhile: numbers from before a change with places from after it would name other entries.
        """
        try:
            with self._alone():
                return self._entries()
        except OSError as error:
            raise StoreUnavailable(f"{FILE} can't be read: {error}") from error

    def _entries(self) -> list[Entry]:
        _, _, first, at, end, _ = _HEAD.unpack_from(self._memory)
        found: list[Entry] = []
        while at + _ENTRY.size <= min(end, _BYTES):
            length, check = _ENTRY.unpack_from(self._memory, at)
            packed = self._memory[at + _ENTRY.size : at + _ENTRY.size + length]
            if not length or zlib.crc32(packed) != check:
                break
            found.append(Entry(first + len(found), json.loads(zlib.decompress(packed))))
            at += _ENTRY.size + length
        return found

    def moved(self, before: int) -> None:
        """Everything that is numbered *before* this is in the log now. Raises ``OSError``."""
        with self._alone():
            _, changes, first, start, end, _ = _HEAD.unpack_from(self._memory)
            at = start
            while at < end and first < before:
                at += _ENTRY.size + _ENTRY.unpack_from(self._memory, at)[0]
                first += 1
            whole = at >= end
            self._head(changes + 1, first, *((_HEAD.size, _HEAD.size) if whole else (at, end)))
            self._memory[start : min(at, end)] = bytes(min(at, end) - start)
            self._memory.flush()

    def _head(self, changes: int, first: int, start: int, end: int) -> None:
        _HEAD.pack_into(self._memory, 0, _MAGIC, changes, first, start, end, bytes.fromhex(self.name))
        self._memory.flush()

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """The file, for one process at a time, and one thread of it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # to close it is not enough: the memory has a copy of it
            os.close(descriptor)

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()
