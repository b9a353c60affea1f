"""What a breach of the data folder would have laid open: whom, which data, since when (GDPR Art. 33 and 34)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..log.records import Record
from .selection import Selection


@dataclass(frozen=True, slots=True)
class Exposure:
    """Counts and pseudonymous ids of those concerned; times in RFC 3339, empty where there is nothing.

    ``countries`` counts people by the country that their newest record names.
    """

    records: int = 0
    events: int = 0
    people: tuple[str, ...] = ()
    countries: Mapping[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    event_names: tuple[str, ...] = ()


def exposure(
    records: Iterable[Record],
    events: Iterable[Mapping[str, Any]],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Exposure:
    """The people who have records or events in the period, and of what kind these are."""
    country: dict[str, str] = {}
    times: list[str] = []
    count = 0
    for record in Selection(since, until).of(records):
        if not record.id and not record.missing:
            continue  # it is about nobody
        count += 1
        times.append(record.time)
        if record.id:
            country[record.id] = record.country or "unknown"
    names: set[str] = set()
    many = 0
    for event in events:
        if _within(event["time"], since, until):
            many += 1
            times.append(event["time"])
            names.add(event["event"])
            if event["visitor"]:
                country.setdefault(event["visitor"], "unknown")
    counted = {code: list(country.values()).count(code) for code in sorted(set(country.values()))}
    return Exposure(
        count,
        many,
        tuple(sorted(country)),
        counted,
        min(times, default=""),
        max(times, default=""),
        tuple(sorted(names)),
    )


def _within(time: str, since: datetime | None, until: datetime | None) -> bool:
    moment = datetime.fromisoformat(time)
    return (since is None or moment >= since) and (until is None or moment < until)
