"""Going on with a log of which records were lost, by the owner's own word.

A log that has fewer records than is remembered of it takes no choice, and nothing is released. Its owner brings back
what is missing, or adopts the log as it is: a record says how many there had been, and the next one exchanges the key
that signs. So the history that was lost and the one that goes on are told apart by their keys, and by the record.
Those that a log has are found by :mod:`.adoptions`.
"""

import json
from dataclasses import dataclass

KIND = "adopted"
MARKED = b'"kind":"adopted"'
"""What the leaf of such a record has."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """The record at ``index`` says that the log had had ``lost`` records before it went on there."""

    index: int
    lost: int

    def excuses(self, size: int) -> bool:
        """Whether a tree of this *size* may be of the history that was lost."""
        return self.index < size <= self.lost


def told(index: int, leaf: bytes) -> Adoption | None:
    """What the *leaf* of the record at *index* says of records that were lost; None where it is not such a leaf."""
    if MARKED not in leaf:
        return None
    try:
        return Adoption(index, int(json.loads(leaf)["lost"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None  # nobody wrote that: it was changed by hand, and excuses nothing
