"""What a browser's preload scanner takes for text where the page's parser does not.

The scanner runs ahead and fetches what it sees. It knows nothing of SVG: behind ``<style>`` or ``<title>`` it reads
text until the end tag that fits, wherever that stands. In SVG the parser reads on, and may meet that end tag inside
a comment, a CDATA section or an attribute, where it means nothing to it; for the scanner markup begins there, and
what the parser takes for a comment is fetched. So such an end tag is defused: written so that it means the same to
the parser and nothing to the scanner. (Seen in Chromium 156.)
"""

import re

from .reading.tokenizer import Kind
from .writing.start_tag import StartTag

_END = b"</"
_DEFUSED = {Kind.CDATA: b"<]]><![CDATA[/"}


class Scanner:
    """Whether a preload scanner is reading text, and how to keep it so where the parser is not."""

    def __init__(self) -> None:
        self._name = b""

    @property
    def astray(self) -> bool:
        """Whether the scanner reads text where the parser does not."""
        return bool(self._name)

    def start(self, name: bytes) -> None:
        """The parser went on behind a start tag behind which the scanner reads text."""
        self._name = self._name or name

    def end(self, name: bytes) -> None:
        """An end tag, the parser's and the scanner's."""
        if name == self._name:
            self._name = b""

    def call_back(self) -> bytes:
        """The end tags that make the scanner read markup again, and as HTML; in plain HTML they do nothing else.

        It follows where an SVG ends, by tags that it did not see while it read text; in one it fetches what the
        ``href`` of a script names. (Seen in Chromium 156.)
        """
        closer = b"</%s></svg>" % self._name if self._name else b""
        self._name = b""
        return closer

    def defuse(self, kind: Kind, written: bytes) -> bytes:
        """A comment or CDATA section without an end tag that the scanner would take for one."""
        return written.replace(_END, _DEFUSED.get(kind, b"< /")) if self._name else written

    def defuse_text(self, written: bytes) -> bytes:
        """The same for the text of a script or style: the backslash changes nothing in a string."""
        return written.replace(_END, b"<\\/") if self._name else written

    def defuse_tag(self, tag: StartTag) -> None:
        """The same for the values of a start tag."""
        if not self._name or _END not in tag.raw:
            return
        for attribute in tag.found:
            value = tag.raw[attribute.value_start : attribute.end]
            if _END in value:
                tag.values[attribute.start] = value.replace(_END, b"&lt;/")
        outside = re.compile(rb"</%s(?=[\t\n\f\r />])" % re.escape(self._name), re.I)
        if outside.search(tag.written()):
            self._name = b""  # between the attributes; from there on scanner and parser read alike
