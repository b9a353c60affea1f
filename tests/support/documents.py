"""Documents for the rewriter's fuzzer: pieces that switch a parser's state, in any order, and trackers among them."""

import random

TRACKERS = (
    '<img src="//tracker.test/{n}/img">',
    "<img srcset='//tracker.test/{n}/srcset 1x'>",
    "<script src=//tracker.test/{n}/script></script>",
    '<link rel=stylesheet href="http://tracker.test/{n}/css">',
    '<iframe src="http:tracker.test/{n}/frame"></iframe>',
    '<iframe srcdoc="<img src=//tracker.test/{n}/srcdoc>"></iframe>',
    "<style>@import '//tracker.test/{n}/import';</style>",
    '<p style="background:url(//tracker.test/{n}/style)">x</p>',
    '<svg><image href="//tracker.test/{n}/image"/></svg>',
    '<image xlink:href="//tracker.test/{n}/xlink" src="/\\tracker.test/{n}/html-image">',
    '<input type=image src="ht&#x74;p://tracker.test/{n}/input">',
    "<video poster=//tracker.test/{n}/poster></video>",
    "<object data=//tracker.test/{n}/object></object>",
    "<embed src=//tracker.test/{n}/embed>",
    "<table background=//tracker.test/{n}/table><td>x</table>",
    "<script href=//tracker.test/{n}/svg-script></script>",
    "<img src=/own src=//tracker.test/{n}/repeated>",
    '<img/src="//tracker.test/{n}/slash"/ onload=""',
    "<base href=//tracker.test/{n}/base/><img src=relative>",
)

SWITCHES = (
    "<svg>", "</svg>", "<math>", "</math>", "<foreignObject>", "</foreignObject>", "<desc>", "</desc>", "<title>",
    "</title>", "<mi>", "</mi>", "<mtext>", "</mtext>", "<annotation-xml encoding=text/html>", "<annotation-xml>",
    "</annotation-xml>", "<style>", "</style>", "<script>", "</script>", "<script type=text/x>", "<textarea>",
    "</textarea>", "<xmp>", "</xmp>", "<noscript>", "</noscript>", "<noembed>", "</noembed>", "<noframes>",
    "</noframes>", "<iframe>", "</iframe>", "<template>", "</template>", "<select>", "</select>", "<option>",
    "<table>", "</table>", "<tr>", "<td>", "</td>", "<div>", "</div>", "<p>", "</p>", "<a href=x>", "</a>", "<b>",
    "</b>", "<font color=red>", "</font>", "<br>", "</br>", "<head>", "</head>", "<body>", "</body>", "<html>",
    "</html>", "<g>", "</g>", "<path d='M0 0'/>", "<svg/>", "<style/>", "<title/>", "<mglyph>", "<malignmark>",
    "<form>", "</form>", "<button>", "</button>", "<li>", "<h1>", "</h1>", "<caption>", "<colgroup>", "<ruby>", "<rp>",
)  # fmt: skip

OPENINGS = (
    "<!--", "-->", "--!>", "<!-->", "<!--->", "<!", "<?", "</", "</>", ">", "<", '"', "'", "=", "/", "<![CDATA[", "]]>",
    "<a title='", '<a title="', "<a title=", "<a x", "&lt;", "\0", "\r\n", "\t", " ", "text", "<p a=b'c\"d>", "-", "!",
    "<!doctype html>", "<!--<script>", "</script ", "<scr", "<p/", "é", "\f",
)  # fmt: skip


def document(seed: int) -> str:
    """A document, the same for the same *seed*; its trackers' addresses begin with ``/seed/``."""
    chance = random.Random(seed)
    pieces = ["<!doctype html>"] if chance.random() < 0.8 else []
    for _ in range(chance.randint(2, 14)):
        drawn = chance.random()
        table = SWITCHES if drawn < 0.6 else OPENINGS if drawn < 0.75 else TRACKERS
        pieces.append(chance.choice(table))
    if not any("tracker" in piece for piece in pieces):
        pieces.insert(chance.randint(0, len(pieces)), chance.choice(TRACKERS))
    return "".join(pieces).replace("{n}", str(seed))


def harmless(seed: int) -> str:
    """A document like those of :func:`document` whose addresses are all the site's own."""
    return (
        document(seed)
        .replace("ht&#x74;p:", "")
        .replace("http:", "")
        .replace("tracker.test", "own")
        .replace("//own", "/own")
        .replace("/\\own", "/own")
    )
