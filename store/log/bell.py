"""A few bytes that all processes on a data folder share, so that each knows at once when a grant has ended.

Whoever records a withdrawal or an erasure rings before they answer. To listen costs a process a look at its own memory.
Beside that lies how many records somebody has reason to believe that the log had, where it has fewer. Processes on
other machines, with PostgreSQL between them, do not hear it: see :attr:`.ledger.Ledger.spread`.
"""

import mmap
import os
import secrets
import struct
from pathlib import Path

FILE = "withdrawn.mark"
_SOUND, _CLAIM = slice(0, 8), slice(8, 16)
_SIZE = 16
_COUNT = struct.Struct("<Q")


def claimed_in(data: Path) -> int:
    """What the bell of the folder *data* has as :attr:`Bell.claimed`; 0 where there is none. Nothing is made."""
    try:
        with (data / FILE).open("rb") as file:
            kept = file.read(_SIZE)
    except OSError:
        return 0
    return int(_COUNT.unpack(kept[_CLAIM])[0]) if len(kept) == _SIZE else 0


class Bell:
    """The bell of the folder *data*. Raises ``OSError`` where its file can't be used."""

    def __init__(self, data: Path) -> None:
        descriptor = os.open(data / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size < _SIZE:
                # Written rather than made longer: a hole in a file on a full disk ends the process at the first write.
                os.pwrite(descriptor, bytes(_SIZE), 0)
                os.fsync(descriptor)
            self._memory = mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)

    def ring(self) -> None:
        """Tell everybody. The value is random: of a counter, two processes could write the same next number."""
        self._memory[_SOUND] = secrets.token_bytes(8)

    @property
    def sound(self) -> bytes:
        """Another value after each :meth:`ring`."""
        return self._memory[_SOUND]

    @property
    def claimed(self) -> int:
        """How many records the log is said to have had; 0 where nobody has said anything."""
        return int(_COUNT.unpack(self._memory[_CLAIM])[0])

    def claim(self, size: int) -> None:
        """Say so; 0 takes it back."""
        self._memory[_CLAIM] = _COUNT.pack(size)
