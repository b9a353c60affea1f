"""Which attribute of which element is live: the proxy in markup, and the guard by property and in text, say the same.

Both go by one table; this holds what each of them makes of it to the same verdicts, over the whole grid.
"""

import itertools
from html import escape

import pytest

from tests.support.markup import rewrite_fragment

from .support import Opened

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

HTML = (
    "a area applet audio base bgsound button del div embed fencedframe form iframe image img input ins link meta "
    "object p portal q script source table td th tr track video x-y"
)
SVG = (
    "a animate animateMotion animateTransform feImage filter foreignObject g image linearGradient mpath path pattern "
    "rect script set style svg text textPath use view"
)
MATHML = "annotation-xml math mglyph mi semantics"
PAINT = "fill stroke filter mask clip-path cursor marker marker-start marker-mid marker-end"
LIVE = (
    "src srcset imagesrcset data background poster style href xlink:href ping attributionsrc to from by values "
    f"onload onclick onfoo {PAINT}"
)
OTHER = (
    "action begin border-image cite classid code codebase content d data-src dynsrc formaction icon longdesc lowsrc "
    "manifest mask-image on profile src-foo srcs title usemap"
)


def value(name: str) -> str:
    """What names a tracker in an attribute called *name*."""
    if name.startswith("on"):
        return "import('http://tracker.test/x')"
    if name in PAINT.split() or name.endswith("-image"):
        return "url(http://tracker.test/x)"
    return (
        "color: red; background: url(http://tracker.test/x)" if name == "style" else "http://tracker.test/x"
    )


GRID = [
    (space, element, name)
    for space, elements in (("html", HTML), ("svg", SVG), ("math", MATHML))
    for element, name in itertools.product(elements.split(), f"{LIVE} {OTHER}".split())
]
ANSWERS = """(grid) => grid.map(([space, name, attribute, value, markup]) => {
  const spaces = {html: '1999/xhtml', svg: '2000/svg', math: '1998/Math/MathML'};
  const element = document.createElementNS('http://www.w3.org/' + spaces[space], name);
  if (name == 'link') element.rel = 'stylesheet';
  element.setAttribute(attribute, value);
  const template = document.createElement('template');
  template.innerHTML = markup;
  return [element.getAttribute(attribute) != value, template.innerHTML.includes('data-hb-')];
})"""


def markup(space: str, element: str, name: str) -> str:
    rel = " rel=stylesheet" if element == "link" else ""
    tag = f'<{element}{rel} {name}="{value(name)}">'
    return tag if space in ("html", element) else f"<{space}>{tag}"


def test_the_proxy_and_the_guard_say_the_same(opened: Opened) -> None:
    page = opened("<p>A page</p>")
    asked = [(*one, value(one[2]), markup(*one)) for one in GRID]
    by_proxy = [b"data-hb-" in rewrite_fragment(tag.encode()) for *_, tag in asked]
    by_guard = page.evaluate(ANSWERS, asked)
    # The proxy judges what stands behind a base; a base that a script makes may not lead to a tracker at all.
    is_base = [element == "base" and name.endswith("href") for _, element, name in GRID]
    differing = [
        (*one, proxy, guard)
        for one, proxy, guard, base in zip(GRID, by_proxy, by_guard, is_base, strict=True)
        if guard != [proxy or base, proxy or base]
    ]
    assert differing == []
    held = {name for (_, _, name), proxy in zip(GRID, by_proxy, strict=True) if proxy}
    assert held == set(LIVE.split())


T = "http://tracker.test/x"
LEADS = [
    *(
        ("style", css.replace("T", T))
        for css in (
            "background: url(T)",
            "background: URL( 'T' )",
            "background: u\\72l(T)",
            "background: url(http:\\2f\\2ftracker.test/x)",
            "background: url('http://tra\\\ncker.test/x')",
            "background: url(T",
            "background: image-set('T' 1x)",
            "background: image-set(var(--u) 1x); --u: 'T'",
            '--u: "T" 1x',
            "--u: url(T)",
        )
    ),
    *(
        ("onclick", code.replace("T", T))
        for code in (
            "import('T')",
            "import ( `T` )",
            'import(/* webpackChunkName: "x" */ "T")',
            "import(// x\n'T')",
            "import('http:\\/\\/tracker.test\\/x')",
            "import('\\x68ttp:\\u002f\\u{2f}tracker.test/x')",
            "a = /'/; import('T')",
            "import.defer('T')",
            "`${import('T')}`",
            "import('T', { with: { type: 'json' } })",
        )
    ),
    *(("srcset", text.replace("T", T)) for text in ("T", "a.png 1x, T 2x", "a.png,\tT\n3x", ",,T", "T,")),
]
STAYS = [
    *(
        ("style", css.replace("T", T))
        for css in (
            "content: 'T'",
            "background: url(own.png?T)",
            "--u: 'see T'",
            "font-family: 'a//b'",
            "--u: 1; content: '//own'",
        )
    ),
    *(
        ("onclick", code.replace("T", T))
        for code in (
            "// import('T')\nfoo()",
            "/* import('T') */ foo()",
            "fetch('T')",
            "important('T')",
            "'import(T)'",
        )
    ),
    *(("srcset", text.replace("T", T)) for text in ("own?u=T 1x", "a.png 1x, b.png 2x")),
]


@pytest.mark.parametrize(
    ("asked", "held"), [(LEADS, True), (STAYS, False)], ids=["leads to a tracker", "does not"]
)
def test_they_read_values_alike(opened: Opened, asked: list[tuple[str, str]], held: bool) -> None:
    page = opened("<p>A page</p>")
    rows = [("html", "img", name, text, f'<img {name}="{escape(text)}">') for name, text in asked]
    by_guard = page.evaluate(ANSWERS, rows)
    verdicts = {
        row[3]: (b"data-hb-" in rewrite_fragment(row[4].encode()), *guard)
        for row, guard in zip(rows, by_guard, strict=True)
    }
    assert verdicts == dict.fromkeys(verdicts, (held,) * 3)
