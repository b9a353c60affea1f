"""The gate's second question: what becomes of the site's response to a forwarded request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal
from urllib.parse import urljoin

from ...banner.consent.expiry import expiry_lines
from ...banner.consent.signed_choice import COOKIE_NAMES
from ..http.headers import Headers, first, without
from ..markup.page import Page
from ..rules.model import Purpose
from .body import document_kinds
from .body.compressing import CodedFilter, Coding, may_be_coded
from .body.decoding import UNCODED, decoding
from .body.document_kinds import Kind
from .body.filters import CarefulFilter, PageFilter, SniffingFilter, WorkerFilter
from .body.guard_delivery import Delivery
from .body.inserts import Insert, Inserts
from .body.report_sample import tells
from .headers import caching, cookies, fetching, redirects, site_policy
from .headers.clear_site_data import clears_cookies, led_by
from .headers.media_types import MediaType, Shown, media_type
from .headers.strict_policy import UNREADABLE_PAGE
from .messages import BodyFilter, Fault, Look, Report, RequestHead, ResponsePlan
from .request import trusted_hops
from .request.head_reader import ReadHead

_BODILESS = frozenset({101, 204, 205, 304})
_SHOWN_AS: dict[Kind, Literal["document", "frame", "fragment"]] = {
    Kind.DOCUMENT: "document",
    Kind.UNTOLD: "document",
    Kind.FRAME: "frame",
    Kind.FRAGMENT: "fragment",
}
_UNCACHED = (b"cache-control", b"no-store")
_CACHED = frozenset({b"cache-control", b"expires", b"etag", b"last-modified"})
_NOT_UNREAD = _CACHED | {b"set-cookie"}
_VISITS = (Kind.DOCUMENT, Kind.UNTOLD)


@dataclass(frozen=True, slots=True)
class PageView:
    """A page that the proxy itself saw a visitor read, for whom analytics is released."""

    target: str
    """Path and query, which is for what a link named its campaign, and not to be stored."""
    host: str
    referrer: str
    agent: str
    country: str | None
    visitor: str | None
    """The id of the visitor's choice; None where the regime released without one."""


