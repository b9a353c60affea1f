"""What is sent as HTML and is none is left alone; what is markup is told from its first bytes."""

import json

import pytest
from holdback.proxy.gate.body.document_kinds import is_undecided, looks_whole, reads_as_data
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.headers.strict_policy import UNREADABLE_PAGE
from holdback.proxy.gate.messages import Unreadable
from holdback.proxy.http.headers import Headers, first

from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head

HTML = (b"content-type", b"text/html; charset=utf-8")
HELD = '<script src="https://tracker.test/t.js"></script>'
VALUES = [
    {"html": HELD},
    [{"html": HELD}],
    [HELD],
    [[HELD]],
    [1, HELD],
    [None, HELD][1:],
    [True, HELD],
    [-1.5e9, HELD],
    {},
    [],
]
DATA = [
    *(json.dumps(value, indent=indent) for value in VALUES for indent in (None, 2)),
    ")]}',\n" + json.dumps({"html": HELD}),
    "for (;;);" + json.dumps({"html": HELD}),
    "while(1);" + json.dumps([HELD]),
    "\ufeff" + json.dumps({"html": HELD}),
    "\n\n " + json.dumps({"html": HELD}),
]
SCRIPTS = [
    f"document.write('{HELD}')",
    f"var markup = '{HELD}'",
    f"/* 1 */ show('{HELD}')",
    f"jsonp_12({json.dumps({'html': HELD})})",
    f"$.found={json.dumps(HELD)};",
    json.dumps(HELD),
    f"event: update\ndata: {HELD}\n\n",
    f"(function () {{ return '{HELD}' }})()",
    f"export default {json.dumps(HELD)}",
]
MARKUP = [
    f"<!doctype html><p>{HELD}",
    f"<p>{HELD}</p>",
    f"Hello {HELD}",
    f"[1] A note {HELD}",
    f"{{{{ greeting }}}} {HELD}",
    f"[caption] {HELD}",
    f"12 items {HELD}",
    f"Data, and more of it: {HELD}",
    f"letters {HELD}",
]


def asked(*headers: tuple[bytes, bytes], dest: str) -> tuple[TestGate, Forward]:
    gate = TestGate()
    decision = gate.gate.request(head("/", *headers, dest=dest), NOW)
    assert isinstance(decision, Forward)
    return gate, decision


@pytest.mark.parametrize("cut", [0, 4, 20])
@pytest.mark.parametrize("body", [*DATA, *SCRIPTS])
@pytest.mark.parametrize(
    ("dest", "accept"), [("empty", b"application/json, text/html"), ("empty", b"*/*"), ("", b"*/*")]
)
def test_what_a_script_fetches_arrives_as_it_was_sent(body: str, cut: int, dest: str, accept: bytes) -> None:
    raw = body.encode()
    gate, decision = asked((b"accept", accept), dest=dest)
    plan = decision.visit.response(200, [HTML])
    assert plan.body is not None
    out = fed(plan.body, raw[:cut], last=False) if cut else b""
    assert out + fed(plan.body, raw[cut:], last=True) == raw
    assert gate.faults == []


@pytest.mark.parametrize("body", DATA)
@pytest.mark.parametrize("dest", ["document", "iframe"])
def test_what_is_navigated_to_may_ask_nobody(body: str, dest: str) -> None:
    gate, decision = asked(dest=dest)
    plan = decision.visit.response(200, [HTML, (b"etag", b'"a"')])
    assert plan.body is not None
    with pytest.raises(Unreadable) as unread:
        fed(plan.body, body.encode(), last=True)
    assert unread.value.raw == body.encode()
    assert first(plan.as_it_is().headers, b"content-security-policy") == UNREADABLE_PAGE[1]
    assert gate.faults == []


@pytest.mark.parametrize("body", MARKUP)
@pytest.mark.parametrize("dest", ["document", "iframe", "empty"])
def test_markup_is_rewritten(body: str, dest: str) -> None:
    _, decision = asked(dest=dest)
    plan = decision.visit.response(200, [HTML])
    assert plan.body is not None
    out = fed(plan.body, body.encode(), last=True)
    assert b'<script src="https://tracker.test' not in out
    assert b"data-hb-src" in out


