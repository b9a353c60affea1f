"""Character references, decoded as a browser decodes them (WHATWG HTML §13.2.5.72 to §13.2.5.80).

A tracker's address that is written with references must be seen for what it is, and text that only looks
like a reference must not: ``?a=1&copy=2`` is no copyright sign in an attribute, but is one in text.
"""

import re
from html.entities import html5

_REFERENCE = re.compile(r"&(?:#[xX]([0-9A-Fa-f]+);?|#([0-9]+);?|([A-Za-z0-9]+)(;?)(=?))")
_LONGEST = max(map(len, html5))
_WINDOWS_1252 = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""What numeric references to the C1 controls mean (the table of §13.2.5.80)."""


def decode_attribute(value: str) -> str:
    """The value of an attribute, its references decoded: without ``;``, one before ``=`` or a letter stays."""
    references = value.count("&")
    if not references:
        return value
    if references == value.count("&amp;"):  # as in most addresses
        return value.replace("&amp;", "&")
    return _REFERENCE.sub(_in_attribute, value)


def decode_text(text: str) -> str:
    """Text between tags, its references decoded: the longest known name wins, with or without ``;``."""
    return _REFERENCE.sub(_in_text, text) if "&" in text else text


def _in_attribute(match: re.Match[str]) -> str:
    hexadecimal, decimal, name, semicolon, equals = match.groups()
    if name is None:
        return _numeric(hexadecimal, decimal)
    if semicolon:
        found = html5.get(name + ";")
        return match[0] if found is None else found + equals
    return match[0] if equals else html5.get(name, match[0])


def _in_text(match: re.Match[str]) -> str:
    hexadecimal, decimal, name, semicolon, equals = match.groups()
    if name is None:
        return _numeric(hexadecimal, decimal)
    run = name + semicolon
    for length in range(min(len(run), _LONGEST), 1, -1):
        found = html5.get(run[:length])
        if found is not None:
            return found + run[length:] + equals
    return match[0]


def _numeric(hexadecimal: str | None, decimal: str | None) -> str:
    digits = (hexadecimal or decimal or "").lstrip("0")
    if len(digits) > 7:  # beyond Unicode, and int() of a megabyte of digits is slow
        return "\N{REPLACEMENT CHARACTER}"
    code = int(digits or "0", 16 if hexadecimal else 10)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return _WINDOWS_1252.get(code) or chr(code)
