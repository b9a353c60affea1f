"""Pages that mean to exhaust the rewriter: output and memory stay bounded, and what is held stays held."""

import tracemalloc

import pytest
from holdback.proxy.markup import Page, Rewriter
from holdback.proxy.markup.reading.passing import MAX_CONTENT
from holdback.proxy.markup.reading.tokenizer import MAX_TAG

from tests.support.markup import BODY, HEAD, SITE, TrackerPolicy, rewrite, rewrite_fragment

pytestmark = pytest.mark.usefixtures("either_walk")

MEGABYTE = 1024 * 1024
HELD = b'<img src="//tracker.test/">'
INERT = b'<img data-hb="acme" data-hb-src="//tracker.test/">'


@pytest.mark.parametrize("chunk", [None, 4096, 65536])
@pytest.mark.parametrize("quote", [b'"', b"'", b""])
def test_a_tag_of_a_megabyte_is_rewritten_like_any_other(quote: bytes, chunk: int | None) -> None:
    data = b"data:image/png;base64," + b"A" * MEGABYTE
    tag = b"<img alt=x src=%s%s%s srcset=//tracker.test/>" % (quote, data, quote)
    html = tag + HELD
    assert rewrite_fragment(html, chunk=chunk) == (
        tag.replace(b"<img", b'<img data-hb="acme"').replace(b"srcset", b"data-hb-srcset") + INERT
    )


OVERSIZE = {
    "quoted value": b'src="//tracker.test/' + b"a" * MAX_TAG + b'" onload=x',
    "quoted value with everything in it": b"src='//tracker.test/" + b'> <b "=/' * (MAX_TAG // 8) + b"'",
    "unquoted value": b"src=//tracker.test/" + b"a=\"'" * (MAX_TAG // 4),
    "many attributes": b"src=//tracker.test/ " + b'a b="c" ' * (MAX_TAG // 8),
    "a name": b"a" * MAX_TAG + b" src=//tracker.test/",
    "white space": b"src=//tracker.test/" + b" " * MAX_TAG,
}


@pytest.mark.parametrize("inside", OVERSIZE.values(), ids=OVERSIZE.keys())
@pytest.mark.parametrize("chunk", [None, 65536, 99_991])
def test_a_tag_that_is_too_long_loses_its_attributes(inside: bytes, chunk: int | None) -> None:
    assert rewrite_fragment(b"<img %s>%s" % (inside, HELD), chunk=chunk) == b"<img>" + INERT


def test_what_no_browser_ran_does_not_run_because_its_tag_was_too_long() -> None:
    html = b'<script x="%s" src=//tracker.test/>var a = "<img src=//tracker.test/>"</script>' % (
        b"a" * MAX_TAG
    )
    assert rewrite_fragment(html) == b'<script type="text/plain">var a = "<img src=//tracker.test/>"</script>'


@pytest.mark.parametrize("chunk", [None, 4096])
def test_a_long_script_is_judged_by_its_beginning(chunk: int | None) -> None:
    filler = b"x" * MAX_CONTENT
    early = b"<script>acmeq();%s</script>" % filler
    assert rewrite_fragment(early, chunk=chunk).startswith(b'<script data-hb="acme"')
    late = b"<script>%sacmeq()</script>" % filler
    assert rewrite_fragment(late, chunk=chunk) == late


@pytest.mark.parametrize(
    "html",
    [
        b"<svg><![CDATA[>" * 2000 + HELD,
        b"<noscript>" * 2000 + HELD,
        b"<select><title>" * 2000 + HELD,
        b"<svg><foreignObject><math><mi>" * 2000 + HELD,
        b"<svg></div>" * 2000 + HELD,
        b"<template>" * 2000 + HELD,
        b"<" * 20_000 + HELD,
        b"<!--" * 20_000 + b"-->" + HELD,
        b"<script><!--<script>" * 2000 + b"</script></script>" + HELD,
    ],
    ids=lambda html: html[:24].decode(),
)
def test_nesting_neither_recurses_nor_opens_a_way_out(html: bytes) -> None:
    for chunk in (None, 1000):
        out = rewrite_fragment(html, chunk=chunk)
        assert HELD not in out or b"<noscript>" in html or b"<title>" in html
        assert len(out) < 3 * len(html) + 1000


def test_documents_in_attributes_nest_only_so_deep() -> None:
    html = HELD
    for _ in range(10):
        escaped = html.replace(b"&", b"&amp;").replace(b'"', b"&quot;")
        html = b'<iframe srcdoc="%s"></iframe>' % escaped
    out = rewrite_fragment(html)
    assert b"data-hb-srcdoc" in out


def test_a_page_without_end_needs_no_more_memory_than_a_short_one() -> None:
    rewriter = Rewriter(TrackerPolicy(), Page(SITE, "utf-8"), head=HEAD, body=BODY)
    pieces = [
        b"<!-- a",
        b" long comment " * 600,
        b"--><p title=x>text " * 200,
        b"<script>",
        b"var a;" * 900,
        b"</script>",
    ]
    for _ in range(50):
        for piece in pieces:
            rewriter.feed(piece)
    tracemalloc.start()
    try:
        for _ in range(400):
            for piece in pieces:
                rewriter.feed(piece)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < MEGABYTE // 5, "half a kilobyte stays of each round of 18"


def test_every_end_is_survived() -> None:
    html = (
        b"<!doctype html><svg><style><a title='x'><![CDATA[ y ]]></style></svg>"
        b"<noscript><img src=//tracker.test/></noscript>"
    )
    for end in range(len(html)):
        cut = html[:end]
        assert (
            rewrite(cut, head=b"", body=b"").replace(b' data-hb="acme"', b"").replace(b"data-hb-", b"") == cut
        )


SHAPES = ("path", "circle", "rect", "line", "polyline", "polygon", "ellipse", "stop")


@pytest.mark.parametrize(
    "behind", ["<!-- icon -->", "<!---->", "text", "<g/>", "<path d='M1 1z'/>", "</svg>"]
)
@pytest.mark.parametrize("shape", SHAPES)
def test_drawings_pass_whatever_stands_behind_a_shape(shape: str, behind: str) -> None:
    """A group in a possessive repeat made CPython 3.13.0 raise SystemError over the first of these."""
    for body in (f'<{shape} d="M1 1z"></{shape}>', f"<{shape}/>", f'<{shape} fill="a"> </{shape}>'):
        html = f"<svg>{body}{behind}{body}</svg><p>after</p>".encode() + HELD
        assert rewrite_fragment(html) == html.replace(HELD, INERT)
