"""What the log's counters say together: how much was held and released, and whether anything escaped."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .records import COUNTERS, Record

FATES = ("held", "released", "escaped", "sampled")
"""What becomes of things; only *escaped* must be zero. *sampled* are pages that were read again as they went out."""


@dataclass(frozen=True, slots=True)
class Sums:
    """How many records were added up, and what they say, by fate, kind and service."""

    records: int
    counts: Counter[tuple[str, str, str]]

    @property
    def escaped(self) -> int:
        """How many held things went out all the same."""
        return sum(count for (fate, _, _), count in self.counts.items() if fate == "escaped")

    def nested(self) -> dict[str, dict[str, dict[str, int]]]:
        """By fate, then kind, then service."""
        told: dict[str, dict[str, dict[str, int]]] = {}
        for (fate, kind, service), count in sorted(self.counts.items()):
            told.setdefault(fate, {}).setdefault(kind, {})[service] = count
        return told


def added_up(records: Iterable[Record]) -> Sums:
    """The sums of every counters record among *records*."""
    many, counts = 0, Counter[tuple[str, str, str]]()
    for record in records:
        if record.kind != COUNTERS or not record.counters:
            continue
        many += 1
        for fate in FATES:
            for kind, services in record.counters.get(fate, {}).items():
                for service, count in services.items():
                    counts[fate, kind, service] += count
    return Sums(many, counts)
