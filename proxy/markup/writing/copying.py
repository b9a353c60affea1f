"""From the tokenizer to the output: what is not changed, and what is put in."""

import re

from ..reading.tokenizer import Token, Tokenizer
from .pieces import Pieces, Where
from .placement import Insertion, Placement, Stage

_NOT_SPACE = re.compile(rb"[^\t\n\f\r ]")
_BOM = b"\xef\xbb\xbf"
_BEFORE: dict[Insertion, tuple[Where, ...]] = {
    Insertion.HEAD_BEFORE: ("head",),
    Insertion.BODY_BEFORE: ("body",),
    Insertion.BOTH_BEFORE: ("head", "body"),
    Insertion.HEAD_BEFORE_BODY_AFTER: ("head",),
}
_AFTER: dict[Insertion, tuple[Where, ...]] = {
    Insertion.HEAD_AFTER: ("head",),
    Insertion.BODY_AFTER: ("body",),
    Insertion.HEAD_BEFORE_BODY_AFTER: ("body",),
}


class Copy:
    """Copies a document, with *head* and *body* where they belong. What to change is a subclass's business.

    A subclass calls :meth:`write_to` before it adds something of its own to :attr:`out`, and :meth:`skip_to` where
    that stands for a part of the document.
    """

    def __init__(self, out: Pieces, stage: Stage, *, head: bytes, body: bytes, xml: bool) -> None:
        self.out = out
        self.inserts: dict[Where, bytes] = {"head": head, "body": body}
        self.tokens = Tokenizer(xml=xml)
        self.placement = Placement(stage, xml=xml)
        self.started = False
        """Whether there was anything but white space."""
        self._done = 0

    def write_to(self, position: int) -> None:
        """Pass on, as it is, what stands before *position* and was not passed on or skipped."""
        if position > self._done:
            self.out.add(self.tokens.buffer[self._done : position])
            self._done = position

    def skip_to(self, position: int) -> None:
        """What stands before *position* is dealt with."""
        self._done = position

    def forget(self) -> None:
        """Pass on all that was read, and drop it from the buffer."""
        self.write_to(self.tokens.position)
        self.tokens.discard(self.tokens.position)
        self._done = 0

    def insert_before(self, place: Insertion) -> None:
        """Put in what belongs before a token."""
        for where in _BEFORE.get(place, ()):
            self.out.insert(where, self.inserts[where])

    def insert_after(self, place: Insertion) -> None:
        """Put in what belongs behind a token."""
        for where in _AFTER.get(place, ()):
            self.out.insert(where, self.inserts[where])

    def watch_text(self, token: Token) -> None:
        """Take text, while it can still make a body begin: at its first character that is not white space."""
        buffer, start = self.tokens.buffer, token.start
        if not self.started and buffer.startswith(_BOM, start):
            start += len(_BOM)
        visible = _NOT_SPACE.search(buffer, start, token.end)
        if visible is not None:
            self.started = True
            self.write_to(visible.start())
            self.insert_before(self.placement.text())
