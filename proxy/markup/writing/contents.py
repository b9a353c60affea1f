"""Scripts and styles by their content: what is held about them shows in the text, not in the tag."""

import re
from dataclasses import dataclass, field

from ..judging.judge import Judge
from ..judging.scripts import ScriptKind, kind_of
from ..judging.styles import may_fetch
from ..reading.entities import decode_text
from ..reading.passing import MAX_CONTENT
from .start_tag import StartTag, style_without

_IMPORT = re.compile(rb"@import", re.I)
_END_AHEAD = re.compile(rb"</?(?:[^\t\n\f\r />:]*+:)?(?:script|style)(?=[\t\n\f\r />])", re.I)
"""What ends the text of a script or style of SVG: its end tag, or another script or style inside of it."""


@dataclass(slots=True)
class Waiting:
    """A script or style of HTML whose start tag goes out when its content has been looked at."""

    tag: StartTag
    _content: list[bytes] = field(default_factory=list)
    _size: int = 0

    def add(self, content: bytes) -> bool:
        """Take more of the content; whether that is enough to decide."""
        self._content.append(content)
        self._size += len(content)
        return self._size > MAX_CONTENT

    def written(self, judge: Judge, *, closed: bool) -> bytes:
        """The tag with its content. *closed*: its end tag follows, so the content is complete."""
        content, tag = b"".join(self._content), self.tag
        blameless = not tag.finding.services
        inspect_content(judge, tag, content[:MAX_CONTENT])
        if tag.name == b"style" and tag.finding.services:
            content = without_imports(content[:MAX_CONTENT]) + content[MAX_CONTENT:]
        inert = tag.written(judge) + content
        if tag.name != b"style" or not tag.finding.services or not blameless or not closed or not self.whole:
            return inert
        # What is not held in the style stays in force, from a copy; on release the original comes behind it.
        rest = style_without(judge, b"".join(self._content))
        return inert if rest is None else tag.raw + rest + b"</style>" + inert

    @property
    def whole(self) -> bool:
        """Whether all of the content was looked at."""
        return self._size <= MAX_CONTENT


def without_imports(css: bytes) -> bytes:
    """CSS that means the same but has no ``@import`` that Chromium's preload scanner would see.

    It fetches what a ``<style>`` imports whatever the type of the style is, but it does not know escapes.
    """
    return _IMPORT.sub(rb"@\\69 mport", css)


def waits(judge: Judge, tag: StartTag) -> bool:
    """Whether a script or style must wait for its content: not if it is fetched, or data that nobody runs."""
    if tag.name == b"style":
        return True
    return tag.raw_value(b"src") is None and script_kind(judge, tag) is not ScriptKind.DATA


def script_kind(judge: Judge, tag: StartTag) -> ScriptKind:
    """What a browser does with this script."""
    declared = tag.raw_value(b"type")
    return kind_of(None if declared is None else judge.text(declared))


def inspect_content(judge: Judge, tag: StartTag, content: bytes, *, markup: bool = False) -> None:
    """Add to the tag's finding what its content gives away. *markup*: it may have character references."""
    if tag.name == b"style":
        if markup or (may_fetch(content) and not judge.clears_style(content)):
            text = judge.decode(content)
            tag.finding.add(judge.css(decode_text(text) if markup else text))
        return
    kind = script_kind(judge, tag)
    if markup or kind is not ScriptKind.CODE or not judge.clears_code(content):
        text = judge.decode(content)
        tag.finding.add(judge.script(decode_text(text) if markup else text, kind))


def content_ahead(buffer: bytes, start: int, *, ended: bool) -> bytes | None:
    """The content of a script or style of SVG or XML that begins at *start*; None if more must be seen first.

    There the content is markup, and is passed on as such; this only looks ahead for what the tag needs to know.
    """
    end = _END_AHEAD.search(buffer, start, start + MAX_CONTENT)
    if end is not None:
        return buffer[start : end.start()]
    if ended or len(buffer) - start >= MAX_CONTENT:
        return buffer[start : start + MAX_CONTENT]
    return None
