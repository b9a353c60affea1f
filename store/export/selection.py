"""Which records an export is about: a period, a person, a purpose."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..log.records import Record


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; None asks for everything.

    The period begins at *since* and ends before *until*, both with a time zone. *person* is a pseudonymous id. With
    *purpose*, a record counts that says something of it: whether it was agreed to, refused or taken back.
    """

    since: datetime | None = None
    until: datetime | None = None
    person: str | None = None
    purpose: str | None = None

    def of(self, records: Iterable[Record]) -> Iterator[Record]:
        """Those of *records* that were asked for. Times in the log never go back, so it ends with the period."""
        for record in records:
            time = datetime.fromisoformat(record.time)
            if self.until is not None and time >= self.until:
                return
            if self._fits(record, time):
                yield record

    def _fits(self, record: Record, time: datetime) -> bool:
        return (
            (self.since is None or time >= self.since)
            and (self.person is None or record.id == self.person)
            and (self.purpose is None or self.purpose in record.purposes)
        )


def moment(text: str) -> datetime:
    """The beginning of a day, or a moment, in RFC 3339; without a zone it is UTC. Raises ``ValueError``."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
