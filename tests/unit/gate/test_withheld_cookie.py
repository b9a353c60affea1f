"""A request that a browser sends without the cookie, whatever was chosen, says nothing of the visitor."""

import pytest
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.request.withheld_cookie import may_be_withheld
from holdback.proxy.http.headers import Headers
from holdback.proxy.rules.model import Purpose
from holdback.proxy.rules.places import Place

from tests.support.gates import NOW, TestGate, head

CROSS = (b"sec-fetch-site", b"cross-site")
NAVIGATES = (b"sec-fetch-mode", b"navigate")
DOCUMENT = (b"sec-fetch-dest", b"document")
HOST = (b"host", b"site.test:81")


@pytest.mark.parametrize(
    ("headers", "is_safe", "withheld"),
    [
        ([CROSS, NAVIGATES, DOCUMENT], False, True),
        ([CROSS, NAVIGATES, DOCUMENT], True, False),
        ([CROSS, NAVIGATES, (b"sec-fetch-dest", b"iframe")], True, True),
        ([CROSS, (b"sec-fetch-mode", b"no-cors"), (b"sec-fetch-dest", b"image")], True, True),
        ([(b"sec-fetch-site", b"same-origin"), NAVIGATES, DOCUMENT], False, False),
        ([(b"sec-fetch-site", b"same-site"), NAVIGATES, DOCUMENT], False, False),
        ([(b"sec-fetch-site", b"none"), NAVIGATES, DOCUMENT], True, False),
        ([(b"origin", b"https://bank.test")], False, True),
        ([(b"origin", b"null")], False, True),
        ([(b"origin", b"http://Site.test:81")], False, False),
        ([(b"origin", b"https://bank.test")], True, False),
        ([], False, False),
        ([], True, False),
    ],
)
def test_when_it_may_be_withheld(headers: Headers, is_safe: bool, withheld: bool) -> None:
    assert may_be_withheld([HOST, *headers], is_safe=is_safe) is withheld


def answered(gate: TestGate, *headers: tuple[bytes, bytes], method: str = "POST") -> tuple[Forward, str]:
    asked = gate.gate.request(head("/paid", CROSS, NAVIGATES, *headers, method=method), NOW)
    assert isinstance(asked, Forward)
    plan = asked.visit.response(200, [(b"content-type", b"text/html; charset=utf-8")])
    assert plan.body is not None
    return asked, b"".join(plan.body.steps(b"<html><head></head><body>paid</body></html>", True)).decode()


@pytest.mark.parametrize("place", [Place("DE", None), Place("US", "CA"), Place("US", "TX")])
def test_nothing_is_concluded_from_it(place: Place) -> None:
    gate = TestGate(place=place)
    asked, page = answered(gate, (b"cookie", b"_ga=GA1.1.2"))
    assert asked.visit.standing.released.services == frozenset()
    assert b"cookie" not in dict(asked.headers)
    assert asked.visit.page_view() is None
    assert '"unsure":true' in page
    assert '<details class="n">' in page


def test_whoever_comes_with_their_choice_has_it() -> None:
    gate = TestGate()
    asked, page = answered(gate, (b"cookie", gate.everything()))
    assert Purpose.ANALYTICS in asked.visit.standing.released.purposes
    assert '"unsure":true' not in page


def test_a_visit_without_a_choice_is_asked() -> None:
    _, page = answered(TestGate(), method="GET")
    assert '<details class="n" open>' in page
    assert '"unsure":true' not in page
