"""What each answer grants, and what the log calls it."""

from collections.abc import Collection

import pytest
from holdback.banner.endpoints.answer import NOTHING, Action, Answer, answer, kind_of
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


def test_without_any_service_the_sites_own_counting_is_asked_about() -> None:
    assert answer(Action.ACCEPT_ALL, [], [], {}) == Answer(frozenset({Purpose.ANALYTICS}))
    assert answer(Action.SAVE, ["marketing"], [], {}) == NOTHING


SOME = Answer(services=frozenset({"acme"}))
ALL = Answer(frozenset(ASKED), EVERYTHING)
COUNTING = Answer(frozenset({Purpose.ANALYTICS}))


@pytest.mark.parametrize(
    ("given", "before", "listed", "kind"),
    [
        (ALL, NOTHING, EVERYTHING, "grant"),
        (SOME, ALL, EVERYTHING, "partial"),
        (ALL, SOME, EVERYTHING, "grant"),
        (ALL, Answer(ALL.purposes, ALL.services | {"gone"}), EVERYTHING, "partial"),
        (SOME, COUNTING, SOME.services, "partial"),
        (NOTHING, NOTHING, EVERYTHING, "refusal"),
        (NOTHING, SOME, EVERYTHING, "withdrawal"),
        (COUNTING, NOTHING, (), "grant"),
        (NOTHING, COUNTING, (), "withdrawal"),
        (NOTHING, NOTHING, (), "refusal"),
    ],
)
def test_kinds(given: Answer, before: Answer, listed: Collection[str], kind: str) -> None:
    assert kind_of(given, before, listed) == kind
