"""Choices that count for less than the visitor chose, though they did nothing: by a browser's signal, or by time."""

from typing import NamedTuple

from ...banner.consent.signed_choice import Choice
from ..rules.model import Released

_MOST = 1000
"""Changes that are kept until somebody takes them; what comes then is noticed with the visitor's next request."""


class Change(NamedTuple):
    """What became of a *choice*, and what it releases now. ``kind`` is the record's: ``signal`` or ``expired``."""

    choice: Choice
    kind: str
    released: Released


class Changes:
    """What was noticed in this process. Called in its event loop."""

    def __init__(self) -> None:
        self._noticed: dict[tuple[str, int, str], Change] = {}

    def signalled(self, choice: Choice, released: Released) -> None:
        """The browser of the visitor who made *choice* says now that their data must not be sold or shared (GPC §3)."""
        self._notice(Change(choice, "signal", released))

    def expired(self, choice: Choice) -> None:
        """*choice* is older than a choice may be."""
        self._notice(Change(choice, "expired", Released()))

    def _notice(self, change: Change) -> None:
        if len(self._noticed) < _MOST:
            self._noticed[change.choice.id, change.choice.record, change.kind] = change

    def take(self) -> list[Change]:
        """What was noticed since the last time."""
        taken, self._noticed = self._noticed, {}
        return list(taken.values())
