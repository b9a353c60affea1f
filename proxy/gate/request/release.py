"""What is released for a visitor: their standing choice, or what the regime says of having none."""

from collections.abc import Iterable
from functools import lru_cache, partial

from ....banner.consent.signed_choice import Choice
from ...rules.model import ASKED, Purpose, Regime, Released, Service


def released(
    services: Iterable[Service],
    regime: Regime,
    *,
    gpc: bool,
    purposes: frozenset[Purpose] | None,
    granted: frozenset[str] = frozenset(),
    signal_seen: bool = False,
) -> Released:
    """What may run, call and keep cookies.

    *purposes* and *granted* (service ids) are the standing choice; ``None`` means that there is none.
    *signal_seen* tells that the choice was made with the GPC signal on, by a visitor whom the notice told so:
    only such a grant stands against the signal (GPC §3; 11 CCR §7025(c)).
    """
    if purposes is None:
        released_purposes = frozenset() if regime is Regime.OPT_IN else frozenset(ASKED)
        chosen = [service for service in services if service.purpose in released_purposes]
    else:
        released_purposes = purposes
        chosen = [service for service in services if service.id in granted]
    if gpc and regime is Regime.OPT_OUT and not (purposes is not None and signal_seen):
        released_purposes -= {Purpose.MARKETING}
        chosen = [
            service for service in chosen if not service.shares and service.purpose is not Purpose.MARKETING
        ]
    return Released(released_purposes | {Purpose.NECESSARY}, frozenset(service.id for service in chosen))


class Releasing:
    """:func:`released` for *services*, remembered: visitors differ by name, their choices seldom."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._released = lru_cache(1024)(partial(released, tuple(services)))

    def of_choice(self, choice: Choice | None, regime: Regime, gpc: bool) -> Released:
        """What a standing *choice* releases, or having none."""
        if choice is None:
            return self._released(regime, gpc=gpc, purposes=None)
        return self._released(
            regime, gpc=gpc, purposes=choice.purposes, granted=choice.services, signal_seen=choice.gpc
        )