WHOLE = [
    b"<!DOCTYPE html><p>",
    b"\n<!-- a --><html lang=x>",
    b"<!-- a - b --><?php ?> <head>",
    b"\xef\xbb\xbf<!doctype  html>",
]


@pytest.mark.parametrize("start", WHOLE)
def test_a_beginning_of_a_whole_page_decides_nothing(start: bytes) -> None:
    assert looks_whole(start)
    assert not is_undecided(start)
    end = next(size for size in range(len(start)) if looks_whole(start[: size + 1]))
    assert all(is_undecided(start[:size]) for size in range(3, end))  # a byte order mark is waited for


@pytest.mark.parametrize(
    "start", [b"<p", b"<div>", b"a", b"<!--x-->a", b"<htmx", b"<heading", b"<!doctor", b"</"]
)
def test_a_fragment_is_told_at_once(start: bytes) -> None:
    assert not looks_whole(start)
    assert not is_undecided(start)


@pytest.mark.parametrize(
    "lines", [[HTML], [(b"content-type", b"text/html")], [HTML, (b"content-encoding", b"identity")]]
)
def test_a_fragment_is_passed_on_as_it_comes(lines: list[tuple[bytes, bytes]]) -> None:
    for dest in ("empty", ""):
        _, decision = asked((b"accept", b"*/*"), dest=dest)
        plan = decision.visit.response(200, lines)
        assert plan.body is not None
        for part in (b"<p>1</p>\n", b"<p>2</p>\n"):
            assert fed(plan.body, part, last=False) == part


def test_a_page_waits_for_its_charset_until_nothing_comes() -> None:
    _, decision = asked(dest="document")
    plan = decision.visit.response(200, [(b"content-type", b"text/html")])
    assert plan.body is not None
    assert fed(plan.body, b"", last=False) == b""
    assert fed(plan.body, b"<html><body><p>1", last=False) == b""
    assert b"<p>1" in fed(plan.body, b"", last=False)
    assert fed(plan.body, b"<p>2</p>", last=False) == b"<p>2</p>"


def test_what_may_still_be_a_page_is_not_hurried() -> None:
    _, decision = asked((b"accept", b"*/*"), dest="")
    plan = decision.visit.response(200, [HTML])
    assert plan.body is not None
    assert fed(plan.body, b"<!-- a page", last=False) == fed(plan.body, b"", last=False) == b""
    assert b"HOLDBACK" in fed(plan.body, b"--><!doctype html><p>x", last=True)


def test_a_word_is_no_call() -> None:
    assert not reads_as_data(b"Data: 1", fetched=False)
    assert reads_as_data(b"data: 1", fetched=True)


@pytest.mark.parametrize(
    ("disposition", "is_page"),
    [
        (b"attachment; filename=a.html", False),
        (b" Attachment", False),
        (b"inline; filename=attachment", True),
    ],
)
def test_what_is_saved_gets_nothing_of_ours(disposition: bytes, is_page: bool) -> None:
    _, decision = asked(dest="document")
    plan = decision.visit.response(200, [HTML, (b"content-disposition", disposition)])
    assert plan.body is not None
    out = fed(plan.body, f"<!doctype html><p>{HELD}".encode(), last=True)
    assert (b"HOLDBACK" in out) is is_page
    assert b"data-hb-src" in out


@pytest.mark.parametrize("dest", ["", "websocket", "document"])
@pytest.mark.parametrize("status", [101, 204, 205])
def test_what_has_no_body_is_no_page(status: int, dest: str) -> None:
    """A WebSocket's answer names no type, as some pages do: taken for one, each kept a copy of the guard."""
    lines: Headers = [(b"x-app", b"1")]
    decision = TestGate().gate.request(head("/", (b"upgrade", b"websocket"), dest=dest), NOW)
    assert isinstance(decision, Forward)
    plan = decision.visit.response(status, lines)
    assert plan.body is None
    assert plan.headers == lines
