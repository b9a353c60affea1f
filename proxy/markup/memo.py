"""Remembers how whole pages were rewritten, so that a page that was seen before costs a comparison.

The page's bytes are compared, not hashed: Python's hash of a 20 kB page costs more than finding that two of the
same length are equal, and a collision would show one visitor what is released for another.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..cache.recent import RecentBytes
from .page import MarkupPolicy, Page
from .reading.urls import Base
from .rewriter import SLICE, Rewriter
from .writing.pieces import Apart

CAPACITY = 32 * 1024 * 1024
"""Bytes that are kept for each process, pages and results together."""

_ALTERNATIVES = 4
"""Different pages of one length on one site that are kept: a token in a form makes them differ on every visit."""

_OVERHEAD = 1024
_JOINED = 16 * 1024 * 1024
"""Bytes of pages that are kept with their inserts too."""


type Late = Callable[[], bytes] | None


@dataclass(frozen=True, slots=True)
class _Remembered:
    html: bytes
    url: str | None
    """Set if the answer holds for this address only."""
    result: Apart

    @property
    def size(self) -> int:
        return len(self.html) + self.result.size + _OVERHEAD


class Memo:
    """Rewritten pages, the least recently used forgotten first, bounded in bytes."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._pages: RecentBytes[Hashable, tuple[_Remembered, ...]] = RecentBytes(capacity)

    @property
    def size(self) -> int:
        """Bytes that are kept by now."""
        return self._pages.size

    def rewrite(self, policy: MarkupPolicy, page: Page, html: bytes, *, head: bytes, body: bytes) -> bytes:
        """Exactly what a :class:`.rewriter.Rewriter` makes of a whole page; see :meth:`steps`."""
        return b"".join(self.steps(policy, page, html, head=head, body=body))

    def steps(
        self, policy: MarkupPolicy, page: Page, html: bytes, *, head: bytes, body: bytes, late: Late = None
    ) -> Iterator[bytes]:
        """The same in steps of a few milliseconds; all but the last are empty.

        *late* is asked for the insert for the body when the page was read, in the place of *body*.

        Raises :class:`.reading.charset.UnsupportedCharset`.
        """
        key = (policy.key, _origin(page.url), page.content_type_charset, page.kind, page.xhtml, len(html))
        known = self._pages.get(key) or ()
        for entry in known:
            if entry.html == html and (entry.url is None or entry.url == page.url):
                yield _joined(entry.result, head, late() if late else body)
                return
        rewriter = Rewriter(policy, page, head=head, body=body)
        for start in range(0, len(html), SLICE):
            rewriter.take(html[start : start + SLICE])
            yield b""
        rewriter.finish()
        result = rewriter.pieces.apart()
        if not rewriter.pieces.embeds:
            entry = _Remembered(html, page.url if rewriter.by_path else None, result)
            self._remember(key, entry)
        yield _joined(result, head, late() if late else body)

    def _remember(self, key: Hashable, entry: _Remembered) -> None:
        kept = (entry, *(self._pages.get(key) or ()))[:_ALTERNATIVES]
        while len(kept) > 1 and sum(one.size for one in kept) > self._pages.most:
            kept = kept[:-1]
        self._pages.keep(key, kept, sum(one.size for one in kept))


_memo = Memo()


def rewrite_whole(
    policy: MarkupPolicy, page: Page, html: bytes, *, head: bytes, body: bytes, late: Late = None
) -> Iterator[bytes]:
    """Rewrite a page that is there as a whole, or remember how it was done (:class:`Memo`, one for each process).

    It comes in steps, all but the last empty. Raises :class:`.reading.charset.UnsupportedCharset`.
    """
    return _memo.steps(policy, page, html, head=head, body=body, late=late)


def _joined(page: Apart, head: bytes, body: bytes) -> bytes:
    """*page* with its inserts. Most visitors get the same ones, and copying is what a remembered page costs most."""
    key = (page, head, body)
    whole = _whole.get(key)
    if whole is None:
        whole = page.joined({"head": head, "body": body})
        _whole.keep(key, whole, len(whole) + _OVERHEAD)
    return whole


_whole: RecentBytes[tuple[Apart, bytes, bytes], bytes] = RecentBytes(_JOINED)


@lru_cache(1024)
def _origin(url: str) -> tuple[str, str]:
    base = Base.of(url)
    return (base.scheme, base.host) if base else ("", url)
