"""Where tags, text and comments begin and end: the WHATWG tokenizer (HTML §13.2.5) as far as a rewriter needs it.

Tokens are spans of the buffer; nothing is copied, decoded or normalised, because what is not touched must come
out as it came in. The states that only report errors are left out, those that decide where a token ends are all
here. A browser's tokenizer is steered by its tree builder (after ``<style>`` comes raw text, unless the style is
SVG's); here the rewriter steers, through :attr:`Tokenizer.content` and :attr:`Tokenizer.cdata`.

Regular expressions do the walking: a loop over characters in Python would be a hundred times slower. Each holds
for one state and stops where that state ends. What is incomplete at the end of the buffer waits for more, and is
looked at again from where the last look ended.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from .attributes import ATTRIBUTES, OPEN_QUOTE, unfinished
from .passing import Passage

MAX_TAG = 2 * 1024 * 1024
"""Bytes of one tag. A longer one loses its attributes: memory is bounded, and nothing in it can be live."""

_AGAIN = 4096
"""Bytes of a tag that came in parts up to which its beginning is read again in passing. The limit keeps it linear."""

_NAME = re.compile(rb"</?([A-Za-z][^\t\n\f\r />]*+)")
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CDATA_OPENING = b"<![CDATA["

_COMMENT_END = re.compile(rb"--!?>")
_XML_COMMENT_END = re.compile(rb"-->")
_CDATA_END = re.compile(rb"\]\]>")
_BOGUS_END = re.compile(rb">")
_PI_END = re.compile(rb"\?>")
_DOCTYPE_END = re.compile(rb"\A[^\[>]*+(?:>|\[[^\]]*+\][^>]*+>)")

_SCRIPT = (
    re.compile(rb"<!--|</script(?=[\t\n\f\r />])", re.I),
    re.compile(rb"-->|</script(?=[\t\n\f\r />])|<script(?=[\t\n\f\r />])", re.I),
    re.compile(rb"-->|</script(?=[\t\n\f\r />])", re.I),
)
"""What changes the state in script data, in escaped and in double escaped script data (§13.2.5.4, .15 to .31)."""

_HELD_BACK = len(b"</script>")
_SCRIPT_TAIL = re.compile(rb"[<-]")


class Content(Enum):
    """How the text that follows is read."""

    DATA = auto()
    RAW = auto()
    """RCDATA and RAWTEXT: until the end tag that fits. What differs, references, does not move the end."""
    SCRIPT = auto()
    PLAINTEXT = auto()


class Kind(Enum):
    """What a token is."""

    TEXT = auto()
    START = auto()
    END = auto()
    COMMENT = auto()
    """Bogus comments and processing instructions too."""
    DOCTYPE = auto()
    CDATA = auto()


@dataclass(slots=True)
class Token:
    """A span of :attr:`Tokenizer.buffer`. Long text, comments and CDATA sections come in several tokens."""

    kind: Kind
    start: int
    end: int
    name: bytes = b""
    """Of a tag, lower-case."""
    name_end: int = 0
    finished: bool = True
    """False for all but the last token of a comment, and for a tag that the end of the page cut off."""
    oversize: bool = False
    """Of a tag: longer than ``MAX_TAG``; its attributes are gone from the buffer."""
    passed: bool = False
    """Not only text: what :attr:`Tokenizer.passage` passed over."""


class Tokenizer:
    """Finds the tokens of what was fed. Positions count from the start of :attr:`buffer`.

    With ``xml`` the rules are XML's: CDATA everywhere, ``-->`` alone ends a comment, ``?>`` an instruction.
    """

    def __init__(self, *, xml: bool = False) -> None:
        self.buffer = b""
        self.position = 0
        self.content = Content.DATA
        self.cdata = xml
        self.passage: Passage | None = None
        """If set: knows what may be passed over in data without a look at each token."""
        self.where = 0
        """What :attr:`passage` must know of the place: :mod:`.passing`'s ``HEAD`` and so on."""
        self._xml = xml
        self.ended = False
        """Nothing will follow what is in the buffer."""
        self.whole = False
        """Comments and CDATA sections come in one token, unless they are longer than ``MAX_TAG``."""
        self._fitting = b""
        self._fitting_end = _BOGUS_END
        self._level = 0
        self._open: tuple[Kind, re.Pattern[bytes]] | None = None
        self._resume = 0
        self._oversize = False
        self._wanted = b""
        self._late: list[bytes] = []
        self._late_size = 0

    def feed(self, data: bytes) -> None:
        """Take more of the page."""
        if self._wanted and self._wanted not in data and self._late_size + len(data) < MAX_TAG:
            # In a long quoted value: to join the buffer for every chunk would be quadratic.
            self._late.append(data)
            self._late_size += len(data)
            return
        if self._late:
            data = b"".join((*self._late, data))
            self._late.clear()
            self._late_size = 0
        self._wanted = b""
        self.buffer = self.buffer + data if self.buffer else data

    def end(self) -> None:
        """There is no more: what is incomplete is as complete as it will be."""
        self._wanted = b""
        self.feed(b"")
        self.ended = True

    def discard(self, count: int) -> None:
        """Forget the first *count* bytes of the buffer; all positions move."""
        self.buffer = self.buffer[count:]
        self.position -= count
        self._resume = max(self._resume - count, 0)

    def read_raw(self, name: bytes) -> None:
        """The text that follows is raw until an end tag called *name*."""
        self.content = Content.SCRIPT if name == b"script" else Content.RAW
        self._fitting = name
        self._fitting_end = _end_of(name)
        self._level = 0

    @property
    def closer(self) -> bytes:
        """What ends the raw text that is being read, whatever state a script is in."""
        if self.content is Content.RAW:
            return b"</%s>" % self._fitting
        return b"--></script>" if self.content is Content.SCRIPT else b""

    def next(self) -> Token | None:
        """The next token, or None if more bytes are needed first (or all are read)."""
        if self._wanted:
            return None
        if self._open is not None:
            return self._continue(*self._open)
        if self.content is Content.DATA:
            return self._in_data()
        if self.position >= len(self.buffer):
            return None
        if self.content is Content.PLAINTEXT:
            return self._text(len(self.buffer))
        return self._tag(self.position) if self._resume else self._in_raw()

    # Data state (§13.2.5.1) and tag open state (§13.2.5.6)

    def _in_data(self) -> Token | None:
        start = self.position
        if self._resume and (self.passage is None or len(self.buffer) - start > _AGAIN):
            return self._tag(start)
        if self.passage is not None:
            end = self.passage.end(self.buffer, start, self.where)
            if end > start:
                self._resume = 0
                self.position = end
                return Token(Kind.TEXT, start, end, passed=True)
        else:
            end = self.buffer.find(b"<", start)
            if end < 0:
                end = len(self.buffer)
        if end > start:
            return self._text(end)
        return self._at_opening(start) if start < len(self.buffer) else None

    def _at_opening(self, start: int) -> Token | None:
        if self.buffer[start] != 0x3C:  # a passage stops where it does not know on, also in text
            end = self.buffer.find(b"<", start)
            return self._text(end if end >= 0 else len(self.buffer))
        lead = self.buffer[start + 1 : start + 3]
        if not lead or lead == b"/":
            return self._text(start + len(lead) + 1) if self.ended else None
        if lead[0] in _LETTERS or (lead[0] == 0x2F and lead[1] in _LETTERS):
            return self._tag(start)
        if lead[0] == 0x2F:
            return self._comment(Kind.COMMENT, start, start + 2, _BOGUS_END)
        if lead[0] == 0x3F:
            return self._comment(Kind.COMMENT, start, start + 2, _PI_END if self._xml else _BOGUS_END)
        if lead[0] == 0x21:
            return self._declaration(start)
        return self._text(start + 1)

    def _text(self, end: int) -> Token:
        token = Token(Kind.TEXT, self.position, end)
        self.position = end
        return token

    # Markup declaration open state (§13.2.5.42) and comments

    def _declaration(self, start: int) -> Token | None:
        opening = self.buffer[start : start + len(_CDATA_OPENING)]
        if opening.startswith(b"<!--"):
            return self._comment_proper(start)
        if self.ended or len(opening) == len(_CDATA_OPENING):
            if opening == _CDATA_OPENING and self.cdata:
                return self._comment(Kind.CDATA, start, start + len(opening), _CDATA_END)
            if opening.lower() == b"<!doctype":
                return self._doctype(start)
        elif any(known.startswith(opening.lower()) for known in (b"<!--", b"<!doctype", b"<![cdata[")):
            return None
        return self._comment(Kind.COMMENT, start, start + 2, _BOGUS_END)

    def _doctype(self, start: int) -> Token | None:
        if not self._xml:
            return self._comment(Kind.DOCTYPE, start, start + 9, _BOGUS_END)
        subset = _DOCTYPE_END.match(self.buffer[start:])
        if subset is None and not self.ended and len(self.buffer) - start < MAX_TAG:
            return None
        self.position = start + subset.end() if subset else len(self.buffer)
        return Token(Kind.DOCTYPE, start, self.position, finished=subset is not None)

    def _comment_proper(self, start: int) -> Token | None:
        body = start + 4
        if self._xml:
            return self._comment(Kind.COMMENT, start, body, _XML_COMMENT_END)
        for abrupt in (b">", b"->"):
            if self.buffer.startswith(abrupt, body):
                self.position = body + len(abrupt)
                return Token(Kind.COMMENT, start, self.position)
        if not self.ended and self.buffer[body:] in (b"", b"-"):
            return None
        return self._comment(Kind.COMMENT, start, body, _COMMENT_END)

    def _comment(self, kind: Kind, start: int, body: int, until: re.Pattern[bytes]) -> Token | None:
        self.position = body
        return self._continue(kind, until, start)

    def _continue(self, kind: Kind, until: re.Pattern[bytes], start: int | None = None) -> Token | None:
        begin = self.position if start is None else start
        end = until.search(self.buffer, self.position)
        if end is not None or self.ended:
            self._open = None
            self.position = end.end() if end else len(self.buffer)
            return (
                Token(kind, begin, self.position, finished=end is not None) if self.position > begin else None
            )
        if self.whole and start is not None and len(self.buffer) - start < MAX_TAG:
            self.position = start
            return None
        self._open = (kind, until)
        held_back = 1 if until is _BOGUS_END else 3
        self.position = max(self.position, len(self.buffer) - held_back)
        return Token(kind, begin, self.position, finished=False) if self.position > begin else None

    # Tag name state (§13.2.5.8) and attributes

    def _tag(self, start: int) -> Token | None:
        name = _NAME.match(self.buffer, start)
        if name is None:  # the buffer ends within ``</scr``
            return None
        length = len(self.buffer)
        end = name.end() if name.end() == length else self._attributes_end(self._resume or name.end())
        if end < length and self.buffer[end] == 0x3E:
            return self._whole_tag(start, name, end + 1, finished=True)
        if self.ended:
            return self._whole_tag(start, name, length, finished=False)
        if name.end() < length:
            self._resume = end
        if length - start > MAX_TAG:
            self._shorten(start, name.end(), end)
            end = self._resume
        quote = OPEN_QUOTE.match(self.buffer, end)
        self._wanted = quote[1] if quote else b""
        return None

    def _attributes_end(self, start: int) -> int:
        match = ATTRIBUTES.match(self.buffer, start)
        return match.end() if match else start

    def _whole_tag(self, start: int, name: re.Match[bytes], end: int, *, finished: bool) -> Token:
        kind = Kind.END if self.buffer[start + 1] == 0x2F else Kind.START
        oversize = self._oversize or end - start > MAX_TAG
        self._resume, self._oversize = 0, False
        self.position = end
        self.content = Content.DATA
        return Token(kind, start, end, name[1].lower(), name.end(), finished, oversize)

    def _shorten(self, start: int, name_end: int, resume: int) -> None:
        """Drop the attributes so far: they will not be passed on. What is open stays open."""
        self._oversize = True
        if name_end == len(self.buffer):
            self.buffer = self.buffer[: start + MAX_TAG // 2]
            return
        self.buffer = self.buffer[:name_end] + b" " + unfinished(self.buffer, resume)
        self._resume = name_end + 1

    # RCDATA, RAWTEXT and script data (§13.2.5.2 to .4)

    def _in_raw(self) -> Token | None:
        if self.content is Content.SCRIPT:
            return self._in_script()
        length = len(self.buffer)
        end = self._fitting_end.search(self.buffer, self.position)
        if end is not None:
            return self._text(end.start()) if end.start() > self.position else self._tag(self.position)
        stop = length
        if not self.ended:
            opening = self.buffer.find(b"<", max(self.position, length - len(self._fitting) - 2))
            stop = opening if opening >= 0 else length
        return self._text(stop) if stop > self.position else None

    def _in_script(self) -> Token | None:
        length, scan = len(self.buffer), self.position
        while found := _SCRIPT[self._level].search(self.buffer, scan):
            what = found[0]
            if what == b"-->":
                self._level = 0
            elif what == b"<!--":
                self._level = 1
                scan = found.end() - 2  # the same dashes may end what they began: <!-->
                continue
            elif what[1] != 0x2F:
                self._level = 2
            elif self._level == 2:
                self._level = 1
            else:
                return (
                    self._text(found.start()) if found.start() > self.position else self._tag(self.position)
                )
            scan = found.end()
        stop = length
        if not self.ended:
            tail = _SCRIPT_TAIL.search(self.buffer, max(scan, length - _HELD_BACK))
            stop = tail.start() if tail else length
        return self._text(stop) if stop > self.position else None


def _end_of(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"</" + re.escape(name) + rb"(?=[\t\n\f\r />])", re.I)
