"""What the gate decides about requests and responses, with nothing but values going in and coming out."""

import gzip
import random
from typing import Any
from xml.etree import ElementTree

import pytest
from holdback.proxy.gate.body.inserts import Inserts
from holdback.proxy.gate.decisions import Forward, Local, Refuse, Reply
from holdback.proxy.gate.gate import GateConfig
from holdback.proxy.gate.headers import fetching
from holdback.proxy.gate.headers.strict_policy import UNREADABLE_PAGE
from holdback.proxy.gate.messages import BrokenBody, ResponsePlan, Unreadable
from holdback.proxy.gate.request import link_decoration
from holdback.proxy.gate.request.networks import network_of
from holdback.proxy.http.headers import Headers, every, first
from holdback.proxy.markup.elements import Markup
from holdback.proxy.markup.judging.judge import Judge
from holdback.proxy.rules.model import Purpose
from holdback.proxy.rules.places import Place
from holdback.store.log.ledger import Appended

from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head

HTML = (b"content-type", b"text/html; charset=utf-8")
PAGE = (
    b"<!doctype html><html><head><title>x</title><script src=https://tracker.test/t.js></script></head>"
    b"<body><p>Hello</p></body></html>"
)


def forwarded(gate: TestGate, *args: object, **kwargs: object) -> Forward:
    decision = gate.gate.request(head(*args, **kwargs), NOW)  # type: ignore[arg-type]
    assert isinstance(decision, Forward), decision
    return decision


def body_of(plan: ResponsePlan, *chunks: bytes) -> bytes:
    assert plan.body is not None
    return b"".join(
        fed(plan.body, chunk, last=number == len(chunks) - 1) for number, chunk in enumerate(chunks)
    )


def test_held_cookies_and_the_signed_one_never_reach_the_site() -> None:
    gate = TestGate()
    sent = (b"cookie", b"sessionid=1; _ga=2; acme_x=3; " + gate.cookie())
    decision = forwarded(gate, "/", sent)
    assert every(decision.headers, b"cookie") == [b"sessionid=1"]
    assert first(decision.headers, b"x-holdback-purposes") == b""


def test_what_is_released_reaches_the_site() -> None:
    gate = TestGate()
    sent = (b"cookie", b"_ga=2; acme_x=3; _fbp=4; " + gate.cookie(Purpose.ANALYTICS))
    decision = forwarded(gate, "/", sent, (b"x-holdback-purposes", b"marketing"))
    assert every(decision.headers, b"cookie") == [b"_ga=2; acme_x=3"]
    assert every(decision.headers, b"x-holdback-purposes") == [b"analytics"]


@pytest.mark.parametrize("dest", ["document", "iframe", "empty", "image", "script"])
@pytest.mark.parametrize("status", [200, 204, 302, 304, 404, 500])
def test_held_set_cookie_lines_are_dropped_everywhere(dest: str, status: int) -> None:
    lines: Headers = [
        (b"set-cookie", b"sessionid=1; HttpOnly"),
        (b"set-cookie", b"_ga=1; Domain=site.test"),
        (b"set-cookie", b"acme_id=1; HttpOnly"),
        (b"set-cookie", b"hb=forged"),
        (b"set-cookie", b"csrftoken=2"),
    ]
    before, after = TestGate(), TestGate()
    plan = forwarded(before, "/", dest=dest).visit.response(status, lines)
    assert every(plan.headers, b"set-cookie") == [b"sessionid=1; HttpOnly", b"csrftoken=2"]
    granted = forwarded(after, "/", (b"cookie", after.everything()), dest=dest)
    assert len(every(granted.visit.response(status, lines).headers, b"set-cookie")) == 4


def test_a_page_gets_guard_and_notice_and_its_tracker_is_inert() -> None:
    gate = TestGate()
    plan = forwarded(gate).visit.response(200, [HTML, (b"content-length", b"9"), (b"etag", b'"x"')])
    page = body_of(plan, PAGE)
    assert page.index(b"<head>") < page.index(b"HOLDBACK") < page.index(b"<title>")
    assert b"<hb-notice" in page
    assert b'data-hb="acme-metrics"' in page
    assert b" src=https://tracker.test" not in page
    assert first(plan.headers, b"content-length") is None
    assert first(plan.headers, b"cache-control") == b"private, no-cache"
    assert (first(plan.headers, b"etag") or b"").startswith(b'W/"x~hb-s')


