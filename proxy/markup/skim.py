"""What the rewriter may pass over without a look: the bulk of a page, at the speed of one regular expression.

The patterns list what is *known* to be harmless (elements that switch no state, attributes that name nothing a
browser fetches, values that can't); everything else falls to the slow path. They never decide anything that the
slow path would decide otherwise, so they change the time it takes and nothing else. They stop short of anything
incomplete or unusual in spelling.
"""

import re

_TAGS = (
    b"a|abbr|address|area|article|aside|b|bdi|bdo|blockquote|br|button|canvas|caption|center|cite|code|col|colgroup|"
    b"dd|del|details|dfn|dialog|div|dl|dt|em|fieldset|figcaption|figure|font|footer|form|h[1-6]|header|hgroup|hr|i|"
    b"input|ins|kbd|label|legend|li|main|mark|menu|nav|ol|optgroup|option|output|p|picture|pre|progress|q|s|samp|"
    b"search|section|small|span|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|time|tr|u|ul|var|wbr"
)
_NAMES = (
    b"accept|accesskey|action|align|alt|aria-[a-z]++|autocapitalize|autocomplete|autocorrect|autofocus|border|checked|"
    b"class|color|cols|colspan|content|data-(?!hb)[a-z0-9_.:-]*+|datetime|dir|disabled|draggable|enctype|face|for|form|"
    b"height|hidden|href|hreflang|id|itemid|itemprop|itemref|itemscope|itemtype|label|lang|max|maxlength|method|min|"
    b"minlength|name|novalidate|open|pattern|placeholder|property|readonly|rel|required|role|rows|rowspan|scope|"
    b"selected|size|spellcheck|start|step|tabindex|target|title|translate|type|typeof|valign|value|width|wrap"
)
_ATTRIBUTE = (
    rb"[\t\n\r ]++(?:(?:" + _NAMES + rb")(?:=(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r \"'>=<`]++))?+"
    rb"|style=\"[^\"(\\&@]*+\")(?=[\t\n\r />])"
)
_CLOSE = rb"[\t\n\r ]*+/?>"
_TAG = rb"<(?:" + _TAGS + rb")(?=[\t\n\r />])(?:" + _ATTRIBUTE + rb")*+" + _CLOSE
_END_TAG = rb"</(?:" + _TAGS + rb")[\t\n\r ]*+>"
_COMMENT = rb"<!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+--!?>"
_TEXT = rb"[^<]++|<(?=[^A-Za-z/!?])"

_LOCAL_VALUE = rb"[^\"'>:&\\/]*+(?:/(?![\t\n\r/])[^\"'>:&\\/]*+)*+"
_LOCAL_IMAGE = (
    rb"<img(?=[\t\n\r ])(?:[\t\n\r ]++(?:src|srcset)=\"" + _LOCAL_VALUE + rb"\"(?=[\t\n\r />])|"
    rb"[\t\n\r ]++(?:sizes|loading|decoding|fetchpriority|crossorigin)=\"[^\"]*+\"(?=[\t\n\r />])|" + _ATTRIBUTE
    + rb")*+" + _CLOSE
)  # fmt: skip

_SHAPES = (b"path", b"circle", b"rect", b"line", b"polyline", b"polygon", b"ellipse", b"stop")
_PLAIN_PAINT = rb"[\t\n\r ]++(?!on|style|src|href|data-hb)[a-z][A-Za-z0-9-]*+=\"[^\"(:&\\]*+\"(?=[\t\n\r />])"
_SHAPE = b"|".join(
    rb"<%(s)s(?=[\t\n\r />])(?:%(paint)s)*+[\t\n\r ]*+(?:/>|>[\t\n\r ]*+</%(s)s>)"
    % {b"s": shape, b"paint": _PLAIN_PAINT}
    for shape in _SHAPES
)
"""Spelled out for each shape: with a group and a reference to it CPython 3.13.0 fails (tests/unit/test_patterns.py)."""

_META = (
    rb"<meta(?=[\t\n\r ])(?:" + _ATTRIBUTE + rb"|[\t\n\r ]++(?:charset|media|scheme)(?:=(?:\"[^\"]*+\"|'[^']*+'|"
    rb"[^\t\n\f\r \"'>=<`]++))?+(?=[\t\n\r />]))*+" + _CLOSE
)  # fmt: skip
"""Metadata that says nothing to the browser but words: no ``http-equiv``."""

HEAD = re.compile(rb"(?>[\t\n\f\r ]++|" + _META + rb"|" + _COMMENT + rb")*+")
"""For the head of a page: what leaves it the head."""

HTML = re.compile(rb"(?>" + _TEXT + rb"|" + _TAG + rb"|" + _END_TAG + rb"|" + _COMMENT + rb")*+")
"""For plain HTML in the body of a page."""

HTML_AT_HOME = re.compile(
    rb"(?>" + _TEXT + rb"|" + _TAG + rb"|" + _END_TAG + rb"|" + _COMMENT + rb"|" + _LOCAL_IMAGE + rb")*+"
)
"""The same where an address without a host can't be held."""

SVG = re.compile(rb"(?>" + _TEXT + rb"|" + _SHAPE + rb"|" + _COMMENT + rb")*+")
"""For SVG with no HTML in it."""
