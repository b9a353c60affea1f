"""What of a page is dealt with in passing: the walk, byte by byte, over tags that decide nothing around them.

Nearly all of a page is text and tags for which a browser fetches nothing, or fetches it from where nothing is held.
The walk knows those for certain. About the rest it asks, and notes how the usual is held (:attr:`Passage.edits`): a
picture, a script, a handler. It stops at everything else, which the slow path (:mod:`..elements`) then looks at. It
never decides anything that the slow path would decide otherwise, so it changes the time it takes and nothing else.
Where it ends, a token ends.

This module is the only one that is compiled (``setup.py``; ``passing.pxd`` beside it gives the types of C). As plain
Python it does the same, several times slower; :mod:`.walk` says which of the two is in use. It imports nothing of ours.
"""

from collections.abc import Iterable
from typing import Any

_COMPILED = not __file__.endswith(".py")

_UNKNOWN, _CUSTOM, _PLAIN, _META, _LINK, _TITLE, _STYLE, _SCRIPT, _NOSCRIPT, _AREA, _FRAME, _SVG, _SHAPE = (
    range(13)
)
"""Kinds of elements: those that the walk stops at, those that it passes with their attributes, and those with rules of
their own. From ``_META`` to ``_NOSCRIPT`` they may stand in a head; the text of ``_TITLE`` to ``_FRAME`` is raw."""

_SAFE, _ADDRESS, _ADDRESSES, _CSS, _CODE, _HREF, _PAINT, _TYPE, _META_NAME, _NEVER = range(10)
"""Kinds of attributes: nothing is asked about them; live in the ways of :class:`..judging.live.LiveValue`, ``_PAINT``
in SVG only; read for what they say of their element; the walk stops at them.
"""

_HEAD, _RAW, _SCRIPTING, _IN_SVG = 1, 2, 4, 8
_TO_JUDGE, _DATA, _OTHER = 1, 2, 3

# What has a type of C can't be seen from outside the module: these are the same for others.
HEAD, RAW_TEXT, SCRIPTING, IN_SVG = _HEAD, _RAW, _SCRIPTING, _IN_SVG
"""Where the walk is, as a sum: in the page's head; where HTML's raw text is read alike by all browsers; where
``<noscript>`` is text; in an SVG."""
TO_JUDGE, DATA, OTHER = _TO_JUDGE, _DATA, _OTHER
"""What is said of a script's type: its text is to be judged; nobody runs it; look at it."""

ADDRESS, ADDRESSES, CSS, CODE, TEXT_OF_SCRIPT = _ADDRESS, _ADDRESSES, _CSS, _CODE, 100
"""What :class:`Passage` asks about: attributes of these kinds, and the text of a script."""
MAX_CONTENT = 256 * 1024
"""Bytes of an inline script or style that are looked at before its start tag must go out."""
_MAX_TAG = 64 * 1024
"""Bytes of one tag; a longer one is not passed over."""
_MAX_SVG = 8 * 1024
"""Bytes of an ``<svg>`` that is passed over as a whole. The limit bounds what is walked in vain."""
_LONG_META = len(b"content-security-policy")
_DEEPEST = 16
_LONGEST_HOST = 253
_LONGEST_SCHEME = len(b"https:")

_SPACE, _ENDS_NAME, _ENDS_ATTRIBUTE, _IN_HOST, _IN_WORD, _LETTER = 1, 2, 4, 8, 16, 32


def _flags(byte: int) -> int:
    lower, digit = 0x61 <= byte <= 0x7A, 0x30 <= byte <= 0x39
    letter = lower or 0x41 <= byte <= 0x5A
    space = byte in b"\t\n\f\r "
    return (
        (_SPACE if space else 0)
        | (_ENDS_NAME if space or byte in b"/>" else 0)
        | (_ENDS_ATTRIBUTE if space or byte in b"/>=" else 0)
        | (_IN_HOST if lower or digit or byte in b".-_" else 0)
        | (_IN_WORD if letter or digit or byte in b"_$" else 0)
        | (_LETTER if letter else 0)
    )


_FLAGS = bytes(map(_flags, range(256)))
_SLOTS = 4096
_MARKS = 4096