def test_any_chunking_of_a_page_gives_the_same() -> None:
    gate = TestGate()
    whole = body_of(forwarded(gate).visit.response(200, [HTML]), PAGE)
    for size in (1, 7, 50):
        pieces = [PAGE[at : at + size] for at in range(0, len(PAGE), size)]
        assert body_of(forwarded(gate).visit.response(200, [HTML]), *pieces) == whole
    coded = gzip.compress(PAGE)
    plan = forwarded(gate).visit.response(200, [HTML, (b"content-encoding", b"gzip")])
    assert body_of(plan, coded[:30], coded[30:]) == whole
    assert first(plan.headers, b"content-encoding") is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "iso-2022-jp"])
def test_charsets_that_are_no_superset_of_ascii(encoding: str) -> None:
    gate = TestGate()
    text = (
        "<!doctype html><head></head><body><img src='https://tracker.test/p.gif'>日本語"
        + "x" * 2000
        + "</body>"
    )
    label = encoding.removesuffix("-le").removesuffix("-be")
    headers = [(b"content-type", f"text/html; charset={label}".encode())]
    marked = ("\ufeff" if "16" in encoding else "") + text
    coded = marked.encode(encoding)
    once = body_of(forwarded(gate).visit.response(200, headers), coded)
    parts = body_of(forwarded(gate).visit.response(200, headers), coded[:1501], coded[1501:])
    assert once == parts
    assert "日本語" in once.decode(encoding)
    assert " src='https://tracker.test" not in once.decode(encoding)
    assert "<hb-notice" in once.decode(encoding)


def test_frames_get_the_guard_only_and_fragments_nothing() -> None:
    gate = TestGate()
    frame = body_of(forwarded(gate, dest="iframe").visit.response(200, [HTML]), PAGE)
    assert b"HOLDBACK" in frame
    assert b"<hb-notice" not in frame
    fragment = body_of(forwarded(gate, dest="empty").visit.response(200, [HTML]), PAGE)
    assert b"HOLDBACK" not in fragment
    assert b'data-hb="acme-metrics"' in fragment


@pytest.mark.parametrize(("body", "noticed"), [(PAGE, True), (b"<p>one row</p>", False)])
def test_where_the_request_does_not_tell_the_markup_does(body: bytes, noticed: bool) -> None:
    decision = forwarded(TestGate(), "/", (b"accept", b"*/*"), dest="")
    assert (b"<hb-notice" in body_of(decision.visit.response(200, [HTML]), body)) is noticed


@pytest.mark.parametrize("dest", ["document", "iframe"])
def test_a_page_of_xml_stays_one(dest: str) -> None:
    page = (
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
        b'<body><img src="https://tracker.test/p.gif"/></body></html>'
    )
    plan = forwarded(TestGate(), dest=dest).visit.response(200, [(b"content-type", b"application/xhtml+xml")])
    out = body_of(plan, page)
    ElementTree.fromstring(out)
    assert b"HOLDBACK" in out
    assert (b"<hb-notice" in out) is (dest == "document")


def test_an_asset_passes_byte_for_byte() -> None:
    headers: Headers = [(b"content-type", b"image/png"), (b"etag", b'"x"'), (b"content-length", b"3")]
    plan = forwarded(TestGate(), "/x.png", dest="image").visit.response(200, headers)
    assert plan == ResponsePlan(200, headers, None)


def test_a_page_without_a_type_is_looked_at() -> None:
    gate = TestGate()
    assert b"<hb-notice" in body_of(forwarded(gate).visit.response(200, []), PAGE)
    assert body_of(forwarded(gate).visit.response(200, []), b"just ", b"text") == b"just text"