class Visit:
    """One forwarded request, waiting for the site's answer."""

    __slots__ = (
        "_ahead",
        "_coding",
        "_delivery",
        "_head",
        "_holding",
        "_inserts",
        "_links",
        "_look",
        "_now",
        "_report",
        "_strict",
        "_viewed",
        "kind",
        "standing",
        "variant",
    )

    def __init__(
        self,
        head: RequestHead,
        asked: ReadHead,
        inserts: Inserts,
        now: float,
        *,
        strict: bool,
        report: Report,
        look: Look | None,
        links: tuple[str, ...] = (),
    ) -> None:
        self.kind = asked.kind
        self.standing = asked.standing
        self.variant = asked.variant
        self._ahead = asked.ahead
        self._coding = asked.coding
        self._delivery = asked.delivery
        self._head = head
        self._holding = asked.holding
        self._inserts = inserts
        self._now = now
        self._strict = strict
        self._report = report
        self._look = look
        self._links = links
        self._viewed = False

    @property
    def is_navigation(self) -> bool:
        """Whether the answer is shown as a document of its own, in a tab or a frame."""
        return self.kind is Kind.DOCUMENT or self.kind is Kind.FRAME

    def response(self, status: int, headers: Headers) -> ResponsePlan:
        """The head and the body that the visitor gets for the site's *status* and *headers*.

        Where we fail over a head, the body goes out as it is. A policy lets it ask nobody but the site then, and no
        line of the head is left that could reach a tracker or be a tracker's cookie.
        """
        try:
            return self._response(status, headers)
        except Exception as error:
            self._report(Fault("head", self._path, error))
            careful = fetching.WATCHED | _NOT_UNREAD
            if not self.is_navigation:  # where a visitor is sent is theirs; what a page loads goes nowhere
                careful |= {b"location"}
            kept = [pair for pair in trusted_hops.response_headers(headers) if pair[0] not in careful]
            return ResponsePlan(status, [*kept, _UNCACHED, UNREADABLE_PAGE])

    def _response(self, status: int, headers: Headers) -> ResponsePlan:
        headers = self._let_through(headers)
        if 300 <= status < 400:
            status, headers = redirects.led_past(
                status, headers, self._held_header_url, is_visit=self.kind in _VISITS
            )
            if renewal := self._renewal(headers):
                headers = led_by(
                    status,
                    headers,
                    url=self.url,
                    method=self._head.method,
                    endpoint=self._inserts.renewing,
                    token=renewal,
                )
        if status == 304:
            headers = caching.without_policies(headers)
        if self.kind is Kind.ASSET:
            return ResponsePlan(status, self._asset_headers(headers))
        if status == 304:
            self._viewed = self.kind in _VISITS and caching.is_known_page(self._head.headers)
        if status in _BODILESS:
            return ResponsePlan(
                status, caching.page_headers(headers, self.variant) if status == 304 else headers
            )
        media = media_type(headers)
        if self.kind is Kind.WORKER:
            return self._worker(status, headers, media)
        if media.shown is Shown.NO_DOCUMENT:
            return ResponsePlan(status, headers)
        if media.shown is Shown.OTHER_DOCUMENT or status == 206:
            return ResponsePlan(status, [*headers, *self._narrow()])
        return self._page(status, headers, media)

    def page_view(self) -> PageView | None:
        """What to store of this visit once it was answered; None where nothing may or need be."""
        if not self._viewed or Purpose.ANALYTICS not in self.standing.released.purposes or not self._is_view:
            return None
        standing, choice, lines = self.standing, self.standing.choice, self._head.headers
        return PageView(
            target=self._head.target.decode("latin-1"),
            host=standing.host,
            referrer=(first(lines, b"referer") or b"").decode("latin-1"),
            agent=(first(lines, b"user-agent") or b"").decode("latin-1"),
            country=standing.country,
            visitor=choice.id if choice else None,
        )

    def _let_through(self, headers: Headers) -> Headers:
        out = fetching.filtered(trusted_hops.response_headers(headers), self._held_header_url)
        if b"set-cookie" in [name for name, _ in out]:
            out = [pair for pair in out if pair[0] != b"set-cookie" or self._may_be_set(pair[1])]
        if self.standing.seen and self.standing.choice is not None and self.kind is not Kind.ASSET:
            out.extend((b"set-cookie", line) for line in expiry_lines(self.standing, self._path))
        return out

    def _may_be_set(self, line: bytes) -> bool:
        name = cookies.set_name(line)
        return name not in COOKIE_NAMES and not self._holding.sets(name, line, self._now)

    def _asset_headers(self, headers: Headers) -> Headers:
        """An asset's *headers*. A drawing in a page may be opened on its own later, from the browser's cache."""
        if b"xml" in (first(headers, b"content-type") or b""):
            return [*headers, *self._narrow()]
        return headers

    def _narrow(self) -> Headers:
        """The policy of a body that may be shown as a page and has no guard: what is held can't be told in it.

        Outside of ``strict`` it lets a page ask the site alone: a list of all who are allowed would be a header of up
        to 20 kB, more than many proxies take. Where nothing is held there is none.
        """
        if self._strict:
            return [self._holding.policy]
        return [] if self._holding.holds_nothing else [UNREADABLE_PAGE]

    def _page(self, status: int, headers: Headers, media: MediaType) -> ResponsePlan:
        codings = decoding(headers)
        untouched = _as_it_is(headers)
        if codings is None:
            return ResponsePlan(status, untouched)
        kind = Kind.FRAGMENT if document_kinds.is_attachment(headers) else self.kind
        self._viewed = status == 200 and media.shown is not Shown.SNIFFED and kind in _VISITS
        allowed = site_policy.inline(headers)
        is_xml = media.shown is Shown.XHTML
        make = partial(
            self._inserts.for_page,
            kind,
            self.standing,
            allowed.nonce,
            self._now,
            self._links,
            self._way(kind, media, allowed),
            marks=self._marks(kind, self._renewal(headers)),
            asks=allowed.asks,
        )
        listed = self._inserts.listed
        insert = make()
        if is_xml:
            insert = insert.as_xml(allowed.nonce)
        coding = self._coding if may_be_coded(headers, grows=kind is not Kind.FRAGMENT) else None
        if media.shown is Shown.SNIFFED:
            coding = None  # Firefox does not look into what is coded: it would save the page
        headers = self._page_headers(headers, kind, allowed, insert, coding)
        untold = kind is Kind.UNTOLD
        page = Page(url=self.url, content_type_charset=media.charset, kind=_SHOWN_AS[kind], xhtml=is_xml)

        def notice() -> bytes:
            """The notice once the page was read: what the page was seen to use is listed in it."""
            return insert.body if self._inserts.listed == listed else make().body

        def read(plain: bool) -> BodyFilter:
            fresh = codings.again() if plain else codings
            if media.shown is not Shown.SNIFFED:
                late = None if is_xml or not insert.body else notice
                return PageFilter(
                    fresh,
                    self._holding,
                    page,
                    insert,
                    untold=untold,
                    plain=plain,
                    look=self._looked_at,
                    late=late,
                )
            html = PageFilter(UNCODED, self._holding, page, insert, untold=untold, plain=plain)
            as_xml = insert.as_xml(allowed.nonce)
            xml = PageFilter(UNCODED, self._holding, replace(page, xhtml=True), as_xml, plain=plain)
            return SniffingFilter(fresh, html, xml)

        return self._coded(status, headers, coding, read, untouched)

    def _page_headers(
        self,
        headers: Headers,
        kind: Kind,
        allowed: site_policy.Inline,
        insert: Insert,
        coding: Coding | None,
    ) -> Headers:
        """A page's *headers*: they let what is inserted be there, and no cache take it for another's page."""
        if insert.head and allowed.has_policy:
            if allowed.hashed:
                headers = site_policy.with_hashes(headers, *insert.hashed())
            headers = site_policy.with_endpoints(headers, self._inserts.endpoints(self.standing))
        headers = caching.page_headers(headers, self.variant)
        if coding is not None:
            headers.append((b"content-encoding", coding.name))
        if kind is Kind.FRAGMENT:
            # A script that fetches a fragment does not care about its policy; a page that a service worker answers with
            # what it once fetched has no guard, and obeys.
            headers += self._narrow()
        elif self._strict:
            headers.append(self._holding.policy)
        return headers

    def _way(self, kind: Kind, media: MediaType, allowed: site_policy.Inline) -> Delivery:
        """Where the guard is: inside of what may be XML, and of what answers a form, which nobody reloads unasked."""
        is_other = media.shown in (Shown.XHTML, Shown.SNIFFED) or kind is not self.kind
        return Delivery.INSIDE if is_other or self._head.method != b"GET" else self._delivery.within(allowed)

    @property
    def _is_view(self) -> bool:
        """Whether somebody looks at the page now, as far as the request tells. What answers a form is looked at too."""
        return self._head.method in (b"GET", b"POST") and not self._ahead

    def _marks(self, kind: Kind, renewal: str) -> tuple[str, ...]:
        """What the page's guard has to tell the proxy."""
        marks: tuple[str, ...] = ("tell",) if tells(self.standing, self._now) else ()
        if renewal:
            marks += (f'again="{renewal}"',)
        counts = kind is Kind.DOCUMENT and Purpose.ANALYTICS in self.standing.released.purposes
        return (*marks, "view") if self._ahead and counts else marks

    def _renewal(self, headers: Headers) -> str:
        """What brings the visitor's choice back if the site's *headers* clear it away; else empty."""
        choice = self.standing.choice
        if choice is None or self.kind is not Kind.DOCUMENT or not clears_cookies(headers):
            return ""
        return self._inserts.renewal(choice, self._now)

    def _looked_at(self, html: bytes) -> None:
        if self._look is not None:
            self._look(html, self.url, self.standing.released)

    def _coded(
        self,
        status: int,
        headers: Headers,
        coding: Coding | None,
        read: Callable[[bool], BodyFilter],
        untouched: Headers,
    ) -> ResponsePlan:
        body: BodyFilter = CarefulFilter(read, self._path, self._report)
        if coding is not None:
            body = CodedFilter(body, coding)
        return ResponsePlan(status, headers, body, untouched)

    def _worker(self, status: int, headers: Headers, media: MediaType) -> ResponsePlan:
        codings = decoding(headers)
        if not 200 <= status < 300 or not media.may_be_script or codings is None:
            return ResponsePlan(status, headers)
        untouched = _as_it_is(headers)
        coding = self._coding if may_be_coded(headers, grows=True) else None
        headers = caching.page_headers(headers, self.variant)
        if coding is not None:
            headers.append((b"content-encoding", coding.name))
        if self._strict:
            headers.append(self._holding.policy)
        guard = self._inserts.for_worker(self.standing)

        def read(plain: bool) -> BodyFilter:
            return WorkerFilter(codings.again() if plain else codings, guard)

        return self._coded(status, headers, coding, read, untouched)

    @property
    def _path(self) -> str:
        return self._head.target.partition(b"?")[0].decode("latin-1")

    @property
    def url(self) -> str:
        """The page's address as the site was asked for it."""
        return f"{self.standing.scheme}://{self.standing.host}{self._head.target.decode('latin-1')}"

    def _held_header_url(self, url: str) -> bool:
        return self._holding.held_url(urljoin(self.url, url)) is not None


def _as_it_is(headers: Headers) -> Headers:
    """The head of a body that goes out as the site sent it, though it may be a page."""
    return [*without(headers, _CACHED), _UNCACHED, UNREADABLE_PAGE]
