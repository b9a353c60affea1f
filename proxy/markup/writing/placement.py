"""Where the guard and the notice go (WHATWG HTML §13.2.6.4.1 to .6: before html, before head, in head, after head).

The guard stands first in the head, the notice first in the body. Where a page leaves out those tags, they stand
before what would make a browser imply them. A frameset page has no body and gets no notice.
"""

from enum import Enum, auto

_IN_HEAD = frozenset(
    b"base basefont bgsound link meta title noscript noframes style script template head html".split()
)
_IMPLYING_ENDS = frozenset(b"body html br".split())


class Stage(Enum):
    """How far a page is."""

    BEFORE_HEAD = auto()
    HEAD = auto()
    BODY = auto()
    FRAMESET = auto()


class Insertion(Enum):
    """What is to be inserted at a token."""

    NOTHING = auto()
    HEAD_BEFORE = auto()
    HEAD_AFTER = auto()
    BODY_BEFORE = auto()
    BODY_AFTER = auto()
    BOTH_BEFORE = auto()
    HEAD_BEFORE_BODY_AFTER = auto()


class Placement:
    """Follows a page until its body begins. ``xml``: nothing is implied, and nothing is inserted without its tag."""

    def __init__(self, stage: Stage, *, xml: bool = False) -> None:
        self.stage = stage
        self._xml = xml
        self._templates = 0

    @property
    def watching(self) -> bool:
        """Whether every token must be shown to this object."""
        return self.stage in (Stage.BEFORE_HEAD, Stage.HEAD)

    @property
    def in_head(self) -> bool:
        """Whether an element that comes now is certainly in the page's head, and in no template there."""
        return self.stage is Stage.HEAD and not self._templates

    def start(self, name: bytes) -> Insertion:
        """What a start tag called *name* calls for."""
        if self.stage is Stage.BEFORE_HEAD:
            if name == b"html" or (self._xml and name not in (b"head", b"body")):
                return Insertion.NOTHING
            self.stage = Stage.HEAD
            if name == b"head":
                return Insertion.HEAD_AFTER
            return _with_head(self._start_in_head(name))
        return self._start_in_head(name) if self.stage is Stage.HEAD else Insertion.NOTHING

    def end(self, name: bytes) -> Insertion:
        """What an end tag called *name* calls for."""
        if self._xml:
            return Insertion.NOTHING
        if self.stage is Stage.BEFORE_HEAD:
            if name != b"head" and name not in _IMPLYING_ENDS:
                return Insertion.NOTHING
            self.stage = Stage.HEAD
            return _with_head(self._body() if name in _IMPLYING_ENDS else Insertion.NOTHING)
        if name == b"template":
            self._templates = max(self._templates - 1, 0)
        return self._body() if name in _IMPLYING_ENDS and not self._templates else Insertion.NOTHING

    def text(self) -> Insertion:
        """What text other than white space calls for."""
        if self._xml or self._templates:
            return Insertion.NOTHING
        if self.stage is Stage.BEFORE_HEAD:
            self._body()
            return Insertion.BOTH_BEFORE
        return self._body()

    def _start_in_head(self, name: bytes) -> Insertion:
        if self._xml:
            if name != b"body":
                return Insertion.NOTHING
            self.stage = Stage.BODY
            return Insertion.BODY_AFTER
        if name == b"template":
            self._templates += 1
        if self._templates or name in _IN_HEAD:
            return Insertion.NOTHING
        if name == b"frameset":
            self.stage = Stage.FRAMESET
            return Insertion.NOTHING
        place = self._body()
        return Insertion.BODY_AFTER if name == b"body" else place

    def _body(self) -> Insertion:
        self.stage = Stage.BODY
        return Insertion.BODY_BEFORE


def _with_head(place: Insertion) -> Insertion:
    if place is Insertion.BODY_BEFORE:
        return Insertion.BOTH_BEFORE
    return Insertion.HEAD_BEFORE_BODY_AFTER if place is Insertion.BODY_AFTER else Insertion.HEAD_BEFORE
