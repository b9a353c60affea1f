"""What the gate notes of the site as it passes pages and headers on."""

import pytest
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.sightings import Sightings, lifetime
from holdback.proxy.rules.sighting import How, Kind, Sighting

from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head

HTML = (b"content-type", b"text/html; charset=utf-8")
PAGE = b"""<!doctype html><html><head><title>Shop</title>
<script src="https://tracker.test/a.js"></script><script src="https://widget.unknown.test/w.js"></script>
<script>fbq('init', '1')</script><link rel="canonical" href="https://site.test/"></head>
<body><img src="https://img.unknown.test/p.png"><img src="/own.png"><img src="https://static.site.test/x.png">
<a href="https://linked.test/">a link is not used</a><script src="/acme/collect/user/4711007"></script></body></html>"""


def met(gate: TestGate, page: bytes = PAGE, *lines: bytes, cookie: bytes = b"") -> set[Sighting]:
    sent = [(b"cookie", cookie)] if cookie else []
    decision = gate.gate.request(head("/", *sent), NOW)
    assert isinstance(decision, Forward)
    plan = decision.visit.response(200, [HTML, *((b"set-cookie", line) for line in lines)])
    assert plan.body is not None
    fed(plan.body, page, last=True)
    return set(gate.sightings.take())


@pytest.mark.usefixtures("either_walk")
def test_what_a_page_uses_is_noted() -> None:
    assert met(TestGate()) == {
        Sighting(Kind.HOST, "tracker.test", How.MARKUP, "acme-metrics"),
        Sighting(Kind.HOST, "widget.unknown.test", How.MARKUP),
        Sighting(Kind.HOST, "img.unknown.test", How.MARKUP),
        Sighting(Kind.SCRIPT, "Meta Pixel", How.MARKUP, "meta-pixel"),
        Sighting(Kind.PATH, "/acme/collect/user/*", How.MARKUP, "acme-metrics"),
    }


def test_it_is_noted_of_a_visitor_who_agreed_too() -> None:
    gate = TestGate()
    assert met(gate, cookie=gate.everything()) == met(TestGate())


def test_a_cookie_is_noted_with_its_lifetime() -> None:
    lines = (
        b"sessionid=1; HttpOnly",
        b"_ga=GA1.1; Max-Age=63072000; Path=/",
        b"gone=; Max-Age=0",
        b"hb=forged; Max-Age=9",
        b"cart_5d41402abc4b2a76=1; Expires=Sat, 16 Jan 2027 08:00:00 GMT",
    )
    assert met(TestGate(), b"<!doctype html><p>", *lines) == {
        Sighting(Kind.COOKIE, "sessionid", How.HEADER),
        Sighting(Kind.COOKIE, "_ga", How.HEADER, "google-analytics", 63_072_000),
        Sighting(Kind.COOKIE, "cart_*", How.HEADER, seconds=86_400),
    }


def test_what_was_noted_is_not_noted_again_for_a_day() -> None:
    gate = TestGate()
    assert met(gate)
    assert met(gate) == met(gate, PAGE + b"<p>another") == set()
    gate.sightings.begin_anew()
    assert met(gate) == met(TestGate())


def test_visitors_and_sites_can_fill_no_memory() -> None:
    sightings = Sightings()
    for number in range(10_000):
        sightings.host(f"h{number}.test", "site.test")
        sightings.cookie("n" * number, b"n=1", None, NOW)
    assert len(sightings.take()) <= 2048


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (b"a=1", None),
        (b"a=1; Max-Age=60", 60),
        (b"a=1;Max-Age = 60", 60),
        (b"a=1; Expires=Fri, 15 Jan 2027 08:00:01 GMT", 1),
        (b"a=1; expires=Fri, 15-Jan-2027 08:00:01 GMT; max-age=5", 5),
        (b"a=1; Expires=never", None),
        (b"a=1; Expires=\xff\xfe", None),
    ],
)
def test_a_lifetime_is_read_as_browsers_read_it(line: bytes, seconds: int | None) -> None:
    assert lifetime(line, NOW) == seconds