def test_an_unknown_coding_is_passed_on_under_a_policy() -> None:
    plan = forwarded(TestGate()).visit.response(200, [HTML, (b"content-encoding", b"exi")])
    assert plan.body is None
    assert b"default-src 'self'" in (first(plan.headers, b"content-security-policy") or b"")


def test_a_body_that_can_not_be_decoded_goes_out_as_it_is_under_a_policy() -> None:
    plan = forwarded(TestGate()).visit.response(
        200, [HTML, (b"content-encoding", b"gzip"), (b"etag", b'"a"')]
    )
    with pytest.raises(Unreadable) as unread:
        body_of(plan, b"not gzip", b" at all" * 100)
    assert unread.value.raw == b"not gzip"
    headers = plan.as_it_is().headers
    assert first(headers, b"content-encoding") == b"gzip"
    assert first(headers, b"etag") is None
    assert b"default-src 'self'" in (first(headers, b"content-security-policy") or b"")


def test_a_page_that_fails_late_in_one_piece_goes_out_as_it_is() -> None:
    """Much of it was rewritten by then, and nothing was sent: the adapter gets all of a piece, or none."""
    raw = gzip.compress(PAGE + random.Random(1).randbytes(3_000_000))[:-20]
    for last in (True, False):
        plan = forwarded(TestGate()).visit.response(200, [HTML, (b"content-encoding", b"gzip")])
        assert plan.body is not None
        broken = raw if last else raw[:2_000_000] + b"\xff" * 100_000
        with pytest.raises(Unreadable) as unread:
            fed(plan.body, broken, last)
        assert unread.value.raw == broken


def test_a_body_of_which_a_part_went_out_breaks() -> None:
    page = gzip.compress(PAGE + random.Random(1).randbytes(100_000))
    plan = forwarded(TestGate()).visit.response(200, [HTML, (b"content-encoding", b"gzip")])
    assert plan.body is not None
    assert fed(plan.body, page[:50_000], last=False)
    with pytest.raises(BrokenBody):
        fed(plan.body, b"not gzip at all" * 100, last=True)


class Failing:
    """Fails whenever somebody calls it."""

    def __init__(self, often: int = 1000) -> None:
        self.left = often

    def __call__(self, *_args: object, **_kwargs: object) -> Any:
        self.left -= 1
        if self.left >= 0:
            raise SystemError("The span of capturing group is wrong")
        return None


def test_a_fault_of_ours_over_a_page_is_mended_by_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = TestGate()
    expected = body_of(forwarded(gate).visit.response(200, [HTML]), PAGE + b"<!-- 1 -->")
    monkeypatch.setattr(Markup, "_pass_familiar", Failing())
    for chunks in ([PAGE + b"<!-- 2 -->"], [PAGE[:30], PAGE[30:] + b"<!-- 2 -->"]):
        found = body_of(forwarded(gate).visit.response(200, [HTML]), *chunks)
        assert found == expected.replace(b"<!-- 1 -->", b"<!-- 2 -->")
    assert [(fault.what, fault.path) for fault in gate.faults] == [("page", "/")] * 2


@pytest.mark.parametrize("broken", [(Judge, "url"), (Inserts, "for_page"), (fetching, "filtered")])
def test_a_fault_that_can_t_be_mended_costs_the_visitor_no_page(
    monkeypatch: pytest.MonkeyPatch, broken: tuple[object, str]
) -> None:
    gate = TestGate()
    visit = forwarded(gate).visit
    monkeypatch.setattr(*broken, Failing())
    lines: Headers = [HTML, (b"set-cookie", b"_ga=1"), (b"link", b"<https://tracker.test/a>;rel=preload")]
    plan = visit.response(200, lines)
    if plan.body is not None:
        with pytest.raises(Unreadable) as unread:
            body_of(plan, PAGE + b"<!-- 2 -->")
        assert unread.value.raw == PAGE + b"<!-- 2 -->"
        plan = plan.as_it_is()
    assert first(plan.headers, b"content-security-policy") == UNREADABLE_PAGE[1]
    assert first(plan.headers, b"set-cookie") is first(plan.headers, b"link") is None
    assert gate.faults


