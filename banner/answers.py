"""What a visitor's answer grants: from the fields of the form to purposes and services."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..proxy.rules.model import ASKED, Purpose, Service


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
    asked = frozenset(purpose for purpose in ASKED if any(s.purpose is purpose for s in listed.values()))
    if action is Action.ACCEPT_ALL:
        return Answer(asked, frozenset(listed))
    if action is Action.REJECT_ALL:
        return NOTHING
    chosen = frozenset(purpose for purpose in asked if purpose.value in purposes)
    ticked = frozenset(services).intersection(listed)
    narrowed = {listed[service].purpose for service in ticked}
    whole = {service.id for service in listed.values() if service.purpose in chosen - narrowed}
    return Answer(chosen, ticked.union(whole))


def kind_of(given: Answer, before: Collection[str], listed: Collection[str]) -> str:
    """What the log calls an answer, *before* being the services that were granted by the choice it replaces."""
    if not given.services:
        return "withdrawal" if before else "refusal"
    return "grant" if len(given.services) == len(listed) else "partial"


def exceptions(given: Answer, listed: Mapping[str, Service]) -> dict[str, bool]:
    """The services whose answer differs from that of their purpose: what a record says beside the purposes."""
    return {
        service.id: service.id in given.services
        for service in listed.values()
        if (service.id in given.services) != (service.purpose in given.purposes)
    }
