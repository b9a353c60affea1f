"""What holds for every page, whatever is in it."""

import pytest
from holdback.proxy.markup import Page, Rewriter, rewrite_whole
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.documents import OPENINGS, SWITCHES, TRACKERS
from tests.support.markup import BODY, HEAD, SITE, TrackerPolicy, rewrite

pytestmark = pytest.mark.usefixtures("either_walk")

pieces = st.sampled_from([piece.replace("{n}", "1").encode() for piece in (*SWITCHES, *OPENINGS, *TRACKERS)])
pages = st.lists(st.one_of(pieces, st.binary(max_size=8)), max_size=12).map(b"".join)

WITHOUT_DOUBT = [piece.encode() for piece in (*SWITCHES, *OPENINGS) if not any(
    name in piece for name in ("svg", "math", "select", "noscript")
)]  # fmt: skip
"""Pieces that never leave it open whether what follows is HTML."""


@settings(deadline=None)
@given(pages, st.lists(st.integers(0, 200), max_size=6))
def test_where_a_page_is_cut_makes_no_difference(page: bytes, cuts: list[int]) -> None:
    rewriter = Rewriter(TrackerPolicy(), Page(SITE, "utf-8"), head=HEAD, body=BODY)
    ends = sorted({min(cut, len(page)) for cut in cuts} | {len(page)})
    out = [rewriter.feed(page[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    assert b"".join(out) + rewriter.close() == rewrite(page)


@settings(deadline=None)
@given(pages)
def test_what_is_remembered_is_what_is_written(page: bytes) -> None:
    once, again = (
        b"".join(rewrite_whole(TrackerPolicy(), Page(SITE, "utf-8"), page, head=HEAD, body=BODY))
        for _ in "12"
    )
    assert once == rewrite(page) == again


@settings(deadline=None)
@given(pages)
def test_the_plain_way_leads_to_the_same(page: bytes) -> None:
    plain = Rewriter(TrackerPolicy(), Page(SITE, "utf-8"), head=HEAD, body=BODY, plain=True)
    assert plain.feed(page) + plain.close() == rewrite(page)


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(WITHOUT_DOUBT), st.binary(max_size=8)), max_size=12).map(b"".join))
def test_a_page_without_trackers_comes_out_as_it_was(page: bytes) -> None:
    if b"data-hb" in page.lower() or b"frameset" in page.lower():
        return
    assert rewrite(page, head=b"", body=b"") == page


@settings(deadline=None)
@given(pages)
def test_a_page_that_was_rewritten_stays_as_it_is(page: bytes) -> None:
    """Nothing is left to hold, apart from the marks themselves and what stands in an inert style."""
    once = rewrite(page, head=b"", body=b"")
    seen = once.replace(b"data-hb", b"data-seen").replace(b"@\\69 mport", b"@seen")
    twice = rewrite(seen, head=b"", body=b"")
    assert b"data-hb" not in twice
