"""Rewrites a page as it streams: held markup becomes inert, the guard and the notice are put in.

Bytes outside the tags that are touched come out as they came in, and the result does not depend on how the page
was cut into chunks. What can't be decided is decided against the tracker: see :mod:`.reading.tokenizer` for what is
incomplete or too long, :mod:`.reading.foreign` for SVG that may or may not have ended.
"""

from .elements import Markup
from .judging.judge import Judge
from .page import MarkupPolicy, Page
from .reading.charset import charset
from .writing.pieces import Pieces
from .writing.placement import Stage

SLICE = 64 * 1024
"""Bytes of a page that are rewritten at a time: a few milliseconds of work at worst, then others are served. Each cut
may fall into a script, which then takes the slow path."""


class Rewriter:
    """Rewrites one page. Feed it in order, then close it.

    *head* goes first into the head and *body* first into the body, where the page has them; both are ASCII bytes of
    complete markup, or empty. Relative addresses are resolved against ``page.url`` and the page's ``<base>``.

    *plain*: every tag is looked at on its own, slowly; for a page over which the quick ways failed. *codec* is what the
    page is read in where that is known; else its first 1,024 bytes are waited for.

    Raises :class:`.reading.charset.UnsupportedCharset` from :meth:`feed` or :meth:`close`, before any output, if the
    page can't be rewritten. Memory: up to ``tokenizer.MAX_TAG`` for one tag, ``contents.MAX_CONTENT`` for one script.
    """

    def __init__(
        self,
        policy: MarkupPolicy,
        page: Page,
        *,
        head: bytes,
        body: bytes,
        plain: bool = False,
        codec: str | None = None,
    ) -> None:
        self._codec = codec
        self._policy = policy
        self._plain = plain
        self._page = page
        self._inserts = (head, body)
        self._waiting = b""
        self._markup: Markup | None = None

    def feed(self, data: bytes) -> bytes:
        """Take a chunk of the page; what can be passed on by now."""
        self.take(data)
        return self.pieces.drain()

    def close(self) -> bytes:
        """The page has ended; the rest of it."""
        self.finish()
        return self.pieces.drain()

    def take(self, data: bytes) -> None:
        """Like :meth:`feed`, but the output stays in :attr:`pieces`."""
        if self._markup is None:
            self._waiting += data
            if not self._begin(complete=False):
                return
            data, self._waiting = self._waiting, b""
        assert self._markup is not None
        self._markup.feed(data)

    def finish(self) -> None:
        """Like :meth:`close`, but the output stays in :attr:`pieces`."""
        if self._markup is None:
            self._begin(complete=True)
            assert self._markup is not None
            self._markup.feed(self._waiting)
        self._markup.close()

    @property
    def pieces(self) -> Pieces:
        """The output that was not taken yet."""
        return self._markup.out if self._markup is not None else Pieces()

    @property
    def by_path(self) -> bool:
        """Whether the path of the page's address went into the result, not only its host."""
        return self._markup is not None and self._markup.judge.path_mattered

    def _begin(self, *, complete: bool) -> bool:
        page = self._page
        codec = self._codec or charset(
            self._waiting, page.content_type_charset, xhtml=page.xhtml, complete=complete
        )
        if codec is None:
            return False
        stage = Stage.BODY if page.kind == "fragment" else Stage.BEFORE_HEAD
        judge = Judge(self._policy, page, codec)
        head, body = self._inserts
        self._markup = Markup(judge, head=head, body=body, stage=stage, xml=page.xhtml, plain=self._plain)
        return True
