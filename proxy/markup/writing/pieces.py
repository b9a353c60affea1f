"""The output while it is being put together, and where in it the inserts go."""

from dataclasses import dataclass
from typing import Literal

type Where = Literal["head", "body"]


class Pieces:
    """Bytes in order. The inserts are marked, not copied, so that a remembered page can get new ones."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._marks: dict[Where, int] = {}
        self.embeds = False
        """Whether the insert for the head went into a document inside an attribute as well."""

    def add(self, part: bytes) -> None:
        """Append *part*."""
        if part:
            self._parts.append(part)

    def insert(self, where: Where, part: bytes) -> None:
        """Append *part*, the insert for *where* (``head`` or ``body``)."""
        self._marks[where] = len(self._parts)
        self._parts.append(part)

    def drain(self) -> bytes:
        """Everything so far, once."""
        joined = b"".join(self._parts)
        self._parts.clear()
        return joined

    def apart(self) -> "Apart":
        """The output without its inserts."""
        cuts = sorted((index, where) for where, index in self._marks.items())
        runs: list[bytes] = []
        start = 0
        for index, _ in cuts:
            runs.append(b"".join(self._parts[start:index]))
            start = index + 1
        runs.append(b"".join(self._parts[start:]))
        return Apart(tuple(runs), tuple(where for _, where in cuts))


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A rewritten page with gaps: ``gaps[i]`` says what goes behind ``runs[i]``. Equal only to itself."""

    runs: tuple[bytes, ...]
    gaps: tuple[Where, ...]

    @property
    def size(self) -> int:
        """Bytes without the inserts."""
        return sum(map(len, self.runs))

    def joined(self, inserts: dict[Where, bytes]) -> bytes:
        """The page with *inserts* in its gaps."""
        parts = [self.runs[0]]
        for where, run in zip(self.gaps, self.runs[1:], strict=True):
            parts += (inserts[where], run)
        return b"".join(parts)
