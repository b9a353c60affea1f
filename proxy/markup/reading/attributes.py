"""A start tag's attributes, found as the WHATWG tokenizer finds them (HTML §13.2.5.32 to §13.2.5.40)."""

import re
from dataclasses import dataclass

SPACE = rb"[\t\n\f\r ]"
NAME = rb"[^\t\n\f\r />][^\t\n\f\r />=]*+"
"""An attribute's name: its first byte may be ``=``, and quotes have no meaning in it."""

VALUE = rb"(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r \"'>][^\t\n\f\r >]*+(?!\Z)|(?=>))"
ATTRIBUTES = re.compile(
    rb"(?>[\t\n\f\r /]++|" + NAME + rb"(?:" + SPACE + rb"*+=" + SPACE + rb"*+" + VALUE
    # What stands at the end of the buffer is not finished: a value may follow in the next chunk.
    + rb"|(?!" + SPACE + rb"*+(?:=|\Z))))*+"
)  # fmt: skip
"""Matches as many *whole* attributes as there are; the tag is complete if the next byte is ``>``."""

OPEN_QUOTE = re.compile(NAME + SPACE + rb"*+=" + SPACE + rb"*+([\"'])")
"""An attribute whose value has begun; the group is the quote that must end it."""

_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*+(?:(" + NAME + rb")(?:" + SPACE + rb"*+=" + SPACE + rb"*+"
    rb"(\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r \"'>][^\t\n\f\r >]*+|(?=>)))?|>|\Z)"
)
"""One attribute, or what stands between the last one and the tag's end: a search that failed there would begin again
with every slash."""

_QUOTES = (b'"', b"'")
_UNFINISHED = re.compile(NAME + rb"(" + SPACE + rb"*+)(=?)" + SPACE + rb"*+([^\t\n\f\r ]?)")


@dataclass(slots=True)
class Attribute:
    """One attribute of a tag in a buffer. ``value`` is raw: still encoded, with its character references."""

    name: bytes
    """Lower-case."""
    value: bytes
    start: int
    """Where the name begins."""
    value_start: int
    """Where the value begins, quotes included; the end of the name if there is none."""
    end: int
    """Behind the value and its quote."""
    repeated: bool
    """An attribute of the same name stands before it: a browser ignores this one (§13.2.5.33)."""


def unfinished(buffer: bytes, start: int) -> bytes:
    """A short stand-in for the attribute that begins at *start* and has not ended: what may follow is the same."""
    match = _UNFINISHED.match(buffer, start)
    if match is None:
        return b""
    space, equals, first = match.groups()
    if not equals:
        return b"x" + space[:1]
    return b"x=" + (first if first in (b'"', b"'") else b"x" if first else b"")


def open_quote(raw: bytes, name_end: int) -> bytes:
    """The quote in which a tag was cut off, or nothing."""
    match = ATTRIBUTES.match(raw, name_end)
    quote = OPEN_QUOTE.match(raw, match.end()) if match else None
    return quote[1] if quote else b""


def attributes(buffer: bytes, start: int, end: int) -> list[Attribute]:
    """The attributes between the end of a tag's name and *end*, behind its ``>``, in order, duplicates included."""
    found: list[Attribute] = []
    seen: set[bytes] = set()
    for match in _ATTRIBUTE.finditer(buffer, start, end):
        name, written = match.groups(b"")
        if not name:
            break
        name = name.lower()
        value = written[1:-1] if written[:1] in _QUOTES else written
        behind = match.end()
        found.append(Attribute(name, value, match.start(1), behind - len(written), behind, name in seen))
        seen.add(name)
    return found
