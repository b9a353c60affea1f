"""What an advertiser hung on a link is not the site's to see before a grant."""

import pytest
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.request.link_decoration import own_referrer, undecorated
from holdback.proxy.http.headers import every, first
from holdback.proxy.rules.model import Purpose

from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head

HELD = {"gclid", "fbclid", "a b"}.__contains__


@pytest.mark.parametrize(
    ("target", "bare", "gone"),
    [
        (b"/", b"/", ()),
        (b"/?", b"/?", ()),
        (b"/?a=1&b=%2f+", b"/?a=1&b=%2f+", ()),
        (b"/?gclid=1", b"/", ("gclid",)),
        (b"/?a=1&gclid=1&b", b"/?a=1&b", ("gclid",)),
        (b"/?gclid=1&a=%zz&gclid=2&fbclid", b"/?a=%zz", ("gclid", "fbclid")),
        (b"/?%67clid=1&a", b"/?a", ("gclid",)),
        (b"/?a+b=1&a%20b=2", b"/", ("a b",)),
        (b"/?a=gclid&xgclid=1&&", b"/?a=gclid&xgclid=1&&", ()),
        (b"/?a=1?gclid=1", b"/?a=1?gclid=1", ()),
        (b"/gclid=1", b"/gclid=1", ()),
    ],
)
def test_the_rest_goes_on_byte_for_byte(target: bytes, bare: bytes, gone: tuple[str, ...]) -> None:
    assert undecorated(target, HELD) == (bare, gone)


@pytest.mark.parametrize(
    ("referrer", "sent"),
    [
        (b"https://site.test/a?gclid=1&b=2", b"https://site.test/a?b=2"),
        (b"https://SITE.test/?gclid=1", b"https://SITE.test/"),
        (b"https://other.test/?gclid=1", b"https://other.test/?gclid=1"),
        (b"https://site.test/", b"https://site.test/"),
    ],
)
def test_the_sites_own_pages_do_not_tell_it_either(referrer: bytes, sent: bytes) -> None:
    headers = [(b"host", b"site.test"), (b"referer", referrer)]
    assert first(own_referrer(headers, "site.test", HELD), b"referer") == sent


def forwarded(gate: TestGate, target: str, *headers: tuple[bytes, bytes], dest: str = "document") -> Forward:
    decision = gate.gate.request(head(target, *headers, dest=dest), NOW)
    assert isinstance(decision, Forward)
    return decision


def test_a_page_is_asked_for_without() -> None:
    assert forwarded(TestGate(), "/shoes?size=40&gclid=x&fbclid=y").target == b"/shoes?size=40"


def test_a_grant_lets_it_pass() -> None:
    gate = TestGate()
    marketing = (b"cookie", gate.cookie(Purpose.MARKETING))
    analytics = (b"cookie", gate.cookie(Purpose.ANALYTICS))
    assert forwarded(gate, "/?gclid=x", marketing).target == b"/?gclid=x"
    assert forwarded(gate, "/?gclid=x&_hsenc=y", analytics).target == b"/?_hsenc=y"


def test_a_picture_keeps_its_address_and_loses_what_its_page_had() -> None:
    decision = forwarded(
        TestGate(), "/a.png?gclid=x", (b"referer", b"http://site.test/?gclid=x"), dest="image"
    )
    assert decision.target == b"/a.png?gclid=x"
    assert every(decision.headers, b"referer") == [b"http://site.test/"]


def test_the_page_carries_the_names_that_scripts_may_not_see() -> None:
    def guard(target: str) -> bytes:
        plan = forwarded(TestGate(), target).visit.response(200, [(b"content-type", b"text/html")])
        assert plan.body is not None
        return fed(plan.body, b"<html><head></head><body></body></html>", last=True)

    assert b'"links":["gclid"]' in guard("/?gclid=x&a=1")
    assert b'"links"' not in guard("/?a=1")
    assert b"a=1" not in guard("/?a=1")
