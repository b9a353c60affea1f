"""Who gets the guard as a file: only who probably has it by now."""

import pytest
from holdback.proxy.gate.delivery import Delivery, delivery
from holdback.proxy.gate.kinds import Kind
from holdback.proxy.gate.site_policy import Inline
from holdback.proxy.headers import Headers

INSIDE, FIRST, FILE, FILES = Delivery.INSIDE, Delivery.INSIDE_FIRST, Delivery.FILE, Delivery.FILES
DOCUMENT = (b"sec-fetch-dest", b"document")
FRAME = (b"sec-fetch-dest", b"iframe")


def site(value: bytes) -> tuple[bytes, bytes]:
    return (b"sec-fetch-site", value)


@pytest.mark.parametrize(
    ("kind", "lines", "before", "after"),
    [
        (Kind.DOCUMENT, [], INSIDE, INSIDE),
        (Kind.DOCUMENT, [DOCUMENT], INSIDE, INSIDE),
        (Kind.DOCUMENT, [DOCUMENT, site(b"none")], FIRST, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"cross-site")], FIRST, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-site")], FIRST, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin")], FILES, FILES),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin"), (b"cache-control", b"Max-Age=0")], FIRST, FIRST),
        (Kind.DOCUMENT, [DOCUMENT, site(b"same-origin"), (b"pragma", b"no-cache")], FIRST, FIRST),
        (Kind.DOCUMENT, [(b"sec-fetch-dest", b"empty"), site(b"same-origin")], INSIDE, INSIDE),
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
        (FILES, Inline(files=False), INSIDE),
        (FILES, Inline(fetches=False), FILES),
        (FIRST, Inline(), FIRST),
        (FIRST, Inline(fetches=False), INSIDE),
        (FIRST, Inline(files=False), INSIDE),
        (INSIDE, Inline(), INSIDE),
    ],
)
def test_a_policy_narrows_it(wanted: Delivery, policy: Inline, given: Delivery) -> None:
    assert wanted.within(policy) is given
