"""What is remembered of header lines must not outlive what it was worked out from."""

from holdback.banner.consent.signed_choice import LIFETIME
from holdback.proxy.gate.decisions import Forward, Refuse
from holdback.proxy.http.headers import first
from holdback.proxy.rules.model import Purpose
from holdback.store.log.ledger import Appended

from tests.support.gates import NOW, TestGate, head

VISITOR = "00000000-0000-4000-8000-000000000001"


def purposes(gate: TestGate, *lines: tuple[bytes, bytes], now: float = NOW) -> bytes | None:
    decision = gate.gate.request(head("/", *lines), now)
    assert isinstance(decision, Forward), decision
    return first(decision.headers, b"x-holdback-purposes")


def test_a_choice_ends_for_lines_that_were_seen_while_it_stood() -> None:
    gate = TestGate()
    sent = (b"cookie", gate.cookie(Purpose.ANALYTICS))
    assert purposes(gate, sent) == b"analytics"
    assert purposes(gate, sent, now=NOW + LIFETIME + 1) == b""
    assert purposes(gate, sent) == b"analytics"
    gate.recorded.note(VISITOR, Appended(1, 0), withdraws=True)
    assert purposes(gate, sent) == b""
    assert purposes(gate, sent) == b""


def test_one_visitors_lines_say_nothing_of_anothers() -> None:
    gate = TestGate()
    sent = (b"cookie", gate.cookie(Purpose.ANALYTICS))
    assert purposes(gate, sent) == b"analytics"
    assert purposes(gate, (b"cookie", b"sessionid=1")) == b""
    assert purposes(gate, (b"cookie", gate.cookie(Purpose.MARKETING))) == b"marketing"
    assert purposes(gate, sent) == b"analytics"


def test_lines_are_refused_however_often_they_come() -> None:
    gate = TestGate()
    for _ in range(3):
        assert isinstance(gate.gate.request(head("/", (b"host", b"second.test")), NOW), Refuse)


def test_headers_that_an_application_changes_are_its_own() -> None:
    gate = TestGate()
    for _ in range(2):
        decision = gate.gate.request(head("/"), NOW)
        assert isinstance(decision, Forward)
        assert first(decision.headers, b"changed") is None
        decision.headers.append((b"changed", b"1"))


def test_long_lines_are_read_anew_and_say_the_same() -> None:
    gate = TestGate()
    sent = (b"cookie", b"long=" + b"x" * 8000 + b"; " + gate.cookie(Purpose.ANALYTICS))
    assert purposes(gate, sent) == purposes(gate, sent) == b"analytics"
