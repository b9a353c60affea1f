"""Whether the next tag is HTML's or SVG's or MathML's (WHATWG HTML §13.2.6, tree construction dispatcher).

It matters because ``<style>`` and ``<script>`` hold raw text in HTML, but markup in SVG, and because only SVG and
MathML have CDATA sections. The open elements of SVG and MathML are tracked exactly. For HTML around them a whole
tree builder would be needed to know what some stray end tags do (``<svg></div>`` leaves the SVG if a ``div`` is
open around it, and does nothing otherwise). Where only that could tell, the answer is *unsure*, and before anything
that depends on it the rewriter writes out the end tags that :attr:`OpenElements.closers` names: they do nothing
if the elements are closed already.
"""

from enum import Enum, auto

BREAKOUT = frozenset(
    b"b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu "
    b"meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split()
)
"""Start tags that end all SVG and MathML around them (§13.2.6.5). ``font`` does with some attributes."""

VOID = frozenset(
    b"area base basefont bgsound br col embed frame hr img image input keygen link meta param source track wbr".split()
)
_NEVER_OPEN = VOID | frozenset(
    b"body html head script style title textarea xmp iframe noembed noframes noscript plaintext select".split()
)
"""HTML elements whose end tag, inside SVG, closes nothing that is open around it."""

_CLOSES_P = frozenset(
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 "
    b"h3 h4 h5 h6 header hgroup hr li dd dt main menu nav ol p pre listing search section summary table ul".split()
)
_SILENTLY_CLOSED = frozenset(b"dd dt li optgroup option p rb rp rt rtc".split())

_SVG_INTEGRATION = frozenset({b"foreignobject", b"desc", b"title"})
_MATH_TEXT_INTEGRATION = frozenset({b"mi", b"mo", b"mn", b"ms", b"mtext"})

KNOWN_HTML = BREAKOUT | _CLOSES_P | _SILENTLY_CLOSED | frozenset(
    b"a abbr acronym applet audio bdi bdo button canvas caption cite col colgroup data datalist del dfn font frameset "
    b"ins kbd label legend map mark marquee meter object optgroup output picture progress q samp slot strike tbody td "
    b"template tfoot th thead time tr video".split()
)  # fmt: skip
"""HTML elements that may be open around an SVG: their end tags may close it."""

FOREIGN = frozenset({b"svg", b"math"})
_DEEPEST = 512
"""How many elements are followed inside SVG or MathML: each stray end tag is compared with all that are open. What lies
deeper is *unsure*."""
_MOST_CLOSERS = 1024 * 1024
"""Bytes of end tags that are written to make sure of HTML, in one page."""
_ODD = 1000
"""How many names of unknown elements are kept, to know their end tags by."""


class Space(Enum):
    """An element's namespace, as far as it matters."""

    HTML = auto()
    SVG = auto()
    MATH = auto()
    UNSURE = auto()


type Element = tuple[Space, bytes, bool]
"""Namespace, name in lower case, and whether HTML may stand in it (an HTML integration point)."""

_UNSURE: Element = (Space.UNSURE, b"", True)


class TooDeep(ValueError):
    """SVGs in one another that can't be followed at a bounded cost. Pass the page on under strict headers."""


