"""Addresses in CSS that a browser fetches: ``url()``, ``src()``, ``@import``, ``image-set()``, and strings.

A string may come to stand in an ``image-set()`` by way of a custom property, from another sheet or element: where there
are such properties, one that is an absolute address is taken for what it says.

CSS Syntax 3 §4 (escapes, comments), Values 4 §4.5 (addresses), Images 4 §2.4 (image sets).
"""

import re
from collections.abc import Callable

_FETCHING = re.compile(rb"url|@|image-set|src|//|\\", re.I)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})(?:\r\n|[\t\n\f\r ])?|(\r\n|[\n\f\r])|(.))", re.S)
_STRING = r"\"([^\"\n]*)|'([^'\n]*)"
_OPENING = re.compile(r"[(@]")
_ADDRESS = re.compile(r"\(\s*(?:" + _STRING + r"|([^\s\"')][^\s)]*))")
"""What stands behind ``url`` and ``src``."""
_IMPORT = re.compile(r"@import\s*(?:" + _STRING + r")", re.I)
_IMAGE_SET = re.compile(r"\((?:[^()]|\([^()]*\))*")
"""What stands behind ``image-set``."""
_ANY_STRING = re.compile(_STRING)
_ABSOLUTE = re.compile(r"""["']((?:(?:https?|wss?):)?[/\\]{2}[^"'\s]*)""", re.I)
"""A string that says where it leads."""

type Held = Callable[[str], str | None]

NEUTRAL = "data:,"
"""Stands where a held address stood: it is fetched from nowhere and means nothing."""


def may_fetch(css: bytes) -> bool:
    """Whether CSS, still encoded, can name an address at all. Cheap; most style attributes end here."""
    return _FETCHING.search(css) is not None


def held_in(css: str, held: Held) -> list[str]:
    """The services whose addresses *css* would fetch; escapes and comments do not hide them."""
    texts = [css]
    if "\\" in css:
        texts.append(_ESCAPE.sub(_unescaped, css))
    if "/*" in css:
        texts.extend([_COMMENT.sub("", text) for text in texts])
    found: dict[str, None] = {}
    for text in texts:
        for start, end in _addresses(text):
            if service := held(text[start:end]):
                found[service] = None
    return list(found)


def neutralised(css: str, held: Held) -> str | None:
    """*css* with every held address replaced, the rest as it was; None if that can't be done safely."""
    parts: list[str] = []
    position = 0
    for start, end in _addresses(css):
        if start >= position and held(css[start:end]):
            parts += (css[position:start], NEUTRAL)
            position = end
    parts.append(css[position:])
    result = "".join(parts)
    return None if held_in(result, held) else result


def _addresses(css: str) -> list[tuple[int, int]]:
    """Where the addresses in *css* are, in order.

    They begin at a bracket or an ``@``, which are rare: to look for the words before them, in any case, takes ten times
    as long.
    """
    spans: list[tuple[int, int]] = []
    read = read_set = 0
    for opening in _OPENING.finditer(css):
        at = opening.start()
        match = None
        if css[at] == "@":
            match = _IMPORT.match(css, at) if at >= read else None
        else:
            word = css[max(0, at - 9) : at].lower()
            if at >= read and word.endswith(("url", "src")):
                match = _ADDRESS.match(css, at)
            elif at >= read_set and word == "image-set" and (image_set := _IMAGE_SET.match(css, at)):
                # What was read once is not read again for each bracket in it.
                read_set = image_set.end()
                spans += [_group_span(string) for string in _ANY_STRING.finditer(css, at, read_set)]
        if match is not None:
            read = match.end()
            spans.append(_group_span(match))
    if "--" in css:
        spans += [string.span(1) for string in _ABSOLUTE.finditer(css)]
    return sorted(spans)


def _group_span(match: re.Match[str]) -> tuple[int, int]:
    return match.span(match.lastindex or 0)


def _unescaped(match: re.Match[str]) -> str:
    digits, newline, character = match.groups()
    if digits is None:
        return "" if newline else str(character)
    code = int(digits, 16)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\N{REPLACEMENT CHARACTER}"
