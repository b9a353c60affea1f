"""Which visitors get the guard as a file: only those who probably have it by now."""

import pytest
from holdback.proxy.gate.body.document_kinds import Kind
from holdback.proxy.gate.body.guard_delivery import Delivery, delivery
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.headers.site_policy import Inline
from holdback.proxy.http.headers import Headers

from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head

INSIDE, WHOLE, OUTLINE, FILE, FILES = (
    Delivery.INSIDE,
    Delivery.WHOLE,
    Delivery.OUTLINE,
    Delivery.FILE,
    Delivery.FILES,
)
DOCUMENT = (b"sec-fetch-dest", b"document")
PRELOADED = (b"service-worker-navigation-preload", b"true")
FRAME = (b"sec-fetch-dest", b"iframe")


def site(value: bytes) -> tuple[bytes, bytes]:
    return (b"sec-fetch-site", value)


@pytest.mark.parametrize(
    ("kind", "lines", "before", "after"),
    [
        (Kind.DOCUMENT, [], INSIDE, INSIDE),
        (Kind.DOCUMENT, [DOCUMENT], INSIDE, INSIDE),
        (Kind.DOCUMENT, [DOCUMENT, site(b"none")], OUTLINE, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"cross-site")], OUTLINE, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-site")], OUTLINE, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin")], FILES, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin"), (b"cache-control", b"Max-Age=0")], OUTLINE, OUTLINE),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin"), (b"pragma", b"no-cache")], OUTLINE, OUTLINE),
        (Kind.DOCUMENT, [(b"sec-fetch-dest", b"empty"), site(b"same-origin")], INSIDE, INSIDE),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin"), PRELOADED], INSIDE, INSIDE),
        (Kind.FRAME, [FRAME, site(b"same-origin")], INSIDE, FILES),
        (Kind.FRAME, [FRAME, site(b"same-origin"), (b"cache-control", b"no-cache")], INSIDE, INSIDE),
        (Kind.FRAGMENT, [DOCUMENT, site(b"same-origin")], INSIDE, INSIDE),
        (Kind.UNTOLD, [site(b"same-origin")], INSIDE, INSIDE),
    ],
)
def test_delivery(kind: Kind, lines: Headers, before: Delivery, after: Delivery) -> None:
    assert delivery(lines, kind, has_answered=False) is before
    assert delivery(lines, kind, has_answered=True) is after


@pytest.mark.parametrize(
    ("wanted", "policy", "given"),
    [
        (FILES, Inline(), FILES),
        (FILES, Inline(sheets=False), FILE),
        (FILES, Inline(files=False), OUTLINE),
        (FILES, Inline(files=False, asks=False), WHOLE),
        (FILES, Inline(asks=False), FILES),
        (OUTLINE, Inline(), OUTLINE),
        (OUTLINE, Inline(files=False), OUTLINE),
        (OUTLINE, Inline(asks=False), WHOLE),
        (INSIDE, Inline(), INSIDE),
    ],
)
def test_a_policy_narrows_it(wanted: Delivery, policy: Inline, given: Delivery) -> None:
    assert wanted.within(policy) is given


XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body/></html>'
HTML = b"<!doctype html><html><head><title>x</title></head><body></body></html>"


@pytest.mark.parametrize(
    ("media", "body", "is_file"),
    [
        (b"text/html", HTML, True),
        (b"application/xhtml+xml", XHTML, False),
        (b"", XHTML, False),
        (b"", HTML, False),
        (b"application/octet-stream", HTML, None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_may_be_xml_or_answers_a_form_has_it_inside(
    media: bytes, body: bytes, is_file: bool | None, method: str
) -> None:
    lines = ((b"sec-fetch-mode", b"navigate"), site(b"same-origin"))
    decision = TestGate().gate.request(head("/", *lines, method=method), NOW)
    assert isinstance(decision, Forward)
    plan = decision.visit.response(200, [(b"content-type", media)] if media else [])
    page = fed(plan.body, body, last=True) if plan.body is not None else body
    has_file = is_file is True and method == "GET"
    assert (b"data-here" in page) == has_file
    assert (b"function HOLDBACK" in page) == (is_file is not None and not has_file)