def test_a_fault_over_a_redirect_leaves_the_visitor_their_way(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = TestGate()
    visits = {dest: forwarded(gate, "/", dest=dest).visit for dest in ("document", "image")}
    monkeypatch.setattr(fetching, "filtered", Failing())
    sent: Headers = [(b"location", b"/next")]
    assert first(visits["document"].response(302, sent).headers, b"location") == b"/next"
    assert first(visits["image"].response(302, sent).headers, b"location") is None


def test_a_fault_over_a_request_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = TestGate()
    monkeypatch.setattr(link_decoration, "undecorated", Failing())
    assert gate.gate.request(head("/?a=1"), NOW) == Refuse(400, "This request can't be read safely.")
    assert gate.faults[0].what == "request"


def test_own_endpoints_are_answered_quietly() -> None:
    gate = TestGate()
    reply = gate.gate.request(head("/acme/collect?x=1", method="POST", dest="empty"), NOW)
    assert isinstance(reply, Reply)
    assert reply.status == 204
    granted = head("/acme/collect", (b"cookie", gate.everything()), method="POST", dest="empty")
    assert isinstance(gate.gate.request(granted, NOW), Forward)


def test_an_ambiguous_endpoint_is_told_by_its_body() -> None:
    decision = forwarded(TestGate(), "/e/", method="POST", dest="empty")
    assert decision.sniff is not None
    reply = decision.sniff(b'{"api_key":"phc_1","batch":[]}')
    assert isinstance(reply, Reply)
    assert reply.body == b'{"status":"Ok"}'
    assert decision.sniff(b"name=Ann") is None


def test_our_own_pages_and_what_is_refused() -> None:
    gate = TestGate()
    local = gate.gate.request(head("/_hb/choices"), NOW)
    assert isinstance(local, Local)
    assert local.standing.language == "en"
    assert isinstance(gate.gate.request(head("/.well-known/gpc.json"), NOW), Local)
    assert isinstance(gate.gate.request(head("*", method="OPTIONS"), NOW), Refuse)


def test_navigations_come_whole_uncoded_and_revalidated() -> None:
    gate = TestGate()
    coded = (b"accept-encoding", b"gzip, br")
    plan = forwarded(gate, "/", coded).visit.response(200, [HTML, (b"etag", b'"x"')])
    tag = first(plan.headers, b"etag") or b""
    sent = [
        (b"range", b"bytes=0-"),
        (b"accept-encoding", b"gzip, br"),
        (b"if-modified-since", b"x"),
        (b"if-none-match", tag),
    ]
    decision = forwarded(gate, "/", *sent)
    assert first(decision.headers, b"range") is None
    assert first(decision.headers, b"if-modified-since") is None
    assert first(decision.headers, b"accept-encoding") == b"identity"
    assert first(decision.headers, b"if-none-match") == b'"x"'
    other = forwarded(gate, "/", *sent, (b"cookie", gate.everything()))
    assert first(other.headers, b"if-none-match") is None


@pytest.mark.parametrize("dest", [b"document", b"iframe", b"empty", b"worker", b"image"])
def test_what_is_kept_keeps_its_policy(dest: bytes) -> None:
    policy = (b"content-security-policy", b"script-src 'self'")
    told = (b"content-security-policy-report-only", b"default-src 'none'")
    visit = forwarded(TestGate(), "/", (b"sec-fetch-dest", dest)).visit
    plan = visit.response(304, [policy, told, (b"etag", b'"x"'), (b"x-own", b"1")])
    assert [pair for pair in plan.headers if b"policy" in pair[0]] == []
    assert (b"x-own", b"1") in plan.headers


@pytest.mark.parametrize(
    ("tags", "goes_on"),
    [
        pytest.param((), False, id="it may be the date of a page of ours"),
        pytest.param((b'W/"x~hb-s1a2b3c4d"',), False, id="the tag is that of a page of ours"),
        pytest.param((b'"x"',), True, id="the tag is the site's own"),
    ],
)
def test_a_script_asks_by_date_only_for_what_is_the_sites_own(tags: tuple[bytes, ...], goes_on: bool) -> None:
    sent = [(b"sec-fetch-dest", b"empty"), (b"sec-fetch-mode", b"cors"), (b"if-modified-since", b"then")]
    decision = forwarded(TestGate(), "/", *sent, *((b"if-none-match", tag) for tag in tags))
    assert (first(decision.headers, b"if-modified-since") == b"then") is goes_on


def test_regimes_and_the_signal() -> None:
    german, californian = TestGate(), TestGate(place=Place("US", "CA"))
    unknown = TestGate(place=Place(None, None))
    cookie = (b"cookie", b"_ga=1; _fbp=2")
    assert every(forwarded(german, "/", cookie).headers, b"cookie") == []
    assert every(forwarded(unknown, "/", cookie).headers, b"cookie") == []
    assert every(forwarded(californian, "/", cookie).headers, b"cookie") == [b"_ga=1; _fbp=2"]
    signalled = forwarded(californian, "/", cookie, (b"sec-gpc", b"1"))
    assert every(signalled.headers, b"cookie") == [b"_ga=1"]
    assert first(signalled.headers, b"sec-gpc") == b"1"


def test_a_forged_cookie_is_no_choice() -> None:
    gate = TestGate()
    good = gate.everything()
    for value in (
        good[:-2] + b"xx",
        good[:-9],
        b"hb=",
        b"hb=x.y",
        gate.cookie(Purpose.ANALYTICS, host="other.test"),
    ):
        assert forwarded(gate, "/", (b"cookie", value)).visit.standing.choice is None
    both = good + b"; " + gate.cookie(Purpose.ANALYTICS)
    standing = forwarded(gate, "/", (b"cookie", both)).visit.standing
    assert standing.choice is not None
    assert standing.released.purposes == {Purpose.NECESSARY, Purpose.ANALYTICS}


def test_cookies_that_were_refused_are_expired_when_seen() -> None:
    gate = TestGate()
    plan = forwarded(gate, "/a/b", (b"cookie", b"_ga=1; " + gate.cookie())).visit.response(200, [HTML])
    lines = every(plan.headers, b"set-cookie")
    assert lines
    assert all(line.startswith(b"_ga=;") and b"Max-Age=0" in line for line in lines)
    undecided = forwarded(gate, "/a/b", (b"cookie", b"_ga=1")).visit.response(200, [HTML])
    assert every(undecided.headers, b"set-cookie") == []


def test_page_views_are_counted_only_when_released() -> None:
    gate = TestGate()
    for cookie, seen in ((gate.cookie(), False), (gate.everything(), True)):
        visit = forwarded(gate, "/a?secret=1", (b"cookie", cookie)).visit
        visit.response(200, [HTML])
        view = visit.page_view()
        assert (view is not None) is seen
        if view is not None:
            assert view.target == "/a?secret=1"


def test_the_sites_own_policy_is_not_weakened() -> None:
    csp = b"content-security-policy"
    plan = forwarded(TestGate()).visit.response(
        200, [HTML, (csp, b"script-src 'nonce-abc'; style-src 'nonce-abc'")]
    )
    assert b' nonce="abc">!function HOLDBACK(' in body_of(plan, PAGE)
    hashed = forwarded(TestGate()).visit.response(200, [HTML, (csp, b"default-src 'self'")])
    policy = first(hashed.headers, csp) or b""
    assert policy.count(b"'sha256-") == 2
    assert b"unsafe-inline" not in policy


def test_strict_adds_a_second_policy() -> None:
    gate = TestGate(config=GateConfig(strict=True))
    csp = b"content-security-policy"
    plan = forwarded(gate).visit.response(200, [HTML, (csp, b"img-src *")])
    assert len(every(plan.headers, csp)) == 2
    assert b"tracker.test" not in every(plan.headers, csp)[1]
    granted = forwarded(gate, "/", (b"cookie", gate.everything())).visit.response(200, [HTML])
    assert b" *.tracker.test " in every(granted.headers, csp)[0]


def test_a_grant_that_was_withdrawn_since_is_no_choice() -> None:
    gate = TestGate()
    granted = (b"cookie", gate.everything())
    assert forwarded(gate, "/", granted).visit.standing.choice is not None
    gate.recorded.note("00000000-0000-4000-8000-000000000001", Appended(1, 0), withdraws=True)
    assert forwarded(gate, "/", granted).visit.standing.choice is None


def test_what_a_retired_key_has_signed_is_no_choice_from_that_moment_on() -> None:
    """Though the gate has read these very header lines before."""
    gate = TestGate()
    granted = (b"cookie", gate.everything())
    assert forwarded(gate, "/", granted).visit.standing.choice is not None
    gate.signer.use([b"n" * 32])
    assert forwarded(gate, "/", granted).visit.standing.choice is None


CALIFORNIA = Place("US", "CA")


def test_a_void_choice_releases_nothing_where_having_none_would() -> None:
    """Its refusal may be what was lost (opt-out regimes release without a choice)."""
    gate = TestGate(place=CALIFORNIA)
    granted = (b"cookie", gate.cookie(Purpose.ANALYTICS))
    none = forwarded(gate, "/").visit.standing
    assert "analytics" in none.released.purposes
    gate.recorded.note("00000000-0000-4000-8000-000000000001", Appended(1, 0), withdraws=True)
    void = forwarded(gate, "/", granted).visit.standing
    assert void.choice is None
    assert void.released.purposes == {Purpose.NECESSARY}


def test_a_choice_that_is_past_is_as_none() -> None:
    gate = TestGate(place=CALIFORNIA, config=GateConfig(choice_seconds=30))
    past = forwarded(gate, "/", (b"cookie", gate.cookie())).visit.standing
    assert past.choice is None
    assert "analytics" in past.released.purposes


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2ff::7", "2001:db8:1:200::/56"),
        ("unix:", ""),
    ],
)
def test_the_network_that_limits_count_in(address: str, prefix: str) -> None:
    assert network_of(address, 56) == prefix


