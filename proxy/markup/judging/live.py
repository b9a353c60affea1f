"""Which attributes make a browser fetch or run something without the visitor, and in which way.

The names are in ``rules/data/live-attributes.json``, in groups, for the guard goes by the same ones.
"""

import json
from enum import Enum, auto
from pathlib import Path

_FILE = Path(__file__).parents[2] / "rules" / "data" / "live-attributes.json"


class LiveValue(Enum):
    """How an attribute's value is live."""

    URL = auto()
    URLS = auto()
    """Separated by white space."""
    ANIMATION = auto()
    """Values that an animation gives to another attribute, separated by ``;``."""
    SRCSET = auto()
    CSS = auto()
    CODE = auto()


_GROUPS = {
    "style": LiveValue.CSS,  # on every element
    "address": LiveValue.URL,  # on any but a custom element: what those do is up to a script
    "candidates": LiveValue.SRCSET,  # the same
    "addresses": LiveValue.URLS,  # the same
    "object": LiveValue.URL,  # on <object>
    "link": LiveValue.URL,  # on <link>, and in SVG on what is no link
    "paint": LiveValue.CSS,  # in SVG
    "animation": LiveValue.ANIMATION,  # on SVG's <set> and <animate>
}
_NAMES: dict[str, list[bytes]] = {
    group: names.encode().split() for group, names in json.loads(_FILE.read_text("utf-8")).items()
}
LIVE = {name: kind for group, kind in _GROUPS.items() for name in _NAMES[group]}
"""How an attribute is live, if it is at all on the element that it stands on."""
OBJECT_URLS = frozenset(_NAMES["object"])
PAINTED = frozenset(_NAMES["paint"])
_LINKED = frozenset(_NAMES["link"])
_LINKS = frozenset(b"a area base".split())
_ANIMATING = frozenset(b"set animate".split())


def live(element: bytes, name: bytes, *, foreign: bool) -> LiveValue | None:
    """How an attribute called *name* is live on *element*; *foreign*: it may be SVG's or MathML's."""
    kind = LIVE.get(name)
    if kind is None:
        return LiveValue.CODE if name[:2] == b"on" and len(name) > 2 else None
    if name in _LINKED:
        there = element not in _LINKS and (foreign or element == b"link")
    elif name in PAINTED:
        there = foreign
    elif name in OBJECT_URLS:
        there = element == b"object"
    elif kind is LiveValue.ANIMATION:
        there = element in _ANIMATING
    else:
        there = kind is LiveValue.CSS or b"-" not in element
    return kind if there else None
