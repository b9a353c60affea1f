"""What is read of a site and of a visitor, in strings that double: the work doubles too, and no more.

Work is counted in lines of Python that run, not in time. Regular expressions have a test of their own
(``tests/unit/test_patterns.py``).
"""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from holdback.proxy.gate.body import document_kinds
from holdback.proxy.gate.body.decoding import decoding
from holdback.proxy.gate.headers import caching, cookies, fetching, redirects, site_policy
from holdback.proxy.gate.headers.media_types import media_type
from holdback.proxy.gate.request import link_decoration, trusted_hops
from holdback.proxy.markup.reading import passing, walk
from holdback.proxy.markup.reading.foreign import TooDeep
from holdback.proxy.rules import urls
from holdback.proxy.rules.javascript import without_text
from holdback.proxy.rules.matchers import HostTable, NameTable

from tests.support.markup import rewrite


@pytest.fixture(autouse=True, scope="module")
def walk_in_lines() -> Iterator[None]:
    """The walk over pages as plain Python: compiled it has no lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "passing", passing)
        yield


FEW = 500
TOOL = 4


def lines_run(action: Callable[[], object]) -> int:
    """How many lines of Python *action* runs."""
    count = 0

    ours = threading.get_ident()  # what other tests left running counts its lines too

    def line(_code: object, _number: int) -> None:
        nonlocal count
        count += threading.get_ident() == ours

    monitoring = sys.monitoring
    monitoring.use_tool_id(TOOL, "work")
    monitoring.register_callback(TOOL, monitoring.events.LINE, line)
    monitoring.set_events(TOOL, monitoring.events.LINE)
    try:
        action()
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.free_tool_id(TOOL)
    return count


def assert_linear(action: Callable[[int], object]) -> None:
    action(FEW)  # what is worked out once for all is worked out now
    few, more = (lines_run(lambda size=size: action(size)) for size in (2 * FEW, 4 * FEW))  # type: ignore[misc]
    assert more < 2.3 * few + 200, (few, more)


MARKUP: dict[str, Callable[[int], bytes]] = {
    "what is passed over": lambda n: b"<p>" + b"<a href=x>x</a><img src=/a.png>" * n,
    "pictures that are held": lambda n: b"<p>" + b"<img src=//tracker.test/a>" * n,
    "handlers that are held": lambda n: b"<p>" + b"<a onclick='acmeq(1)'>" * n,
    "pictures in noscript": lambda n: b"<p>" + b"<noscript><img src=//tracker.test/a>" * n,
    "noscript that ends": lambda n: b"<p>" + b"<noscript><b></noscript><svg><x>" * n,
    "drawings": lambda n: b"<p>" + b"<svg><path d='1'></path></svg>" * n,
    "drawings that do not end": lambda n: b"<p>" + b"<svg><g>" * n,
    "shapes that do not end": lambda n: b"<p><svg>" + b"<path d=1>" * n,
    "scripts that do not end": lambda n: b"<p><script>" + b"<script>" * n,
    "scripts in comments": lambda n: b"<p><script>" + b"<!--<script>" * n + b"</script>",
    "comments of CSS": lambda n: b"<p><style>" + b"a{}/* */" * n + b"</style>",
    "references in handlers": lambda n: b"<p onclick='" + b"&amp;" * n + b"'>",
    "elements of no standard": lambda n: b"<p>" + b"".join(b"<a:b%d>" % i for i in range(n)),
    "tags that do not end": lambda n: b"<p>" + b"<a title='" * n,
    "slashes": lambda n: b"<a " + b"/" * n + b">",
    "attributes": lambda n: b"<img " + b"".join(b"ona%d=acmeq() b%d=1 " % (i, i) for i in range(n)) + b">",
    "elements of SVG": lambda n: b"<svg>" + b"<g>" * n + b"</q>" * n,
    "HTML in SVG": lambda n: b"<svg><foreignObject>" + b"<b>" * n + b"</i>" * n,
    "SVGs": lambda n: b"<svg>" * n + b"<title></title>",
    "styles in SVG": lambda n: b"<svg>" + b"<style>" * n,
    "comments in styles in SVG": lambda n: b"<svg>" + b"<style><!--" * n,
    "scripts in SVG": lambda n: b"<svg>" + b"<script>" * n,
    "MathML": lambda n: b"<math><mi>" * n + b"</mo>" * n,
    "labels of a host": lambda n: b'<img src="//' + b"a." * n + b'b/">',
    "segments of a path": lambda n: b'<img src="//tracker.test/' + b"a/" * n + b'">',
    "srcset": lambda n: b'<img srcset="' + b"//a, " * n + b'">',
    "descriptors": lambda n: b'<img srcset="' + b"a ((," * n + b'">',
    "addresses in style": lambda n: b"<style>" + b"url(/*" * n + b"</style>",
    "imports in style": lambda n: b"<style>" + b'@import "' * n + b"</style>",
    "image sets": lambda n: b"<style>" + b"image-set((" * n + b"</style>",
    "escapes in style": lambda n: b"<style>" + b"\\75rl(" * n + b"</style>",
    "held in style": lambda n: b"<style>" + b"url(//tracker.test)" * n + b"</style>",
    "imports": lambda n: b"<script>" + b"import(" * n + b"</script>",
    "an import map": lambda n: b"<script type=importmap>" + b'"\\"' * n + b"</script>",
    "data": lambda n: b'<iframe src="data:text/html,' + b"//a " * n + b'"></iframe>',
    "srcdoc": lambda n: b'<iframe srcdoc="' + b"<img src=//tracker.test/>" * n + b'"></iframe>',
    "bases": lambda n: b'<base href="//a%d/">' * n,
    "comments": lambda n: b"<!--" * n,
    "sections": lambda n: b"<svg>" + b"<![CDATA[" * n,
    "escaped scripts": lambda n: b"<script><!--<script>" * n,
    "references": lambda n: b'<img src="' + b"&#x" * n + b'">',
    "noscript": lambda n: b"<noscript>" * n,
    "select": lambda n: b"<select><xmp>" * n,
    "titles": lambda n: b"<svg><title></svg>" * n,
    "templates": lambda n: b"<template>" * n,
    "names": lambda n: b"".join(b"<a%d>" % i for i in range(n)),
    "quotes": lambda n: b"<a " + b'"' * n + b">",
    "equals signs": lambda n: b"<a " + b"= " * n + b">",
}


@pytest.mark.parametrize("make", MARKUP.values(), ids=MARKUP.keys())
def test_markup(make: Callable[[int], bytes]) -> None:
    assert_linear(lambda size: rewrite(make(size)))


def test_svgs_that_can_t_be_followed_at_a_bounded_cost_are_given_up() -> None:
    with pytest.raises(TooDeep):
        rewrite(b"<svg><foreignObject>" * 2000 + b"</div>" + b"<title></title>" * 5000)


def held(url: str) -> bool:
    return "tracker.test" in url


def header(name: bytes) -> Callable[[bytes], object]:
    return lambda value: fetching.filtered([(name, value)], held)


READ: dict[str, Callable[[bytes], object]] = {
    **{f"{name.decode()}:": header(name) for name in sorted(fetching.WATCHED)},
    "cookie:": lambda value: cookies.sift(value, "hb", lambda name: name == "_ga"),
    "if-none-match:": lambda value: caching.unmark_tags(value, b"x", keep_unmarked=True),
    "cache-control:": lambda value: caching.page_headers([(b"cache-control", value), (b"vary", value)], b"x"),
    "content-type:": lambda value: media_type([(b"content-type", value)]),
    "content-encoding:": lambda value: decoding([(b"content-encoding", value)]),
    "x-forwarded-for:": lambda value: trusted_hops.client(
        "1.1.1.1", "http", [(b"x-forwarded-for", value)], ()
    ),
    "connection:": lambda value: trusted_hops.response_headers([(b"connection", value)]),
    "location:": lambda value: redirects.led_past(
        302, [(b"location", b"http://tracker.test/?" + value)], held, is_visit=True
    ),
    "policy": lambda value: site_policy.inline([(b"content-security-policy", value)]),
    "target": lambda value: link_decoration.undecorated(b"/?" + value, lambda name: name == "gclid"),
    "path": urls.forms,
    "address": lambda value: urls.parse("https://" + value.decode("latin-1")),
    "host": lambda value: HostTable([("tracker.test/a/b", 1)]).find(value.decode("latin-1"), "/"),
    "path on a host": lambda value: HostTable([("t.test/a/b", 1), ("t.test/c", 2)]).find(
        "t.test", value.decode("latin-1")
    ),
    "name": lambda value: NameTable([("a*b*c*d", 1)]).find(value.decode("latin-1")),
    "start of a page": document_kinds.looks_whole,
    "start that may be one": document_kinds.is_undecided,
    "start of data": lambda value: document_kinds.reads_as_data(value, fetched=True),
    "script": lambda value: without_text(value.decode("latin-1")),
}
PARTS = [
    b"a", b" ", b",", b";", b"a;", b"a= ;", b"<a>;", b"<a>,", b'"', b'\\"', b'","', b"[", b"{", b"[[],",
    b'{"a":', b"a.", b"a/", b"/", b"../", b"ch-a=(*),", b"'nonce-", b"script-src a;", b"report-uri /a;",
    b"`", b"${", b"'a'", b"/*a*/", b"(/a/)",
    b"&a=%", b"http://a&", b"<!-", b"<!--", b"<?", b'W/"', b"<!--x-->", b"(", b"*", b"=", b"a=b,", b"gzip,",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.decode())
@pytest.mark.parametrize("what", READ.keys())
def test_lines_and_addresses(what: str, part: bytes) -> None:
    read = READ[what]
    for before in (b"", b'"', b"<a>;"):
        assert_linear(lambda size, before=before: read(before + part * size))  # type: ignore[misc]
