"""The gate's second question: what becomes of the site's response to a forwarded request."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin

from ...banner.expiry import expiry_lines
from ...banner.signed import COOKIE_NAMES
from ..headers import Headers
from ..markup.page import Page
from ..rules.model import Purpose
from . import caching, cookies, exits, forwarding, kinds, redirects, site_policy
from .asking import Asked
from .bodies import PageFilter, SniffingFilter, WorkerFilter
from .decisions import RequestHead, ResponsePlan
from .encodings import decoding
from .inserts import Inserts
from .kinds import Kind
from .strict import UNREADABLE_PAGE, strict_policy

_BODILESS = frozenset({204, 205, 304})
_SHOWN_AS: dict[Kind, Literal["document", "frame", "fragment"]] = {
    Kind.DOCUMENT: "document",
    Kind.UNTOLD: "document",
    Kind.FRAME: "frame",
    Kind.FRAGMENT: "fragment",
}
_VISITS = (Kind.DOCUMENT, Kind.UNTOLD)


@dataclass(frozen=True, slots=True)
class PageView:
    """A page that the proxy itself saw a visitor read, for whom analytics is released."""

    path: str
    referrer_host: str
    visitor: str | None
    """The id of the visitor's choice; None where the regime released without one."""


class Visit:
    """One forwarded request, waiting for the site's answer."""

    __slots__ = (
        "_head",
        "_holding",
        "_inserts",
        "_links",
        "_now",
        "_strict",
        "_viewed",
        "kind",
        "standing",
        "variant",
    )

    def __init__(
        self,
        head: RequestHead,
        asked: Asked,
        inserts: Inserts,
        now: float,
        *,
        strict: bool,
        links: tuple[str, ...] = (),
    ) -> None:
        self.kind = asked.kind
        self.standing = asked.standing
        self.variant = asked.variant
        self._head = head
        self._holding = asked.holding
        self._inserts = inserts
        self._now = now
        self._strict = strict
        self._links = links
        self._viewed = False

    @property
    def is_navigation(self) -> bool:
        """Whether the answer is shown as a document of its own, in a tab or a frame."""
        return self.kind is Kind.DOCUMENT or self.kind is Kind.FRAME

    def response(self, status: int, headers: Headers) -> ResponsePlan:
        """The head and the body that the visitor gets for the site's *status* and *headers*."""
        headers = self._let_through(headers)
        if 300 <= status < 400:
            status, headers = redirects.led_past(
                status, headers, self._held_header_url, is_visit=self.kind in _VISITS
            )
        if self.kind is Kind.ASSET:
            return ResponsePlan(status, headers)
        if status in _BODILESS:
            return ResponsePlan(
                status, caching.page_headers(headers, self.variant) if status == 304 else headers
            )
        essence, charset = kinds.media_type(headers)
        if self.kind is Kind.WORKER:
            return self._worker(status, headers, essence)
        if kinds.is_markup(essence):
            return self._page(status, headers, essence, charset)
        if not essence and self.is_navigation:
            return self._page(status, headers, b"", None)
        if self.is_navigation and kinds.is_drawing(essence):
            # It is not rewritten, so it may ask nobody but the site and who is allowed.
            return ResponsePlan(status, [*headers, strict_policy(self._holding.allowed)])
        return ResponsePlan(status, headers)

    def early_hints(self, headers: Headers) -> Headers:
        """The headers of a 103 response without those that would make the browser ask a held service."""
        return exits.filtered(forwarding.response_headers(headers), self._held_header_url)

    def page_view(self) -> PageView | None:
        """What to store of this visit once it was answered; None where nothing may or need be."""
        if not self._viewed or Purpose.ANALYTICS not in self.standing.released.purposes:
            return None
        choice = self.standing.choice
        return PageView(
            path=self._head.target.partition(b"?")[0].decode("latin-1"),
            referrer_host=_host_of(self._head.headers),
            visitor=choice.id if choice else None,
        )

    def _let_through(self, headers: Headers) -> Headers:
        out = exits.filtered(forwarding.response_headers(headers), self._held_header_url)
        if b"set-cookie" in [name for name, _ in out]:
            out = [pair for pair in out if pair[0] != b"set-cookie" or self._may_be_set(pair[1])]
        if self.standing.seen and self.standing.choice is not None and self.kind is not Kind.ASSET:
            out.extend((b"set-cookie", line) for line in expiry_lines(self.standing, self._path))
        return out

    def _may_be_set(self, line: bytes) -> bool:
        name = cookies.set_name(line)
        return name not in COOKIE_NAMES and not self._holding.cookie(name)

    def _page(self, status: int, headers: Headers, essence: bytes, charset: str | None) -> ResponsePlan:
        if status == 206:
            return ResponsePlan(status, headers)
        codings = decoding(headers)
        if codings is None:
            return ResponsePlan(status, [*headers, UNREADABLE_PAGE])
        kind = Kind.FRAGMENT if kinds.is_attachment(headers) else self.kind
        self._viewed = (
            status == 200
            and essence != b""
            and self._head.method == b"GET"
            and kind in (Kind.DOCUMENT, Kind.UNTOLD)
        )
        allowed = site_policy.inline(headers)
        insert = self._inserts.for_page(
            kind, self.standing, self._head.target.decode("latin-1"), allowed.nonce, self._now, self._links
        )
        if b"xhtml" in essence:
            insert = insert.as_xml(allowed.nonce)
        if allowed.hashed and insert.head:
            headers = site_policy.with_hashes(headers, *insert.hashed())
        headers = caching.page_headers(headers, self.variant)
        if self._strict:
            headers.append(strict_policy(self._holding.allowed))
        untold = kind is Kind.UNTOLD
        page = Page(
            url=self.url,
            content_type_charset=charset,
            kind=_SHOWN_AS[kind],
            xhtml=b"xhtml" in essence,
        )
        body = PageFilter(codings, self._holding, page, insert, untold=untold)
        return ResponsePlan(status, headers, body if essence else SniffingFilter(body))

    def _worker(self, status: int, headers: Headers, essence: bytes) -> ResponsePlan:
        codings = decoding(headers)
        if not 200 <= status < 300 or not kinds.is_script(essence) or codings is None:
            return ResponsePlan(status, headers)
        headers = caching.page_headers(headers, self.variant)
        if self._strict:
            headers.append(strict_policy(self._holding.allowed))
        return ResponsePlan(status, headers, WorkerFilter(codings, self._inserts.for_worker(self.standing)))

    @property
    def _path(self) -> str:
        return self._head.target.partition(b"?")[0].decode("latin-1")

    @property
    def url(self) -> str:
        """The page's address as the site was asked for it."""
        return f"{self.standing.scheme}://{self.standing.host}{self._head.target.decode('latin-1')}"

    def _held_header_url(self, url: str) -> bool:
        return self._holding.held_url(urljoin(self.url, url)) is not None


def _host_of(headers: Headers) -> str:
    """The host of the page that led here, and nothing else of its address."""
    for name, value in headers:
        if name == b"referer":
            return value.decode("latin-1").partition("://")[2].partition("/")[0]
    return ""