class OpenElements:
    """The open elements from the outermost ``<svg>`` or ``<math>`` inwards; empty in plain HTML."""

    def __init__(self, odd: set[bytes] | None = None) -> None:
        self._stack: list[Element] = []
        self.odd: set[bytes] = set() if odd is None else odd
        """The names of unknown elements that were noted."""
        self.closers = b""
        """End tags that make sure of HTML, while :attr:`unsure`."""
        self._sticky = False
        self._written = 0

    @property
    def empty(self) -> bool:
        """Whether everything is plain HTML."""
        return not self._stack

    @property
    def unsure(self) -> bool:
        """Whether only a whole tree builder could tell if this is still SVG or MathML."""
        return bool(self._stack) and self._stack[-1][0] is Space.UNSURE

    @property
    def cdata(self) -> bool:
        """Whether a CDATA section can begin here."""
        return bool(self._stack) and self._stack[-1][0] in (Space.SVG, Space.MATH)

    @property
    def shapes(self) -> bool:
        """Whether every start tag that is not HTML's makes an SVG element here."""
        return bool(self._stack) and self._stack[-1][0] is Space.SVG and not self._stack[-1][2]

    def takes(self, name: bytes) -> bool:
        """Whether a start tag called *name*, no breakout, would make an SVG or MathML element."""
        return not self._html_rules(name)

    def end_all(self) -> bytes:
        """End tags for everything that is open."""
        names = [b"</%s>" % name for space, name, _ in reversed(self._stack) if space is not Space.UNSURE]
        return b"".join(names) + self.closers

    def make_sure(self) -> bytes:
        """The end tags to write out, after which this is HTML."""
        closers = self.closers
        self._written += len(closers)
        if self._written > _MOST_CLOSERS:
            raise TooDeep("too many elements of SVG or MathML in one another")
        if not self._sticky:
            self._stack.clear()
            self.closers = b""
        return closers

    def note(self, name: bytes) -> None:
        """Take the start tag of an HTML element where nothing else is open."""
        if name not in KNOWN_HTML and len(self.odd) < _ODD:
            self.odd.add(name)

    def start(self, name: bytes, *, self_closing: bool, html_annotation: bool, font_breaks: bool) -> bool:
        """Take a start tag; whether it makes an SVG or MathML element (``<svg>`` and ``<math>`` themselves do).

        *html_annotation*: its ``encoding`` says that HTML stands in it. *font_breaks*: it has an attribute that
        makes a ``font`` HTML's.
        """
        if not self._html_rules(name):
            if name not in BREAKOUT and not (name == b"font" and font_breaks):
                if not self_closing:
                    space = self._stack[-1][0]
                    self._open((space, name, self._is_integration(space, name, html_annotation)))
                return True
            self._leave()
        return self._start_html(name, self_closing=self_closing)

    def end(self, name: bytes) -> None:
        """Take an end tag."""
        if not self._stack:
            return
        if self.unsure:
            self._end_unsure(name)
        elif self._stack[-1][0] is Space.HTML:
            self._end_html(name, len(self._stack))
        elif name in (b"br", b"p"):
            self._doubt()  # these end it by the standard (§13.2.6.5), but not in Chromium 156
        else:
            self._end_foreign(name)

    def _html_rules(self, name: bytes) -> bool:
        if not self._stack:
            return True
        space, top, integration = self._stack[-1]
        if space in (Space.HTML, Space.UNSURE):
            return True
        if space is Space.MATH:
            if top in _MATH_TEXT_INTEGRATION:
                return name not in (b"mglyph", b"malignmark")
            if top == b"annotation-xml" and name == b"svg":
                return True
        return integration

    @staticmethod
    def _is_integration(space: Space, name: bytes, html_annotation: bool) -> bool:
        if space is Space.SVG:
            return name in _SVG_INTEGRATION
        return name in _MATH_TEXT_INTEGRATION or (name == b"annotation-xml" and html_annotation)

    def _leave(self) -> None:
        while self._stack and self._stack[-1][0] in (Space.SVG, Space.MATH) and not self._stack[-1][2]:
            self._stack.pop()

    def _start_html(self, name: bytes, *, self_closing: bool) -> bool:
        stack = self._stack
        if name in FOREIGN:
            if not self_closing:
                self._open((Space.SVG if name == b"svg" else Space.MATH, name, False))
            return True
        if not stack:
            return False
        if self.unsure:
            if name in BREAKOUT and not self._sticky:
                self.make_sure()
            return False
        if stack[-1][0] is Space.HTML:
            closed = stack[-1][1]
            if (closed == b"p" and name in _CLOSES_P) or (closed in _SILENTLY_CLOSED and closed == name):
                stack.pop()
        if name not in VOID:
            self._open((Space.HTML, name, False))
        return False

    def _open(self, element: Element) -> None:
        self._stack.append(element)
        if len(self._stack) > _DEEPEST:
            self._doubt()

    def _end_foreign(self, name: bytes) -> None:
        stack = self._stack
        for index in range(len(stack) - 1, -1, -1):
            space, open_name, _ = stack[index]
            if space in (Space.HTML, Space.UNSURE):
                self._end_html(name, index + 1)
                return
            if open_name == name:
                del stack[index:]
                return
        known = name in KNOWN_HTML or name in self.odd or b"-" in name
        if known and name not in _NEVER_OPEN:
            self._doubt()

    def _end_html(self, name: bytes, size: int) -> None:
        """An end tag under HTML's rules, with *size* elements open that can be meant."""
        stack = self._stack
        for index in range(size - 1, -1, -1):
            space, open_name, _ = stack[index]
            if space is Space.UNSURE:
                self._doubt()
                return
            if space is not Space.HTML:
                return  # foreignObject and the like: nothing outside can be meant
            if open_name == name:
                if any(between not in _SILENTLY_CLOSED for _, between, _ in stack[index + 1 : size]):
                    self._doubt()
                else:
                    del stack[index:]
                return

    def _end_unsure(self, name: bytes) -> None:
        if not self._sticky and self.closers == b"</" + name + b">":
            self.make_sure()

    def _doubt(self) -> None:
        """From here on this may be SVG or MathML as before, or HTML."""
        roots = [name for space, name, _ in self._stack if space is not Space.UNSURE and name in FOREIGN]
        self._sticky = self._sticky or any(integration for *_, integration in self._stack)
        self.closers = b"".join(b"</%s>" % name for name in reversed(roots)) + self.closers
        self._stack = [_UNSURE]