class Names:
    """Names, of at most 250 elements or attributes, with the kind of each; found without regard to case."""

    def __init__(self, kinds: dict[bytes, int]) -> None:
        self.kinds = kinds
        self.names = [b"", *kinds]
        self.longest = max(map(len, kinds))
        self.codes = bytes((0, *kinds.values()))
        self.factor = 1
        self.slots = b""
        while not self.slots:
            self.factor += 2
            assert self.factor < _SLOTS, "two names have everything that is hashed in common"
            self.slots = self._arranged()

    def _arranged(self) -> bytes:
        """The names' numbers by their hash, or nothing if two have the same."""
        slots = bytearray(_SLOTS)
        for number in range(1, len(self.names)):
            slot = _hashed(self.names[number], 0, len(self.names[number]), self.factor)
            if slots[slot]:
                return b""
            slots[slot] = number
        return bytes(slots)

    def find(self, buffer: bytes, start: int, end: int) -> int:
        """The kind of the name that stands in *buffer* from *start* to *end*; 0 if it has none."""
        if start >= end or end - start > self.longest:
            return 0
        if not _COMPILED:
            return self.kinds.get(buffer[start:end].lower(), 0)
        number = self.slots[_hashed(buffer, start, end, self.factor)]
        if not number:
            return 0
        name = self.names[number]
        if len(name) != end - start:
            return 0
        for at in range(end - start):
            if _lower(buffer[start + at]) != name[at]:
                return 0
        return self.codes[number]


def _hashed(buffer: bytes, start: int, end: int, factor: int) -> int:
    size = end - start
    value = (size * factor + (buffer[start] | 0x20)) & 0xFFFFFF
    value = (value * factor + (buffer[end - 1] | 0x20)) & 0xFFFFFF
    value = (value * factor + (buffer[(start + end) >> 1] | 0x20)) & 0xFFFFFF
    value = (value * factor + (buffer[end - 2 if size > 1 else start] | 0x20)) & 0xFFFFFF
    return (value ^ (value >> 12)) & (_SLOTS - 1)


def _lower(byte: int) -> int:
    return byte | 0x20 if 0x41 <= byte <= 0x5A else byte


def _find(buffer: bytes, byte: int, start: int, end: int) -> int:
    """Where *byte* is, or *end*."""
    if _COMPILED:
        while start < end and buffer[start] != byte:
            start += 1
        return start
    found = buffer.find(byte, start, end)
    return end if found < 0 else found


def _past_space(buffer: bytes, start: int, end: int) -> int:
    while start < end and _FLAGS[buffer[start]] & _SPACE:
        start += 1
    return start


def _is(buffer: bytes, start: int, end: int, word: bytes) -> bool:
    """Whether *word*, in lower case, begins at *start*, in any case."""
    if end - start < len(word):
        return False
    for at in range(len(word)):  # noqa: SIM110  (what all() takes is no loop of C)
        if _lower(buffer[start + at]) != word[at]:
            return False
    return True


def _is_word(buffer: bytes, start: int, end: int, word: bytes) -> bool:
    """Whether *word*, in lower case, is all that stands there, in any case."""
    return end - start == len(word) and _is(buffer, start, end, word)


def elements(plain: Iterable[bytes], shapes: Iterable[bytes]) -> Names:
    """The elements: HTML's that decide nothing but what their attributes fetch, SVG's that do not either, and those
    that this module has rules for.
    """
    return Names(
        {
            **dict.fromkeys(plain, _PLAIN),
            **dict.fromkeys(shapes, _SHAPE),
            b"meta": _META,
            b"link": _LINK,
            b"title": _TITLE,
            b"style": _STYLE,
            b"script": _SCRIPT,
            b"noscript": _NOSCRIPT,
            b"textarea": _AREA,
            b"iframe": _FRAME,
            b"svg": _SVG,
        }
    )


def attributes(
    addresses: Iterable[bytes], sets: Iterable[bytes], painted: Iterable[bytes], never: Iterable[bytes]
) -> Names:
    """The attributes with an address, with a ``srcset``, with CSS in SVG alone, and those that the walk stops at."""
    return Names(
        {
            **dict.fromkeys(addresses, _ADDRESS),
            **dict.fromkeys(sets, _ADDRESSES),
            **dict.fromkeys(painted, _PAINT),
            **dict.fromkeys(never, _NEVER),
            b"style": _CSS,
            b"href": _HREF,
            b"xlink:href": _HREF,
            b"type": _TYPE,
            b"http-equiv": _META_NAME,
        }
    )


