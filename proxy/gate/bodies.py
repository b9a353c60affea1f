"""Body filters: from the site's bytes to the visitor's, for pages that are rewritten."""

import codecs
import re
from dataclasses import replace

from ..markup.charset import UnsupportedCharset
from ..markup.memo import rewrite_whole
from ..markup.page import MarkupPolicy, Page
from ..markup.rewriter import Rewriter
from .decisions import BrokenBody
from .encodings import Decoding
from .inserts import Insert
from .kinds import looks_whole

_SNIFFED = 1445
"""The MIME Sniffing Standard's resource header: no browser looks further."""
_PRESCANNED = 1024
"""Bytes in which a page names its charset (HTML §13.2.3.2), and in which a whole page has shown that it is one."""

_TOLD_BY = 4096
"""Bytes in which a script has shown whether it is strict: comments may come first."""


class PageFilter:
    """Takes the codings off a page and rewrites its markup.

    A body that comes in one piece is looked up in the memo first: most pages of a site were seen before. Where the
    request did not tell a document from a fragment (*untold*), the first bytes do, and a fragment gets no inserts.
    """

    def __init__(
        self, decoding: Decoding, policy: MarkupPolicy, page: Page, insert: Insert, *, untold: bool = False
    ) -> None:
        self._decoding = decoding
        self._policy, self._page, self._insert = policy, page, insert
        self._untold = untold
        self._waiting = b""
        self._rewriter: Rewriter | _Transcoding | None = None

    def feed(self, chunk: bytes, last: bool) -> bytes:
        """See :class:`~.decisions.BodyFilter`."""
        data = self._decoding.feed(chunk, last)
        if self._rewriter is None:
            data = self._waiting + data
            if not last and len(data) < self._telling:
                self._waiting = data
                return b""
            self._waiting = b""
            if self._untold and not looks_whole(data):
                self._page, self._insert = replace(self._page, kind="fragment"), Insert()
            return self._begin(data, last)
        out = self._rewriter.feed(data)
        return out + self._rewriter.close() if last else out

    def _begin(self, data: bytes, last: bool) -> bytes:
        """Rewrite the first *data*; bytes that are not a superset of ASCII go through UTF-8 and back."""
        head, body = self._insert.head, self._insert.body
        try:
            if last:
                return rewrite_whole(self._policy, self._page, data, head=head, body=body)
            self._rewriter = Rewriter(self._policy, self._page, head=head, body=body)
            return self._rewriter.feed(data)
        except UnsupportedCharset as error:
            page = replace(self._page, content_type_charset="utf-8")
            inner = Rewriter(self._policy, page, head=head, body=body)
            self._rewriter = _Transcoding(_codec(str(error), data), inner)
            out = self._rewriter.feed(data)
            return out + self._rewriter.close() if last else out

    @property
    def _telling(self) -> int:
        """How many bytes have to be there before a page's charset and kind are told."""
        return _PRESCANNED if self._untold or self._page.content_type_charset is None else 3


def _codec(name: str, data: bytes) -> str:
    """Python's name for a charset that the rewriter can't work in. A byte order mark stays in the text."""
    if name == "utf-16":
        return "utf-16-be" if data[:2] == codecs.BOM_UTF16_BE or data[:1] == b"\0" else "utf-16-le"
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise BrokenBody(f"the page's charset {name} can't be read") from error


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

    def feed(self, chunk: bytes, last: bool) -> bytes:
        """See :class:`~.decisions.BodyFilter`."""
        data = self._decoding.feed(chunk, last)
        if self._waiting is None:
            return data
        data = self._waiting + data
        if not last and len(data) < _TOLD_BY:
            self._waiting = data
            return b""
        self._waiting = None
        data = data.removeprefix(codecs.BOM_UTF8)
        return (b'"use strict";' if _STRICT.match(data) else b"") + self._guard + data


class SniffingFilter:
    """For a page without a Content-Type: a browser would look whether it is HTML, so we do first.

    The MIME Sniffing Standard §7.1 lists the tags that make HTML of unlabelled bytes; anything that begins
    with ``<`` is taken for a page here, which costs nothing where it is none.
    """

    def __init__(self, page: PageFilter) -> None:
        self._page = page
        self._waiting: bytes | None = b""
        self._is_page = False

    def feed(self, chunk: bytes, last: bool) -> bytes:
        """See :class:`~.decisions.BodyFilter`."""
        if self._waiting is not None:
            self._waiting += chunk
            start = self._waiting.removeprefix(codecs.BOM_UTF8).lstrip(b"\t\n\x0c\r ")
            if not start and not last and len(self._waiting) < _SNIFFED:
                return b""
            self._is_page = start[:1] == b"<" or self._waiting[:2] in (
                codecs.BOM_UTF16_LE,
                codecs.BOM_UTF16_BE,
            )
            chunk, self._waiting = self._waiting, None
        return self._page.feed(chunk, last) if self._is_page else chunk
