"""What a policy is known not to hold, as the walk over a page asks for it (:mod:`..reading.passing`)."""

from collections.abc import Callable, Hashable
from functools import cache, lru_cache

from ..page import MarkupPolicy
from ..reading import walk
from ..reading.entities import decode_attribute
from ..reading.foreign import KNOWN_HTML, VOID
from ..reading.passing import DATA, OTHER, TO_JUDGE, Names, marks
from ..reading.urls import Base
from .live import LIVE, OBJECT_URLS, PAINTED, LiveValue
from .scripts import ScriptKind, kind_of

_REMEMBERED = 4096
"""Hosts, and types of scripts, that are remembered: sites choose them, so it is bounded."""
_POLICIES = 64
_LONGEST_TYPE = 100

_LOOKED_AT = frozenset(
    b"applet base basefont bgsound embed frame frameset image keygen link meta object template".split()
)
"""HTML's elements that decide more than what they fetch, or are rare."""

_SHAPES = (
    b"circle clippath defs ellipse g line lineargradient path polygon polyline radialgradient rect stop symbol text "
    b"tspan"
).split()  # fmt: skip

_SCRIPTS = {ScriptKind.CODE: TO_JUDGE, ScriptKind.DATA: DATA, ScriptKind.ADDRESSES: OTHER}

_ASCII_IN_CHARACTERS = frozenset({"gb18030", "big5hkscs", "cp932", "cp949"})
"""Codecs in which a byte of ASCII may be a part of another character: a word is not told by its bytes."""


class Clearance:
    """What can't be held on a page of a *policy* with the address *page* that is read with *codec*.

    The answers about hosts and types of scripts are shared by all pages of a policy and a host.
    """

    def __init__(
        self,
        policy: MarkupPolicy,
        page: Base,
        codec: str,
        ask: Callable[[int, bytes], list[str]],
        names: Callable[[list[str]], bytes],
        placeholder: Callable[[bytes, bool], bytes],
    ) -> None:
        self._policy = policy
        self.names = names
        """The attribute that says what a script of these services would have defined."""
        self.placeholder = placeholder
        """The attributes with which a frame that has this ``src``, as it is written, shows what stands in for it; it
        loads when it comes into sight if it is said to be eager."""
        self.ask = ask
        """The held services of a value, as it is written, of a kind that :mod:`..reading.passing` names: asked in
        doubt."""
        self.elements, self.attributes = _names(walk.passing)
        self.own_host = page.host.encode()
        self.hosts, self.types = _answers((policy.key, page.host))
        self.at_home = not policy.own_paths
        self.ascii_only = codec in _ASCII_IN_CHARACTERS
        self.words, self.marks = _marked(policy.script_words)
        self.tails, self.starts = policy.own_segments
        self.segments = _marks_of(self.tails, self.starts)
        folders = page.path.encode("utf-8", "replace").split(b"/")[1:-1]
        self.by_folder = (
            page.path.isascii() and not self.starts.intersection(folders) and b"%" not in page.path.encode()
        )

    def host(self, name: bytes) -> bool:
        """Whether nothing on the host *name*, in lower case and without a port, can be held."""
        if len(self.hosts) >= _REMEMBERED:
            self.hosts.clear()
        said = self.hosts[name] = self._said_of(name)
        return said

    def _said_of(self, name: bytes) -> bool:
        # What may be the page's own host in another spelling is asked about each time.
        if self.own_host.partition(b":")[0].rstrip(b".") == name:
            return False
        return self._policy.clears(name.decode("ascii"))

    def type(self, written: bytes) -> int:
        """What is said of the ``type`` of a script, as it is written."""
        if not written.isascii():
            return OTHER
        said = _SCRIPTS[kind_of(decode_attribute(written.decode("ascii")))]
        if len(written) < _LONGEST_TYPE:
            if len(self.types) >= _REMEMBERED:
                self.types.clear()
            self.types[written] = said
        return said


@cache
def _names(form: walk.Form) -> tuple[Names, Names]:
    """The elements and attributes that the walk knows, in its own form."""
    elements = form.elements(plain=sorted((KNOWN_HTML | VOID) - _LOOKED_AT), shapes=_SHAPES)
    # Those that are live on objects alone are left out: the walk stops at objects.
    attributes = form.attributes(
        addresses=_live(LiveValue.URL),
        sets=_live(LiveValue.SRCSET),
        painted=PAINTED,
        never=(*_live(LiveValue.URLS, LiveValue.ANIMATION), b"srcdoc"),
    )
    return elements, attributes


def _live(*kinds: LiveValue) -> list[bytes]:
    return [name for name, kind in LIVE.items() if kind in kinds and name not in OBJECT_URLS | PAINTED]


@lru_cache(_POLICIES)
def _answers(_key: Hashable) -> tuple[dict[bytes, bool], dict[bytes, int]]:
    return {}, {}


@lru_cache(_POLICIES)
def _marks_of(*segments: frozenset[bytes]) -> bytes:
    return marks(segment for some in segments for segment in some if segment)


@lru_cache(_POLICIES)
def _marked(words: frozenset[bytes]) -> tuple[frozenset[bytes], bytes]:
    return words, marks(words)
