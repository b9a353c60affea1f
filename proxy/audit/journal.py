"""What a process counted and the log does not have yet, on the disk: a kill costs a second of counts, and is told.

Each process has a file of its own in the data folder, locked for as long as it lives. A file that nobody has locked is
of a process that died: who starts next puts what it says into the log, as the end of that process.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PREFIX = "counters."
"""With what the names of these files begin; the process follows."""


class Journal:
    """The file of one process. All that it does blocks, and raises ``OSError``."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def begin(cls, data: Path, worker: str) -> "Journal":
        """A new one for *worker*, in the folder *data*."""
        path = data / f"{PREFIX}{worker}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return cls(path, descriptor)

    @classmethod
    def left(cls, data: Path) -> Iterator["Journal"]:
        """Those of processes that died, each locked by the caller from now on."""
        for path in sorted(data.glob(f"{PREFIX}*")):
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:  # somebody else was quicker
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            if os.fstat(descriptor).st_nlink:
                yield cls(path, descriptor)
            else:
                os.close(descriptor)

    @property
    def worker(self) -> str:
        """The worker that writes it."""
        return self._path.name.removeprefix(PREFIX)

    def keep(self, said: dict[str, Any]) -> None:
        """Replace what it says."""
        text = json.dumps(said, sort_keys=True).encode()
        line = b"%08x %b\n" % (zlib.crc32(text), text)
        os.pwrite(self._descriptor, line, 0)
        os.ftruncate(self._descriptor, len(line))
        os.fdatasync(self._descriptor)

    def read(self) -> dict[str, Any] | None:
        """What it says; empty where nothing was kept, None where it was torn."""
        line = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        if not line:
            return {}
        sum_, _, text = line.rstrip(b"\n").partition(b" ")
        if sum_ != b"%08x" % zlib.crc32(text):
            return None
        return dict(json.loads(text))

    def end(self, *, keep: bool = False) -> None:
        """It is no longer needed, or the next process is to find it (*keep*)."""
        if not keep:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
