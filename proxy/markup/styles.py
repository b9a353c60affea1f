"""Addresses in CSS that a browser fetches: ``url()``, ``src()``, ``@import``, ``image-set()``.

CSS Syntax 3 §4 (escapes, comments), Values 4 §4.5 (addresses), Images 4 §2.4 (image sets).
"""

import re
from collections.abc import Callable

_FETCHING = re.compile(rb"url|@|image-set|src|\\", re.I)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})(?:\r\n|[\t\n\f\r ])?|(\r\n|[\n\f\r])|(.))", re.S)
_STRING = r"\"([^\"\n]*)|'([^'\n]*)"
_REFERENCE = re.compile(
    r"(?:url|src)\(\s*(?:" + _STRING + r"|([^\s\"')][^\s)]*))|@import\s*(?:" + _STRING + r")", re.I
)
_IMAGE_SET = re.compile(r"image-set\((?:[^()]|\([^()]*\))*", re.I)
_ANY_STRING = re.compile(_STRING)

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
    spans = [_group_span(match) for match in _REFERENCE.finditer(css)]
    for image_set in _IMAGE_SET.finditer(css):
        spans += [
            _group_span(match) for match in _ANY_STRING.finditer(css, image_set.start(), image_set.end())
        ]
    return sorted(spans)


def _group_span(match: re.Match[str]) -> tuple[int, int]:
    return match.span(match.lastindex or 0)


def _unescaped(match: re.Match[str]) -> str:
    digits, newline, character = match.groups()
    if digits is None:
        return "" if newline else str(character)
    code = int(digits, 16)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\N{REPLACEMENT CHARACTER}"