@pytest.mark.parametrize(
    ("line", "dest"),
    [
        ((b"content-type", b"image/svg+xml"), "document"),
        ((b"content-type", b"image/svg+xml"), "image"),
        ((b"content-type", b"text/xml"), "empty"),
        (HTML, "empty"),
    ],
)
def test_what_may_be_shown_and_has_no_guard_asks_nobody_but_the_site(
    line: tuple[bytes, bytes], dest: str
) -> None:
    gate = TestGate()
    held = forwarded(gate, "/", dest=dest).visit.response(200, [line])
    assert first(held.headers, b"content-security-policy") == UNREADABLE_PAGE[1]
    some = forwarded(gate, "/", (b"cookie", gate.cookie(Purpose.ANALYTICS)), dest=dest).visit.response(
        200, [line]
    )
    assert first(some.headers, b"content-security-policy") == UNREADABLE_PAGE[1]
    free = forwarded(gate, "/", (b"cookie", gate.everything()), dest=dest).visit.response(200, [line])
    assert first(free.headers, b"content-security-policy") is None


@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize("size", [10, 5000])
@pytest.mark.parametrize(
    "start", [b"", b"/* a */ 'use strict';", b"// 'use strict'\n", b"\xef\xbb\xbf'use strict';"]
)
def test_a_workers_script_begins_with_the_guard(start: bytes, size: int, pieces: int) -> None:
    script = start + b"let a = 1;" * (size // 10)
    plan = forwarded(TestGate(), "/w.js", dest="worker").visit.response(
        200, [(b"content-type", b"text/javascript")]
    )
    length = -(-len(script) // pieces)
    out = body_of(plan, *(script[at : at + length] for at in range(0, len(script), length)))
    assert out.endswith(script.removeprefix(b"\xef\xbb\xbf"))
    assert out.count(b"!function HOLDBACK(") == 1
    assert out.startswith(b'"use strict";') == (b"'use strict';" in start)
