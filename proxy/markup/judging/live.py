"""Which attributes make a browser fetch or run something without the visitor, and in which way."""

from enum import Enum, auto

_URL_ON_ANY = frozenset(b"src background poster lowsrc dynsrc".split())
_DATA_ON = frozenset(b"object embed applet".split())
OBJECT_URLS = frozenset(b"data code archive codebase classid".split())
ANIMATED = frozenset(b"to from by values".split())
PAINTED = frozenset(
    b"fill stroke filter mask clip-path cursor marker marker-start marker-mid marker-end".split()
)
_LINKED = frozenset(b"a area base".split())


class Live(Enum):
    """How an attribute's value is live."""

    URL = auto()
    URLS = auto()
    """Separated by white space."""
    ANIMATION = auto()
    """Values that an animation gives to another attribute, separated by ``;``."""
    SRCSET = auto()
    CSS = auto()
    CODE = auto()


LIVE = {
    b"style": Live.CSS,
    **dict.fromkeys((b"srcset", b"imagesrcset"), Live.SRCSET),
    **dict.fromkeys((b"ping", b"attributionsrc"), Live.URLS),
    **dict.fromkeys((*_URL_ON_ANY, *OBJECT_URLS, b"href", b"xlink:href"), Live.URL),
    **dict.fromkeys(ANIMATED, Live.ANIMATION),
    **dict.fromkeys(PAINTED, Live.CSS),
}
"""How an attribute is live, if it is at all on the element that it stands on."""


def live(element: bytes, name: bytes, *, foreign: bool) -> Live | None:
    """How an attribute called *name* is live on *element*; *foreign*: it may be SVG's or MathML's."""
    kind = LIVE.get(name)
    if kind is None:
        return Live.CODE if name[:2] == b"on" and len(name) > 2 else None
    if name in (b"href", b"xlink:href"):
        return kind if element not in _LINKED and (foreign or element == b"link") else None
    if kind is Live.URL:
        return kind if element in _DATA_ON or (name in _URL_ON_ANY and b"-" not in element) else None
    return kind if foreign or (kind is not Live.ANIMATION and name not in PAINTED) else None
