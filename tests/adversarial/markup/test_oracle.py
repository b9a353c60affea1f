"""Chromium as the judge: what it would fetch from a tracker before, it does not fetch after."""

from collections.abc import Iterator

import pytest
from holdback.proxy.markup import Page

from tests.support.documents import document
from tests.support.markup import TrackerPolicy, rewrite
from tests.support.oracle import Oracle, oracle

pytestmark = pytest.mark.usefixtures("either_walk")

pytestmark = pytest.mark.browser

PAGE = Page("http://site.test/page", "utf-8")
IMG = "<img src=//tracker.test/{n}/img>"

DIFFERENTIALS = (
    # what is text in HTML is markup in SVG and MathML
    "<svg><style>" + IMG, "<svg><title><style>" + IMG + "</style></title>", "<math><style>" + IMG,
    "<svg><desc><style></desc>" + IMG + "</style>", "<math><mi><style></mi>" + IMG + "</style>",
    "<svg><![CDATA[ > " + IMG + " ]]></svg>", "<![CDATA[ > " + IMG + " ]]>", "<svg><textarea>" + IMG,
    "<svg><p><style><!--</style>" + IMG + "-->", "<svg></p><style><!--</style>" + IMG + "-->",
    "<div><svg></div><style><!--</style>" + IMG + "-->", "<svg></div><style><!--</style>" + IMG + "-->",
    "<svg><font color=red><style><!--</style>" + IMG + "-->", "<svg><font><style><!--</style>" + IMG + "-->",
    "<math><annotation-xml encoding=text/html><style><!--</style>" + IMG + "-->",
    "<math><annotation-xml><style><!--</style>" + IMG + "-->", "<svg><foreignObject></svg><style>" + IMG + "</style>",
    "<svg><foreignObject><div></foreignObject><style>" + IMG + "</style>" + IMG,
    "<form><math><mtext></form><form><mglyph><style></math>" + IMG, "<math><mtext><table><mglyph><style>" + IMG,
    "<svg><script href=//tracker.test/{n}/a></script>", "<svg><script/>" + IMG, "<script/>" + IMG + "</script>" + IMG,
    # what is text for the preload scanner is markup for the parser
    "<svg><style><a x='</style>" + IMG + "'></style></svg>",
    "<svg><style><![CDATA[</style>" + IMG + "]]></style></svg>",
    "<svg><title></svg><p x='</title>" + IMG + "'>", "<svg><title></svg><script>'</title>" + IMG + "'</script>",
    "<svg><title><style></title>" + IMG + "</style></title></svg>", "<svg><style></g x='</style>" + IMG + "'></svg>",
    "<svg><style><a </style x='" + IMG + "'></svg>", "<svg><textarea><!--</textarea>" + IMG + "-->",
    "<frameset><style><!--</style>" + IMG + "-->", "<svg><style/><!--</style>" + IMG + "-->",
    "<svg></p><svg></svg><image xlink:href=//tracker.test/{n}/xlink>", "<svg></br><image href=//tracker.test/{n}/href>",
    "<svg><style>-<p></style><script href=//tracker.test/{n}/a></script>",
    "<svg><title>-<p></title><script xlink:href=//tracker.test/{n}/a></script>",
    "<svg><style>-<p></style><image href=//tracker.test/{n}/a></image>",
    # where text ends
    "<!-->" + IMG, "<!--->" + IMG, "<!-- --!>" + IMG, "<!-- ->" + IMG + "-->",
    "</ >" + IMG, "<!x>" + IMG, "<?x>" + IMG,
    "<script><!--</script>" + IMG, "<script><!--<script></script>" + IMG + "</script>" + IMG,
    "<script><!--<script>--></script>" + IMG, "<textarea></textarea >" + IMG, "<title></title/x>" + IMG,
    "<style></style\f>" + IMG, "<xmp></XMP>" + IMG, "<iframe>" + IMG + "</iframe>" + IMG,
    "<noscript><p title='</noscript>" + IMG + "'>", "<noscript><!--</noscript>" + IMG + "-->", "<noscript>" + IMG,
    "<noscript><style></noscript>" + IMG + "</style>", "<select><style>" + IMG + "</style>",
    "<select><iframe><style></iframe>" + IMG, "<select><title>" + IMG + "</title>" + IMG, "<select>" + IMG,
    "<template>" + IMG + "</template>" + IMG, "<frameset><style>" + IMG + "<frame src=//tracker.test/{n}/frame>",
    "<p><frameset><frame src=//tracker.test/{n}/frame>", "<table><style></table>" + IMG + "</style>" + IMG,
    # how attributes end
    "<a title='x'" + IMG, "<a title=\"'>" + IMG, "<a title=>" + IMG, "<a x=y/>" + IMG, "<a'>" + IMG, "<a =\">" + IMG,
    "<img\0src=x src=//tracker.test/{n}/nul>", "<img src=a src=//tracker.test/{n}/second>",
    "<a b='c'd=\"" + IMG + "\">",
    "<img src = \n'//tracker.test/{n}/spaced'>", "<img src=//tracker.test/{n}/slash/>",
    "<IMG SRC=\"//tracker.test/{n}/a",
    # how addresses are written
    "<img src='\\\\tracker.test/{n}/back'>", "<img src='/\t/tracker.test/{n}/tab'>",
    "<img src='&#47/tracker.test/{n}/a'>",
    "<img src='http:/tracker.test/{n}/one'>", "<img src='http:///tracker.test/{n}/three'>",
    "<img src='//tracker&period;test/{n}/named'>", "<img src='//TRACKER.test/{n}/case'>",
    "<base href='//tracker.test/{n}/'><img src=x>", "<svg><base href='//tracker.test/{n}/'/></svg><img src=x>",
    "<img srcset='data:,x 1x,//tracker.test/{n}/set 2x'>",
    "<style>p{{background:u\\72l(//tracker.test/{n}/css)}}</style><p>x",
    "<style>@im/**/port '//tracker.test/{n}/a';@import/**/'//tracker.test/{n}/b';</style>",
    "<iframe src='data:text/html,<img src=http://tracker.test/{n}/data>'></iframe>",
    "<iframe src='data:text/html;base64,PGltZyBzcmM9Imh0dHA6Ly90cmFja2VyLnRlc3Qve259L2EiPg=='></iframe>",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium_oracle() -> Iterator[Oracle]:
    with oracle() as judge:
        yield judge


def rewritten(documents: dict[int, bytes]) -> dict[int, bytes]:
    policy = TrackerPolicy()
    return {n: rewrite(html, page=PAGE, policy=policy, head=b"", body=b"") for n, html in documents.items()}


def faults(judge: Oracle, documents: dict[int, bytes]) -> list[tuple[bytes, bytes, list[str]]]:
    after = rewritten(documents)
    return [
        (documents[number], after[number], fetched)
        for scripting in (True, False)
        for number, fetched in judge.fetched(after, scripting=scripting).items()
    ]


def test_where_parsers_differ_nothing_gets_through(chromium_oracle: Oracle) -> None:
    documents = {
        number: text.replace("{n}", str(number)).replace("{{", "{").replace("}}", "}").encode()
        for number, text in enumerate(DIFFERENTIALS, 1)
    }
    assert faults(chromium_oracle, documents) == []


def test_a_sample_of_generated_documents(chromium_oracle: Oracle) -> None:
    documents = {seed: document(seed).encode() for seed in range(100_000, 100_080)}
    live = chromium_oracle.fetched(documents)
    assert len(live) > len(documents) / 2, "documents that fetch nothing prove nothing"
    assert faults(chromium_oracle, documents) == []


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_generated_documents(chromium_oracle: Oracle, part: int) -> None:
    documents = {seed: document(seed).encode() for seed in range(part * 500, part * 500 + 500)}
    assert faults(chromium_oracle, documents) == []
