"""What the log's counters say together: how much was held and released, and whether anything escaped.

Each process numbers its records and says at the end how it ended: ``clean``, or ``crash`` where another found what it
had left. So what is missing shows: a number that is not there, or an end.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from ..engine import schema
from ..engine.dialects import contains
from .records import COUNTERS, Record, opened

OUTCOMES = ("held", "released", "escaped", "sampled")
"""What becomes of things; only *escaped* must be zero. *sampled* are pages that were read again as they went out."""


@dataclass(frozen=True, slots=True)
class Sums:
    """How many records were added up, and what they say, by outcome, kind and service."""

    records: int
    counts: Counter[tuple[str, str, str]]
    missing: int = 0
    """Records that are not there, though ones before and after them are."""
    ends: Mapping[str, int] = field(default_factory=dict)
    """How many processes ended ``clean``, by a ``crash``, or have said of no end: they run, or their machine died."""

    @property
    def escaped(self) -> int:
        """How many held things went out all the same."""
        return sum(count for (outcome, _, _), count in self.counts.items() if outcome == "escaped")

    def nested(self) -> dict[str, dict[str, dict[str, int]]]:
        """By outcome, then kind, then service."""
        told: dict[str, dict[str, dict[str, int]]] = {}
        for (outcome, kind, service), count in sorted(self.counts.items()):
            told.setdefault(outcome, {}).setdefault(kind, {})[service] = count
        return told


def added_up(records: Iterable[Record]) -> Sums:
    """The sums of every counters record among *records*."""
    many, counts = 0, Counter[tuple[str, str, str]]()
    numbers: dict[str, list[int]] = {}
    ends: dict[str, str] = {}
    for record in records:
        if record.kind != COUNTERS or not record.counters:
            continue
        many += 1
        told = record.counters
        for outcome in OUTCOMES:
            for kind, services in told.get(outcome, {}).items():
                for service, count in services.items():
                    counts[outcome, kind, service] += count
        if "number" in told:
            numbers.setdefault(told["worker"], []).append(told["number"])
        if "number" in told or "end" in told:
            ends[told["worker"]] = told.get("end", "open")
    missing = sum(max(seen) - min(seen) + 1 - len(set(seen)) for seen in numbers.values())
    return Sums(many, counts, missing, Counter(ends.values()))


def last_number(connection: Connection, worker: str, since: int) -> int:
    """The number of the last record of *worker* from the index *since* on; -1 where there is none."""
    columns = schema.records.c
    query = (
        select(columns.idx, columns.leaf, columns.payload)
        .where(columns.idx >= since)
        .where(contains(connection, columns.leaf, b'"kind":"%b"' % COUNTERS.encode()))
    )
    told: list[Mapping[str, Any]] = [opened(*row).counters or {} for row in connection.execute(query)]
    return max((one.get("number", -1) for one in told if one.get("worker") == worker), default=-1)
