"""What is open around the next tag, as far as it decides how that tag is read."""

from .reading.foreign import FOREIGN, OpenElements
from .writing.start_tag import StartTag

RAW = frozenset(b"script style title textarea xmp iframe noembed noframes noscript plaintext".split())
"""HTML elements behind whose start tag the text is not markup."""

_READ_IN_SELECT = frozenset({b"script", b"textarea"})
"""Those of them that all browsers take notice of inside a ``<select>``."""

_READ_TWICE = frozenset(b"title xmp iframe noembed noframes noscript".split())
"""Those whose content can be rewritten as markup without harm to a browser for which it is text."""

_FONT_BREAKS = frozenset({b"color", b"face", b"size"})


class Surroundings:
    """SVG and MathML (:class:`.reading.foreign.OpenElements`), and ``<select>``, where browsers differ.

    By the older rules a browser ignores most tags inside a select, ``<style>`` among them, and reads on as if it were
    not there; by the newer ones (Chromium since 2025) it does not. Most content can be made safe for both readings
    (:meth:`doubtful`); before the rest the end of the select is written out, behind which all agree.
    """

    def __init__(self, *, read_twice: bool = True) -> None:
        self._read_twice = read_twice
        self._open = OpenElements()
        self._in_select = False

    @property
    def noted(self) -> set[bytes]:
        """The names of unknown elements so far, in lower case."""
        return self._open.odd

    @property
    def plain(self) -> bool:
        """Whether everything is HTML."""
        return self._open.empty

    @property
    def ordinary(self) -> bool:
        """Whether everything is HTML and read alike by all browsers."""
        return self._open.empty and not self._in_select

    @property
    def shapes(self) -> bool:
        """Whether a start tag that is not HTML's makes an SVG element here."""
        return self._open.shapes

    @property
    def cdata(self) -> bool:
        """Whether a CDATA section can begin here."""
        return self._open.cdata

    @property
    def unsure(self) -> bool:
        """Whether this may be SVG or MathML, or HTML."""
        return self._open.unsure

    def is_foreign(self, name: bytes) -> bool:
        """Whether an element called *name*, which does not break out, would be SVG's or MathML's here."""
        return self._open.takes(name)

    def make_sure(self) -> bytes:
        """The end tags behind which this is HTML, where that is in doubt."""
        return self._open.make_sure() if self._open.unsure else b""

    def settle(self, name: bytes) -> bytes:
        """The end tags to write before a start tag called *name*, so that all browsers read it alike."""
        if name not in RAW:
            return b""
        closers = self.make_sure()
        agreed = self._open.empty if name in _READ_IN_SELECT else self._open.takes(name)
        if agreed or not self._in_select or self.doubtful(name):
            return closers
        closers += self.end_all()
        self._open = OpenElements(self._open.odd)
        self._in_select = False
        return closers

    def doubtful(self, name: bytes) -> bool:
        """Whether what follows a start tag called *name* is text for some browsers and markup for others."""
        return self._read_twice and self._in_select and self._open.empty and name in _READ_TWICE

    def enter(self, tag: StartTag) -> bool:
        """Take a start tag; whether its element is SVG's or MathML's."""
        if tag.name == b"select":
            self._in_select = True
        if self._open.empty and tag.name not in FOREIGN:
            self._open.note(tag.name)
            return False
        return self._open.start(
            tag.name,
            self_closing=tag.self_closing,
            html_annotation=(tag.raw_value(b"encoding") or b"").lower()
            in (b"text/html", b"application/xhtml+xml"),
            font_breaks=tag.name == b"font" and any(found.name in _FONT_BREAKS for found in tag.found),
        )

    def leave(self, name: bytes) -> None:
        """Take an end tag."""
        if name == b"select":
            self._in_select = False
        self._open.end(name)

    def end_all(self) -> bytes:
        """End tags for everything that is open."""
        return self._open.end_all() + (b"</select>" if self._in_select else b"")
