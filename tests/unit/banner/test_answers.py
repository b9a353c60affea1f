"""What each answer grants, and what the log calls it."""

import pytest
from holdback.banner.answers import NOTHING, Action, Answer, answer, exceptions, kind_of
from holdback.proxy.rules.model import ASKED, Purpose

from tests.support.services import EVERYTHING, SERVICES

LISTED = {service: SERVICES[service] for service in EVERYTHING}
BOTH = {"google-analytics", "acme"}


@pytest.mark.parametrize(
    ("purposes", "services", "granted"),
    [
        ([], [], set()),
        (["analytics"], [], BOTH),
        (["analytics"], ["acme"], {"acme"}),
        (["analytics"], ["acme", "google-analytics"], BOTH),
        ([], ["acme"], {"acme"}),
        (["media"], ["acme"], {"youtube", "acme"}),
        (["necessary", "nonsense"], ["stripe", "unlisted"], set()),
    ],
)
def test_saving_grants_what_was_chosen(purposes: list[str], services: list[str], granted: set[str]) -> None:
    given = answer(Action.SAVE, purposes, services, LISTED)
    assert given.services == granted
    assert given.purposes == {purpose for purpose in ASKED if purpose.value in purposes}


def test_all_and_nothing() -> None:
    assert answer(Action.ACCEPT_ALL, [], [], LISTED) == Answer(frozenset(ASKED), EVERYTHING)
    assert answer(Action.REJECT_ALL, ["analytics"], ["acme"], LISTED) == NOTHING


def test_a_purpose_without_services_is_not_asked_about() -> None:
    few = {"acme": SERVICES["acme"]}
    assert answer(Action.ACCEPT_ALL, [], [], few).purposes == {Purpose.ANALYTICS}


@pytest.mark.parametrize(
    ("services", "before", "kind"),
    [
        (EVERYTHING, set(), "grant"),
        ({"acme"}, EVERYTHING, "partial"),
        (set(), set(), "refusal"),
        (set(), {"acme"}, "withdrawal"),
    ],
)
def test_kinds(services: set[str], before: set[str], kind: str) -> None:
    assert kind_of(Answer(frozenset(), frozenset(services)), before, EVERYTHING) == kind


def test_a_record_names_the_services_that_differ_from_their_purpose() -> None:
    assert exceptions(answer(Action.ACCEPT_ALL, [], [], LISTED), LISTED) == {}
    assert exceptions(answer(Action.SAVE, ["analytics"], ["acme"], LISTED), LISTED) == {
        "google-analytics": False
    }
    assert exceptions(answer(Action.SAVE, [], ["acme"], LISTED), LISTED) == {"acme": True}