class Passage:
    """The walk over the pages of one policy.

    It asks *clear* (see :class:`..judging.clearance.Clearance`, whose names these are) about hosts, types of scripts
    and words, each once, and keeps the answers in dictionaries that *clear* bounds.
    """

    def __init__(self, clear: Any) -> None:
        self.elements = clear.elements
        self.attributes = clear.attributes
        self.own_host = clear.own_host
        self.hosts = clear.hosts
        self.ask_host = clear.host
        self.ask = clear.ask
        self.names_of = clear.names
        self.placeholder = clear.placeholder
        self.types = clear.types
        self.ask_type = clear.type
        self.words = clear.words
        self.marks = clear.marks
        self.tails = clear.tails
        self.starts = clear.starts
        self.segments = clear.segments
        self.at_home = clear.at_home
        self.ascii_only = clear.ascii_only
        self.relative = True
        """Whether a reference without a host leads to the page's own: no ``<base>`` says otherwise."""
        self.by_folder = clear.by_folder
        """Whether one that does not begin with a slash can be told without a look at the page's own path."""
        self.by_path = False
        """Whether the folder of the page went into what was passed over."""
        self.noted: set[bytes] = set()
        """The names of unknown elements that there were so far, in lower case."""
        self.edits: list[tuple[int, bytes]] = []
        """What is put into what was passed over, in order, each with its position: that is how the usual is held."""
        self._name = self._name_end = self._value = self._value_end = -1
        self._self_closing = False
        self._has_source = False
        self._type = 0
        self._services: list[str] = []
        self._renamed: list[int] = []
        self._typed: list[int] = []

    def end(self, buffer: bytes, start: int, where: int) -> int:
        """How far, from *start*, the *buffer* may be passed over."""
        if where & _IN_SVG:
            return self._svg(buffer, start, len(buffer))
        return self._html(buffer, start, len(buffer), where)

    def clears_code(self, text: bytes) -> bool:
        """Whether nothing of a script with this *text* can be held. "No" means that it is not known."""
        return self._is_clear_code(text, 0, len(text))

    def clears_style(self, text: bytes) -> bool:
        """The same for a style sheet's."""
        return self._is_clear_style(text, 0, len(text))

    def _html(self, buffer: bytes, start: int, end: int, where: int) -> int:
        at = start
        while at < end:
            opening = _find(buffer, 0x3C, at, end)
            if where & _HEAD:
                visible = _past_space(buffer, at, opening)
                if visible < opening:
                    return visible
            at = opening
            if at + 1 >= end:
                return at
            byte = buffer[at + 1]
            edits = len(self.edits)
            if _FLAGS[byte] & _LETTER:
                behind = self._start_tag(buffer, at, end, where)
            elif byte == 0x2F:
                behind = -1 if where & _HEAD else self._end_tag(buffer, at, end, where)
            elif byte == 0x21:
                behind = _past_comment(buffer, at, end)
            elif byte == 0x3F or where & _HEAD:
                behind = -1
            else:
                behind = at + 1
            if behind < 0:
                if len(self.edits) > edits:
                    del self.edits[edits:]
                return at
            at = behind
        return at

    def _svg(self, buffer: bytes, start: int, end: int) -> int:
        """Inside an SVG, shapes that are closed at once may be passed over."""
        at = start
        while at < end:
            at = _find(buffer, 0x3C, at, end)
            if at + 1 >= end:
                return at
            byte = buffer[at + 1]
            if _FLAGS[byte] & _LETTER:
                behind = self._shape(buffer, at, end, 1)
            elif byte == 0x21:
                behind = _past_comment(buffer, at, end)
            else:
                behind = -1 if byte in b"/?" else at + 1
            if behind < 0:
                return at
            at = behind
        return at

    # Tags

    def _start_tag(self, buffer: bytes, start: int, end: int, where: int) -> int:
        """The position behind a start tag, and behind the text of its element where that is raw; -1: stop here."""
        name_end = _past_name(buffer, start + 1, end)
        kind = self.elements.find(buffer, start + 1, name_end)
        if kind == _UNKNOWN:
            if _is_custom(buffer, start + 1, name_end):
                kind = _CUSTOM
            elif self._is_noted(buffer, start + 1, name_end):
                kind = _PLAIN
            else:
                return -1
        if kind == _SHAPE or (where & _HEAD and (kind <= _PLAIN or kind > _NOSCRIPT)):
            return -1
        if kind >= _TITLE and not where & _RAW:
            return -1
        behind = self._past_attributes(buffer, name_end, end, kind)
        if behind < 0 or behind - start > _MAX_TAG:
            return -1
        if kind == _SVG:
            return self._whole_svg(buffer, behind, end)
        if self._services and (
            kind not in (_PLAIN, _META, _SCRIPT, _FRAME) or self._has_repeated(buffer, name_end, end)
        ):
            return -1
        shown = b""
        if kind == _FRAME and self._services:
            shown = self._shown(buffer, name_end, end)
        if kind >= _TITLE and not (kind == _NOSCRIPT and not where & _SCRIPTING):
            behind = self._past_raw(buffer, start + 1, name_end, behind, end, kind)
        if behind >= 0 and kind != _NOSCRIPT and self._services:
            self._hold(name_end, kind == _SCRIPT, shown)
        return behind

    def _shown(self, buffer: bytes, start: int, end: int) -> bytes:
        """The attributes with which the held frame whose name ends at *start* shows what stands in for its document."""
        source: bytes | None = None
        eager = True
        at = self._past_attribute(buffer, start, end)
        while at >= 0 and self._name >= 0:
            if _is_word(buffer, self._name, self._name_end, b"loading"):
                eager = False
            elif self._name in self._renamed and _is_word(buffer, self._name, self._name_end, b"src"):
                source = buffer[self._value : self._value_end]
            at = self._past_attribute(buffer, at, end)
        return b"" if source is None else bytes(self.placeholder(source, eager))

    def _is_noted(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether an element of no standard (``fb:like``) was looked at before: to be noted is all that it needs."""
        return _find(buffer, 0x3A, start, end) < end and buffer[start:end].lower() in self.noted

    def _past_raw(self, buffer: bytes, name: int, name_end: int, start: int, end: int, kind: int) -> int:
        """The position behind the end tag of the raw text that begins at *start*."""
        size = name_end - name
        close = self._raw_end(buffer, start, end, buffer[name:name_end].lower())
        if close < 0:
            return -1
        at = _past_space(buffer, close + 2 + size, end)
        if at >= end or buffer[at] != 0x3E:
            return -1
        if kind == _SCRIPT:
            if self._type == _OTHER or not _is_simple(buffer, start, close):
                return -1
            judged = self._type == _TO_JUDGE and not self._has_source
            if judged and not self._is_clear_code(buffer, start, close):
                self._found(self.ask(TEXT_OF_SCRIPT, buffer[start : min(close, start + MAX_CONTENT)]))
        elif kind == _STYLE:
            if not self._is_clear_style(buffer, start, close):
                return -1
        elif kind == _NOSCRIPT and self._html(buffer, start, close, _RAW) != close:
            return -1
        return at + 1

    def _found(self, services: list[str]) -> None:
        for service in services:
            if service not in self._services:
                self._services.append(service)

    def _hold(self, name_end: int, script: bool, shown: bytes) -> None:
        """Note how the tag whose attributes were read last is made inert: as :mod:`..writing.start_tag` writes it."""
        marks = b' data-hb="' + " ".join(self._services).encode("ascii", "xmlcharrefreplace") + b'"'
        if script:
            marks += self.names_of(self._services) + b' type="text/plain"'
            self._renamed += self._typed
        marks += shown
        self.edits.append((name_end, marks))
        for name in sorted(self._renamed):
            self.edits.append((name, b"data-hb-"))

    def _raw_end(self, buffer: bytes, start: int, end: int, name: bytes) -> int:
        """Where raw text ends: at the end tag called *name* (HTML §13.2.5.3); -1 if that is not there yet."""
        at = _find(buffer, 0x3C, start, end)
        while at + 2 + len(name) < end:
            if (
                buffer[at + 1] == 0x2F
                and _is(buffer, at + 2, end, name)
                and _FLAGS[buffer[at + 2 + len(name)]] & _ENDS_NAME
            ):
                return at
            at = _find(buffer, 0x3C, at + 1, end)
        return -1

    def _end_tag(self, buffer: bytes, start: int, end: int, where: int) -> int:
        name = start + 2
        if name >= end or not _FLAGS[buffer[name]] & _LETTER:
            return -1
        name_end = _past_name(buffer, name, end)
        kind = self.elements.find(buffer, name, name_end)
        if kind == _UNKNOWN:
            if not _is_custom(buffer, name, name_end) and not self._is_noted(buffer, name, name_end):
                return -1
        elif kind != _PLAIN and not (kind == _NOSCRIPT and not where & (_SCRIPTING | _HEAD)):
            return -1
        at = _past_space(buffer, name_end, end)
        return at + 1 if at < end and buffer[at] == 0x3E else -1

    # SVG

    def _whole_svg(self, buffer: bytes, start: int, end: int) -> int:
        """The position behind the end tag of the ``<svg>`` whose content begins at *start*."""
        if self._self_closing:
            return start
        end = min(end, start + _MAX_SVG)
        at = start
        while True:
            at = _find(buffer, 0x3C, at, end)
            if at + 1 >= end:
                return -1
            byte = buffer[at + 1]
            if byte == 0x2F:
                if not _is(buffer, at + 2, end, b"svg"):
                    return -1
                at = _past_space(buffer, at + 5, end)
                return at + 1 if at < end and buffer[at] == 0x3E else -1
            if _FLAGS[byte] & _LETTER:
                at = self._shape(buffer, at, end, _DEEPEST)
            elif byte == 0x21:
                at = _past_comment(buffer, at, end)
            else:
                return -1
            if at < 0:
                return -1

    def _shape(self, buffer: bytes, start: int, end: int, deepest: int) -> int:
        """The position behind a shape and its end tag; no more than *deepest* shapes may be open in one another."""
        opened: list[bytes] = []
        at = start
        while True:
            if at + 1 >= end or buffer[at] != 0x3C:
                return -1
            name = at + 1
            if buffer[name] == 0x2F:
                name_end = _past_name(buffer, name + 1, end)
                if not opened or buffer[name + 1 : name_end] != opened.pop():
                    return -1
                at = _past_space(buffer, name_end, end)
                if at >= end or buffer[at] != 0x3E:
                    return -1
                at += 1
            else:
                name_end = _past_name(buffer, name, end)
                if self.elements.find(buffer, name, name_end) != _SHAPE or len(opened) >= deepest:
                    return -1
                at = self._past_attributes(buffer, name_end, end, _SHAPE)
                if at < 0 or at - name > _MAX_TAG:
                    return -1
                if not self._self_closing:
                    opened.append(buffer[name:name_end])
            if not opened:
                return at
            at = _find(buffer, 0x3C, at, end)

    # Attributes (HTML §13.2.5.32 to §13.2.5.40)

    def _past_attributes(self, buffer: bytes, start: int, end: int, element: int) -> int:
        """The position behind the tag whose name ends at *start*; -1 if it is to be looked at.

        What is held of it is in ``_services`` and ``_renamed`` then.
        """
        self._has_source = False
        self._type = 0
        if self._services or self._renamed or self._typed:
            self._services, self._renamed, self._typed = [], [], []
        at = start
        while True:
            at = self._past_attribute(buffer, at, end)
            if at < 0:
                return -1
            if self._name < 0:
                break
            kind = self.attributes.find(buffer, self._name, self._name_end)
            if kind == _SAFE:
                if _begins_with_on(buffer, self._name, self._name_end):
                    kind = _CODE
                elif _is(buffer, self._name, self._name_end, b"data-hb"):
                    return -1
                else:
                    continue
            if kind == _TYPE:
                if element == _SCRIPT:
                    if not self._typed:
                        self._type = self._script_type(buffer, self._value, self._value_end)
                    self._typed.append(self._name)
                continue
            if kind == _META_NAME:
                if element == _META and not _is_clear_meta(buffer, self._value, self._value_end):
                    return -1
                continue
            if kind == _HREF:
                if element == _SVG:
                    return -1
                if element != _LINK and element != _SHAPE:
                    continue
                kind = _ADDRESS
            elif kind == _PAINT:
                if element < _SVG:
                    continue
                kind = _CSS
            elif kind == _ADDRESS:
                if element == _CUSTOM:
                    continue
                if self._name_end - self._name == 3:
                    self._has_source = True
            if kind == _NEVER:
                return -1
            if not self._is_clear(kind, buffer, self._value, self._value_end):
                services = self.ask(kind, buffer[self._value : self._value_end])
                if services:
                    if element >= _SVG:
                        return -1
                    self._found(services)
                    self._renamed.append(self._name)
        if not self._type:
            self._type = _TO_JUDGE
        return at

    def _past_attribute(self, buffer: bytes, start: int, end: int) -> int:
        """The position behind the next attribute, or behind the ``>`` (``_name`` is -1 then); -1 if it is not whole."""
        at = start
        self._self_closing = False
        while at < end and (_FLAGS[buffer[at]] & _SPACE or buffer[at] == 0x2F):
            self._self_closing = buffer[at] == 0x2F
            at += 1
        if at >= end:
            return -1
        if buffer[at] == 0x3E:
            self._name = -1
            return at + 1
        self._name = at
        at += 1
        while at < end and not _FLAGS[buffer[at]] & _ENDS_ATTRIBUTE:
            at += 1
        name_end = at
        self._name_end = self._value = self._value_end = name_end
        at = _past_space(buffer, at, end)
        if at >= end:
            return -1
        if buffer[at] != 0x3D:
            return name_end
        at = _past_space(buffer, at + 1, end)
        if at >= end:
            return -1
        byte = buffer[at]
        if byte == 0x22 or byte == 0x27:
            self._value = at + 1
            at = _find(buffer, byte, at + 1, end)
            self._value_end = at
            return at + 1 if at < end else -1
        self._value = at
        while at < end and buffer[at] != 0x3E and not _FLAGS[buffer[at]] & _SPACE:
            at += 1
        self._value_end = at
        return at if at < end else -1

    def _has_repeated(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether the tag whose name ends at *start* has two attributes of one name. Browsers go by the first."""
        names: set[bytes] = set()
        at = self._past_attribute(buffer, start, end)
        while at >= 0 and self._name >= 0:
            name = buffer[self._name : self._name_end].lower()
            if name in names:
                return True
            names.add(name)
            at = self._past_attribute(buffer, at, end)
        return False

    def _is_clear(self, kind: int, buffer: bytes, start: int, end: int) -> bool:
        if kind == _ADDRESS:
            return self._is_clear_address(buffer, start, end)
        if kind == _ADDRESSES:
            return self._are_clear_addresses(buffer, start, end)
        if kind == _CODE:
            return _has_plain_references(buffer, start, end) and self._is_clear_code(buffer, start, end)
        if kind == _CSS:
            return _has_plain_references(buffer, start, end) and self._is_clear_style(buffer, start, end)
        return False

    def _script_type(self, buffer: bytes, start: int, end: int) -> int:
        written = buffer[start:end]
        known = self.types.get(written)
        return int(self.ask_type(written) if known is None else known)

    # Addresses

    def _is_clear_address(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether an address, still encoded, can't be held. References in it are not decoded: they are left to others
        where they could change what is asked here, which is the host, or the path on the page's own.
        """
        if _is(buffer, start, end, b"https://"):
            host = start + 8
        elif _is(buffer, start, end, b"http://"):
            host = start + 7
        elif end - start > 2 and buffer[start] == 0x2F and buffer[start + 1] == 0x2F:
            host = start + 2
        elif _is(buffer, start, end, b"data:image/"):
            return _is_clear_picture(buffer, start + 11, end)
        else:
            return self._is_clear_path(buffer, start, end)
        at = host
        while at < end and _FLAGS[buffer[at]] & _IN_HOST:
            at += 1
        if at == host or at - host > _LONGEST_HOST or buffer[at - 1] == 0x2E:
            return False
        if at < end and buffer[at] != 0x2F and buffer[at] != 0x3F and buffer[at] != 0x23:
            return False
        name = buffer[host:at]
        if name == self.own_host:
            return self.at_home or (at < end and buffer[at] == 0x2F and self._is_clear_own(buffer, at, end))
        known = self.hosts.get(name)
        return bool(self.ask_host(name) if known is None else known)

    def _is_clear_path(self, buffer: bytes, start: int, end: int) -> bool:
        """The same for a reference without a host."""
        if not self.relative:
            return False
        rooted = start < end and buffer[start] == 0x2F
        if not self.at_home and not rooted:
            if start == end or buffer[start] in b"?#" or not self.by_folder:
                return False
            self.by_path = True
        return self._is_clear_own(buffer, start, end)

    def _is_clear_own(self, buffer: bytes, start: int, end: int) -> bool:
        """The same for a path, absolute or not, on the page's own host.

        What could make it another host's, or be written in several ways, is left to others.
        """
        segment = at = start
        last = -1
        while at < end:
            byte = buffer[at]
            if byte == 0x3F or byte == 0x23:
                break
            if byte <= 0x20 or byte >= 0x80 or byte in b"%&:\\":
                return False
            if byte == 0x2F:
                if at + 1 < end and buffer[at + 1] == 0x2F:
                    return False
                if at > segment and not self.at_home and self._is_one(buffer, segment, at, self.starts):
                    return False
                last = segment
                segment = at + 1
            at += 1
        if self.at_home:
            # A query may have what a host begins with; the slow path asks about that too, and learns nothing.
            return True
        if segment == at and last >= 0:  # a slash at the end
            segment, at = last, at - 1
        if segment == at:
            return b"" not in self.starts
        return buffer[segment] != 0x2E and not (
            self._is_one(buffer, segment, at, self.tails) or self._is_one(buffer, segment, at, self.starts)
        )

    def _is_one(self, buffer: bytes, start: int, end: int, segments: frozenset[bytes]) -> bool:
        """Whether a segment of a path, not an empty one, is among *segments*."""
        return bool(self.segments[_mark(buffer, start, end)]) and buffer[start:end] in segments

    def _are_clear_addresses(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether no candidate of a ``srcset`` can be held. Its descriptors are taken for addresses too."""
        at = start
        while at < end:
            while at < end and (_FLAGS[buffer[at]] & _SPACE or buffer[at] == 0x2C):
                at += 1
            begin = at
            while at < end and not _FLAGS[buffer[at]] & _SPACE:
                if buffer[at] == 0x26 and not _is(buffer, at, end, b"&amp;"):
                    return False
                at += 1
            stop = at
            while stop > begin and buffer[stop - 1] == 0x2C:
                stop -= 1
            comma = _find(buffer, 0x2C, begin, stop)
            if begin < stop and (comma < stop or not self._is_clear_address(buffer, begin, stop)):
                return False
        return True

    # Styles and scripts

    def _is_clear_style(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether no address in CSS can be held: see :func:`..judging.styles.held_in` for where one can stand."""
        at = start
        while at < end:
            byte = buffer[at]
            if byte == 0x5C:
                return False
            if byte == 0x40 and at + 1 < end and _lower(buffer[at + 1]) in b"i/":
                return False
            if (byte == 0x22 or byte == 0x27) and not self._is_clear_string(buffer, at + 1, end):
                return False
            if byte == 0x26 and at + 1 < end and buffer[at + 1] in b"#qa":
                return False  # it may be a quotation mark
            if byte == 0x28:
                if _ends(buffer, start, at, b"image-set"):
                    return False
                named = _ends(buffer, start, at, b"url") or _ends(buffer, start, at, b"src")
                if named and not self._is_clear_in_brackets(buffer, at + 1, end):
                    return False
            if (
                byte == 0x2F
                and at + 1 < end
                and buffer[at + 1] == 0x2A
                and not _may_have_comment(buffer, start, at)
            ):
                return False
            at += 1
        return True

    def _is_clear_string(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether a string in CSS is no absolute address, or one of what is not held."""
        at = start
        while at < end and at < start + _LONGEST_SCHEME and buffer[at] not in b"/\\\"'":
            at += 1
        if at + 1 >= end or buffer[at] not in b"/\\" or buffer[at + 1] not in b"/\\":
            return True
        while at < end and buffer[at] > 0x20 and buffer[at] not in b"\"'":
            at += 1
        for each in range(start, at):
            if buffer[each] == 0x26:
                return False
        return self._is_clear_address(buffer, start, at)

    def _is_clear_in_brackets(self, buffer: bytes, start: int, end: int) -> bool:
        while start < end and buffer[start] <= 0x20:
            start += 1
        if start >= end:
            return False
        at = start
        byte = buffer[start]
        if byte == 0x22 or byte == 0x27:
            at = start = start + 1
            while at < end and buffer[at] != byte and buffer[at] > 0x1F:
                at += 1
        else:
            while at < end and buffer[at] != 0x29 and buffer[at] > 0x20:
                at += 1
        # A reference, or a quote that is in the way, may mean that it ends elsewhere.
        for each in range(start, at):
            if buffer[each] in b"&\"'":
                return False
        return self._is_clear_address(buffer, start, at)

    def _is_clear_code(self, buffer: bytes, start: int, end: int) -> bool:
        """Whether JavaScript has no word of any signature, and imports nothing."""
        at = start
        while at < end:
            byte = buffer[at]
            if not _FLAGS[byte] & _IN_WORD:
                if byte >= 0x80 and self.ascii_only:
                    return False
                at += 1
                continue
            word = at
            at += 1
            while at < end and _FLAGS[buffer[at]] & _IN_WORD:
                at += 1
            if self.marks[_mark(buffer, word, at)] and buffer[word:at] in self.words:
                return False
            byte = buffer[at - 1]
            if (byte == 0x6D or byte == 0x74) and _imports(buffer, word, at, end):
                return False
        return True


def _past_name(buffer: bytes, start: int, end: int) -> int:
    while start < end and not _FLAGS[buffer[start]] & _ENDS_NAME:
        start += 1
    return start


def _begins_with_on(buffer: bytes, start: int, end: int) -> bool:
    return end - start > 2 and _lower(buffer[start]) == 0x6F and _lower(buffer[start + 1]) == 0x6E


def _is_custom(buffer: bytes, start: int, end: int) -> bool:
    """Whether this is the name of a custom element, and not the notice's."""
    return (
        _find(buffer, 0x2D, start, end) < end
        and not _is(buffer, start, end, b"hb-notice")
        and not _is(buffer, start, end, b"annotation-xml")
    )


def _past_comment(buffer: bytes, start: int, end: int) -> int:
    """The position behind a comment of the usual form; -1 if there is none."""
    if not _is(buffer, start, end, b"<!--") or start + 6 >= end:
        return -1
    if buffer[start + 4] == 0x3E or (buffer[start + 4] == 0x2D and buffer[start + 5] == 0x3E):
        return -1
    at = start + 4
    while True:
        at = _find(buffer, 0x3E, at, end)
        if at >= end:
            return -1
        dashes = at - 1 if buffer[at - 1] == 0x21 else at
        if dashes - 2 >= start + 4 and buffer[dashes - 1] == 0x2D and buffer[dashes - 2] == 0x2D:
            return at + 1
        at += 1


def _is_clear_picture(buffer: bytes, start: int, end: int) -> bool:
    """Whether what stands behind ``data:image/`` is a picture without a script."""
    return (
        _is(buffer, start, end, b"png")
        or _is(buffer, start, end, b"gif")
        or _is(buffer, start, end, b"jp")
        or _is(buffer, start, end, b"webp")
        or _is(buffer, start, end, b"avif")
    )


def _is_clear_meta(buffer: bytes, start: int, end: int) -> bool:
    """Whether an ``http-equiv`` changes nothing here: neither ``refresh`` nor ``content-security-policy``."""
    if start == end or not _FLAGS[buffer[start]] & _LETTER:
        return False
    first = _lower(buffer[start])
    return first != 0x72 and not (first == 0x63 and end - start >= _LONG_META)


def _may_have_comment(buffer: bytes, start: int, at: int) -> bool:
    """Whether a comment of CSS at *at* tears nothing apart: it stands between two rules or declarations."""
    while at > start and buffer[at - 1] <= 0x20:
        at -= 1
    if at == start or buffer[at - 1] in b";{},":
        return True
    return at - 1 > start and buffer[at - 1] == 0x2F and buffer[at - 2] == 0x2A


def _has_plain_references(buffer: bytes, start: int, end: int) -> bool:
    """Whether every character reference in an attribute's value is one for a quote, a bracket, a line end or ``&``.

    Those leave the words of a script what they are, and no address of a style begins or ends with one.
    """
    at = _find(buffer, 0x26, start, end)
    while at < end:
        at += 1
        begin = at
        if at < end and buffer[at] == 0x23:
            at += 1
        while at < end and _FLAGS[buffer[at]] & _IN_WORD:
            at += 1
        if at > begin and not (at < end and (buffer[at] == 0x3D or _is_plain_reference(buffer, begin, at))):
            return False
        at = _find(buffer, 0x26, at, end)
    return True


def _is_plain_reference(buffer: bytes, start: int, end: int) -> bool:
    return buffer[end] == 0x3B and (
        buffer[start:end]
        in (b"amp", b"quot", b"lt", b"gt", b"#39", b"#039", b"#34", b"#38", b"#038", b"#10", b"#xA")
    )


def _ends(buffer: bytes, start: int, end: int, word: bytes) -> bool:
    return end - len(word) >= start and _is(buffer, end - len(word), end, word)


def _is_simple(buffer: bytes, start: int, end: int) -> bool:
    """Whether a script ends where it seems to: no ``<script`` stands behind a ``<!--`` in it (HTML §13.2.5.20)."""
    escaped = False
    at = _find(buffer, 0x3C, start, end)
    while at < end:
        if _is(buffer, at, end, b"<!--"):
            escaped = True
        elif escaped and _is(buffer, at, end, b"<script"):
            return False
        at = _find(buffer, 0x3C, at + 1, end)
    return True


def _mark(buffer: bytes, start: int, end: int) -> int:
    """A number below ``_MARKS`` that equal words share."""
    first, last, middle = buffer[start], buffer[end - 1], buffer[(start + end) >> 1]
    return (first * 31 + last * 7 + middle * 131 + (end - start) * 509) & (_MARKS - 1)


def marks(words: Iterable[bytes]) -> bytes:
    """The marks of *words*: a word without one is not among them, and need not be cut out and looked up."""
    marked = bytearray(_MARKS)
    for word in words:
        marked[_mark(word, 0, len(word))] = 1
    return bytes(marked)


def _imports(buffer: bytes, word: int, at: int, end: int) -> bool:
    """Whether the word that ends at *at* may be one that imports: see :func:`..judging.scripts.imports`."""
    if not (_ends(buffer, word, at, b"import") or _ends(buffer, word, at, b"from")):
        return False
    while at < end and (buffer[at] <= 0x20 or buffer[at] == 0x28):
        at += 1
    if at + 1 < end and buffer[at] == 0x2E:
        return buffer[at + 1] in b"ds"  # import.defer, import.source
    # A string, a template, a comment before it, or a reference that may be any of them.
    return at < end and (buffer[at] >= 0x80 or buffer[at] in b"\"'`/<&")
