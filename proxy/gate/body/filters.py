"""Body filters: from the site's bytes to the visitor's, for pages that are rewritten."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from ...markup.memo import rewrite_whole
from ...markup.page import MarkupPolicy, Page
from ...markup.reading.charset import UnsupportedCharset, charset, declared_behind_head
from ...markup.reading.foreign import TooDeep
from ...markup.rewriter import SLICE, Rewriter
from ..messages import BodyFilter, BrokenBody, Fault, Report, Unreadable
from .decoding import Decoding
from .document_kinds import is_undecided, looks_whole, reads_as_data
from .inserts import Insert

_SNIFFED = 1445
"""The MIME Sniffing Standard's resource header: no browser looks further."""
_MARKED = 3
"""Bytes of a byte order mark."""
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PRESCANNED = 1024
"""Bytes in which a page names its charset (HTML §13.2.3.2), and in which a whole page has shown that it is one."""

_TOLD_BY = 4096
"""Bytes in which a script has shown whether it is strict: comments may come first."""


_WHOLE = 1024 * 1024
"""Bytes of a page that is collected, so as to be remembered, where its body came in one piece."""


class PageFilter:
    """Takes the codings off a page and rewrites its markup.

    A body that comes in one piece is looked up in the memo first: most pages of a site were seen before. Where the
    request did not tell a document from a fragment (*untold*), the first bytes do, and a fragment gets no inserts.
    An empty chunk says that nothing came for a while: what was waited for is done without. What is no markup though its
    type says so is passed on as it is if a script fetched it, and raises :class:`NotMarkup` otherwise.

    *plain*: the slow way, see :class:`~...markup.rewriter.Rewriter`; nothing is remembered. *look* is shown pages that
    were there as a whole, as they are rewritten; *late* makes the insert for the body of such a page when it was read.
    """

    def __init__(
        self,
        decoding: Decoding,
        policy: MarkupPolicy,
        page: Page,
        insert: Insert,
        *,
        untold: bool = False,
        plain: bool = False,
        look: Callable[[bytes], None] = lambda _html: None,
        late: Callable[[], bytes] | None = None,
    ) -> None:
        self._look = look
        self._late = late
        self._decoding = decoding
        self._policy, self._page, self._insert = policy, page, insert
        self._untold = untold
        self._plain = plain
        self._start = b""
        self._rewriter: Rewriter | _Transcoding | _Untouched | None = None

    def steps(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """See :class:`~..messages.BodyFilter`."""
        pieces = self._decoding.pieces(chunk, last)
        if self._rewriter is None:
            hurry = not chunk
            for piece in pieces:
                self._start += piece
                if len(self._start) >= _WHOLE or (not last and self._is_told(hurry)):
                    break
                yield b""
            else:
                if last:
                    yield from self._whole(self._start)
                    return
            if not self._is_told(hurry) and len(self._start) < _WHOLE:
                return
            start, self._start = self._start, b""
            self._begin(start)
            yield from self._rewritten(start)
        for piece in pieces:
            yield from self._rewritten(piece)
        if last:
            assert self._rewriter is not None
            yield self._rewriter.close()

    def _rewritten(self, data: bytes) -> Iterator[bytes]:
        """What the rewriter makes of *data*, a slice at a time."""
        assert self._rewriter is not None
        for start in range(0, len(data), SLICE):
            yield self._rewriter.feed(data[start : start + SLICE])

    def _whole(self, data: bytes) -> Iterator[bytes]:
        is_markup = self._tell(data)
        head, body = self._insert.head, self._insert.body
        if is_markup and not self._plain:
            try:
                for out in rewrite_whole(
                    self._policy, self._page, data, head=head, body=body, late=self._late
                ):
                    if out:
                        self._look(out)
                    yield out
                return
            except UnsupportedCharset:
                pass
        rewriter = self._begin(data)
        parts = []
        for done in self._rewritten(data):
            parts.append(done)
            yield b""
        yield b"".join([*parts, rewriter.close()])

    def _tell(self, start: bytes) -> bool:
        """Whether what begins with *start* is markup at all; tells a fragment where the request did not."""
        if self._untold and not looks_whole(start):
            self._page, self._insert = replace(self._page, kind="fragment"), Insert()
            self._late = None
        self._untold = False
        page = self._page
        encoding = "" if page.xhtml else declared_behind_head(start, page.content_type_charset)
        self._insert = self._insert.fitting(start, encoding)
        fetched = self._page.kind == "fragment"
        if not reads_as_data(start, fetched=fetched):
            return True
        if not fetched:
            raise NotMarkup
        return False

    def _begin(self, start: bytes) -> "Rewriter | _Transcoding | _Untouched":
        """Make the rewriter; pages whose bytes are not a superset of ASCII go through UTF-8 and back."""
        if not self._tell(start):
            self._rewriter = _Untouched()
            return self._rewriter
        page = self._page
        try:
            codec = charset(start, page.content_type_charset, xhtml=page.xhtml, complete=True)
            self._rewriter = self._new_rewriter(page, codec)
        except UnsupportedCharset as error:
            inner = self._new_rewriter(replace(page, content_type_charset="utf-8"))
            self._rewriter = _Transcoding(_codec(str(error), start), inner)
        return self._rewriter

    def _new_rewriter(self, page: Page, codec: str | None = None) -> Rewriter:
        head, body = self._insert.head, self._insert.body
        return Rewriter(self._policy, page, head=head, body=body, plain=self._plain, codec=codec)

    def _is_told(self, hurry: bool) -> bool:
        """Whether what has come tells a page's charset and kind; in a *hurry* it does not wait for a charset."""
        start = self._start
        if len(start) >= _PRESCANNED:
            return True
        if len(start) < _MARKED or (self._untold and is_undecided(start)):
            return False
        if not hurry and b"<" not in start:
            return False  # it may be no markup
        if hurry or self._page.content_type_charset is not None:
            return True
        # A script reads what it fetched as UTF-8, whatever stands in it (Fetch, "text()").
        return self._page.kind == "fragment" or (self._untold and not looks_whole(start))


def _codec(name: str, data: bytes) -> str:
    """Python's name for a charset that the rewriter can't work in. A byte order mark stays in the text."""
    if name == "utf-16":
        return "utf-16-be" if data[:2] == codecs.BOM_UTF16_BE or data[:1] == b"\0" else "utf-16-le"
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise BrokenBody(f"the page's charset {name} can't be read") from error


class NotMarkup(Exception):
    """What was to be shown as a page is data, and must not be edited."""


class _Untouched:
    """Stands in the place of a rewriter where there is no markup."""

    def feed(self, data: bytes) -> bytes:
        return data

    def close(self) -> bytes:
        return b""


class _Transcoding:
    """A rewriter for another charset: through UTF-8 and back."""

    def __init__(self, codec: str, rewriter: Rewriter) -> None:
        self._decoder = codecs.getincrementaldecoder(codec)("strict")
        self._encoder = codecs.getincrementalencoder(codec)("xmlcharrefreplace")
        self._back = codecs.getincrementaldecoder("utf-8")("strict")
        self._inner = rewriter

    def feed(self, data: bytes) -> bytes:
        return self._through(self._inner.feed(self._utf8(data, final=False)), final=False)

    def close(self) -> bytes:
        return self._through(self._inner.feed(self._utf8(b"", final=True)) + self._inner.close(), final=True)

    def _utf8(self, data: bytes, *, final: bool) -> bytes:
        try:
            return self._decoder.decode(data, final).encode("utf-8")
        except UnicodeError as error:
            raise BrokenBody("the page is not in the charset that it says it is in") from error

    def _through(self, data: bytes, *, final: bool) -> bytes:
        return self._encoder.encode(self._back.decode(data, final), final)


class CarefulFilter:
    """Never lets a fault of ours stand in the place of a page.

    *read* makes what reads the page, the plain way if its argument is True. Where the quick way fails before anything
    was passed on, the page is read again the plain way; where that fails too, the page is :class:`Unreadable`. After
    that a failure breaks the body off: it must not look whole.
    """

    def __init__(self, read: Callable[[bool], BodyFilter], path: str, report: Report) -> None:
        self._read = read
        self._path = path
        self._report = report
        self._inner = read(False)
        self._raw: list[bytes] | None = []
        """What came so far, as long as nothing was passed on."""

    def steps(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """See :class:`~..messages.BodyFilter`."""
        if self._raw is not None:
            self._raw.append(chunk)
        try:
            yield from self._passing(chunk, last)
            return
        except (BrokenBody, NotMarkup, TooDeep) as error:
            self._give_up_unless_nothing_went_out(error)
        except Exception as error:
            self._report(Fault("page", self._path, error))
            self._give_up_unless_nothing_went_out(error)
            self._inner = self._read(True)
            try:
                yield from self._passing(b"".join(self._raw or ()), last)
                return
            except Exception as again:
                self._give_up_unless_nothing_went_out(again)
                self._report(Fault("page, read the plain way", self._path, again))
                error = again
        raise Unreadable(b"".join(self._raw or ()), "the page can't be read")

    def _passing(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        if self._raw is None:
            yield from self._inner.steps(chunk, last)
            return
        # The first output waits for the end of its piece: an adapter may not have sent what it was just given.
        parts: list[bytes] = []
        for out in self._inner.steps(chunk, last):
            if out:
                parts.append(out)
            yield b""
        if parts:
            self._raw = None
            yield parts[0] if len(parts) == 1 else b"".join(parts)

    def _give_up_unless_nothing_went_out(self, error: Exception) -> None:
        if self._raw is None:
            raise BrokenBody(str(error)) from error


_STRICT = re.compile(
    rb"""(?:\s++|//[^\n\r]*+[\n\r]|/\*(?:[^*]++|\*(?!/))*+\*/)*+(?:"use strict"|'use strict')"""
)


class WorkerFilter:
    """Puts the guard before a worker's script, on its first line, so that lines keep their numbers.

    The guard reads the same in a classic script and in a module. A script that is strict stays so: the directive has to
    be the first of all statements (ECMAScript, "Directive Prologues").
    """

    def __init__(self, decoding: Decoding, guard: bytes) -> None:
        self._decoding = decoding
        self._guard = guard
        self._waiting: bytes | None = b""

    def steps(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """See :class:`~..messages.BodyFilter`."""
        for data in self._decoding.pieces(chunk, last):
            if self._waiting is None:
                yield data
                continue
            self._waiting += data
            yield self._begun() if len(self._waiting) >= _TOLD_BY else b""
        if last and self._waiting is not None:
            yield self._begun()

    def _begun(self) -> bytes:
        data, self._waiting = self._waiting or b"", None
        data = data.removeprefix(codecs.BOM_UTF8)
        return (b'"use strict";' if _STRICT.match(data) else b"") + self._guard + data


class SniffingFilter:
    """For a body whose Content-Type says nothing: a browser would look whether it is a page, so we do first.

    The MIME Sniffing Standard §7.1 lists the tags that make HTML of unlabelled bytes; anything that begins
    with ``<`` is taken for a page here, which costs nothing where it is none. What begins as XML is read as XML.
    A few bytes tell that, so what is no page goes on as it comes.
    """

    def __init__(self, decoding: Decoding, html: PageFilter, xml: PageFilter) -> None:
        self._decoding = decoding
        self._html = html
        self._xml = xml
        self._start = b""
        self._page: PageFilter | None = None
        self._is_told = False

    def steps(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """See :class:`~..messages.BodyFilter`."""
        for data in self._decoding.pieces(chunk, last):
            if self._is_told:
                yield from self._on(data)
                continue
            self._start += data
            if len(self._start) >= _SNIFFED or self._has_shown:
                yield from self._told()
        if last and not self._is_told:
            yield from self._told()
        if self._page is not None and (last or not chunk):
            yield from self._page.steps(b"", last)

    @property
    def _first(self) -> bytes:
        """The body from its first character on."""
        return self._start.removeprefix(codecs.BOM_UTF8).lstrip(b"\t\n\x0c\r ")

    @property
    def _has_shown(self) -> bool:
        """Whether the beginning tells what this is: it could go on as nothing else that is looked for."""
        if any(mark.startswith(self._start) for mark in _BYTE_ORDER_MARKS):
            return False
        return not b"<?xml".startswith(self._first[:5]) or len(self._first) >= 5

    def _told(self) -> Iterator[bytes]:
        self._is_told = True
        start = self._first
        if start.startswith(b"<?xml"):
            self._page = self._xml
        elif start[:1] == b"<" or self._start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            self._page = self._html
        yield from self._on(self._start)

    def _on(self, data: bytes) -> Iterator[bytes]:
        if self._page is None:
            yield data
        else:
            yield from self._page.steps(data, False)
