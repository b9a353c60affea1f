"""What a visitor's answer grants: from the fields of the form to purposes and services."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...proxy.rules.model import ALWAYS_ASKED, Purpose, Service


class Action(StrEnum):
    """The three ways to answer, as the form's buttons name them."""

    ACCEPT_ALL = "accept-all"
    REJECT_ALL = "reject-all"
    SAVE = "save"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is granted: purposes, and every single service."""

    purposes: frozenset[Purpose] = frozenset()
    services: frozenset[str] = frozenset()


NOTHING = Answer()


def answer(
    action: Action, purposes: Collection[str], services: Collection[str], listed: Mapping[str, Service]
) -> Answer:
    """What *action* grants of the *listed* services.

    A purpose that was switched on grants the services listed under it; where some of those were ticked as well, only
    these: the narrower reading wins. A ticked service whose purpose is off is granted alone. What the notice did not
    list is granted by nothing.
    """
    asked = ALWAYS_ASKED.union(service.purpose for service in listed.values())
    if action is Action.ACCEPT_ALL:
        return Answer(asked, frozenset(listed))
    if action is Action.REJECT_ALL:
        return NOTHING
    chosen = frozenset(purpose for purpose in asked if purpose.value in purposes)
    ticked = frozenset(services).intersection(listed)
    narrowed = {listed[service].purpose for service in ticked}
    whole = {service.id for service in listed.values() if service.purpose in chosen - narrowed}
    return Answer(chosen, ticked.union(whole))


def kind_of(given: Answer, before: Answer, listed: Collection[str]) -> str:
    """What the log calls the answer *given* to what is *listed*, where *before* stood until now.

    A ``grant`` takes nothing back: copies of the cookie from before it go on counting.
    """
    if not given.services and not given.purposes:
        return "refusal" if before == NOTHING else "withdrawal"
    is_whole = len(given.services) == len(listed) and before.services <= given.services
    return "grant" if is_whole and before.purposes <= given.purposes else "partial"
