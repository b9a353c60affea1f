"""Reads a site before its first visitor does, so that the first notice already lists what it uses.

It asks for the front page and pages that it links to, through the gate, as a visitor who has agreed to nothing: so the
gate notes what it would note of that visitor. Links that may do something (a query, *nofollow*, a way out) are left
alone, and so is what ``robots.txt`` (RFC 9309) keeps from robots.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from ..exchange.exchange import Exchanges
from ..gate.decisions import Forward
from ..gate.messages import BrokenBody, RequestHead
from ..http.headers import Headers, first
from ..settings.model import Settings
from ..upstream.client import Upstream
from ..upstream.errors import UpstreamError
from ..upstream.response import Response
from .assembly import assemble

_AGENT = "Holdback"
_HEADERS: Headers = [
    (b"user-agent", b"Holdback (reads a site once, to know what it uses)"),
    (b"accept", b"text/html,*/*;q=0.5"),
    (b"sec-fetch-dest", b"document"),
    (b"sec-fetch-mode", b"navigate"),
]
_MOST = 2 * 1024 * 1024
"""Bytes of a page that are read."""
_REDIRECTS = 4
_ALL_SECONDS = 15.0
_PAGE_SECONDS = 5.0
_WAY_OUT = re.compile(r"log-?out|sign-?out|log-?off|delete|remove|unsubscribe", re.IGNORECASE)
_FILE = re.compile(r"\.(?!html?$|php$|aspx?$|jsp$)[a-z0-9]{1,5}$", re.IGNORECASE)


class NotReadable(Exception):
    """The front page can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """How many pages were read, and the names of the services that the site uses."""

    pages: int
    services: tuple[str, ...]


async def at_first_start(settings: Settings, tell: Callable[[int, int], None]) -> Read | None:
    """Read the site of *settings* unless that was done before (then None); see :func:`read_site`.

    Raises :class:`NotReadable`, ``StoreUnavailable`` and ``BadKeys``.
    """
    assembly = assemble(settings)
    upstream = Upstream(settings.upstream)
    try:
        if assembly.store.inventory.was_read():
            return None
        host, pages = urlsplit(settings.upstream).netloc, settings.site.read_at_start
        done = await read_site(Exchanges(assembly.gate), upstream, host, pages, tell)
        assembly.store.inventory.mark_read(int(time.time() * 1000))
        notices = assembly.notices
        return Read(done, notices.names(notices.listing.current.services))
    finally:
        upstream.close()
        await assembly.close()


@dataclass(frozen=True, slots=True)
class Home:
    """What the site calls itself."""

    scheme: str
    host: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"


async def read_site(
    exchanges: Exchanges,
    upstream: Upstream,
    host: str,
    pages: int,
    tell: Callable[[int, int], None],
) -> int:
    """Read the front page and at most *pages* that it links to; how many could be read.

    *host* is what the site is asked for, unless it calls itself something else.
    *tell* gets the number of pages that were read, and of those that are to be. It ends after a quarter of a minute,
    whatever is left. Raises :class:`NotReadable`.
    """
    reading = _Reading(exchanges, upstream, Home(upstream.origin.scheme, host))
    done = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_ALL_SECONDS):
            try:
                home, landing, front = await reading.front_page()
            except UpstreamError as error:
                raise NotReadable(str(error)) from error
            allowed = await reading.allowed(home)
            paths = [path for path in _chosen(front, str(home), landing, pages) if allowed(path)]
            for number, path in enumerate(paths):
                tell(number, len(paths))
                with suppress(UpstreamError, TimeoutError):
                    async with asyncio.timeout(_PAGE_SECONDS):
                        done += await reading.page(home, path)
            tell(len(paths), len(paths))
            return done
    if not done:
        raise NotReadable(f"it takes longer than {_ALL_SECONDS:.0f} seconds")
    return done


class _Reading:
    def __init__(self, exchanges: Exchanges, upstream: Upstream, home: Home) -> None:
        self._exchanges = exchanges
        self._upstream = upstream
        self._home = home

    async def front_page(self) -> tuple[Home, str, str]:
        """What the site calls itself, by redirects and canonical link (RFC 6596); its front page's path and text."""
        home, path = self._home, "/"
        for _ in range(_REDIRECTS):
            status, headers, body = await self._asked(home, path)
            location = (first(headers, b"location") or b"").decode("latin-1")
            if 300 <= status < 400 and location:
                parts = urlsplit(urljoin(f"{home}{path}", location))
                if parts.scheme not in ("http", "https") or not parts.netloc:
                    break
                home, path = Home(parts.scheme, parts.netloc), parts.path or "/"
                continue
            parts = urlsplit(links_of(body).canonical)
            named = Home(parts.scheme, parts.netloc)
            if parts.scheme in ("http", "https") and parts.netloc and named != home:
                status, _, again = await self._asked(named, path)
                if status == 200:
                    return named, path, again
            return home, path, body
        return home, path, ""

    async def allowed(self, home: Home) -> Callable[[str], bool]:
        """Whether robots may read a path."""
        status, _, body = await self._asked(home, "/robots.txt")
        robots = RobotFileParser()
        robots.parse(body.splitlines() if status == 200 else [])
        return lambda path: robots.can_fetch(_AGENT, path)

    async def page(self, home: Home, path: str) -> bool:
        """Read one page through the gate; whether it was one."""
        head = RequestHead(
            b"GET",
            path.encode("latin-1", "replace"),
            [(b"host", home.host.encode("latin-1", "replace")), *_HEADERS],
            home.scheme,
            "127.0.0.1",
        )
        exchange = self._exchanges.begin(head)
        step = exchange.step
        if not isinstance(step, Forward):
            return False
        response = await self._upstream.request(b"GET", step.target, step.headers)
        try:
            if not exchange.answered(response.status, response.headers):
                return False
            with suppress(BrokenBody):
                async for piece, is_last in _pieces(response):
                    for _ in exchange.body(piece, is_last):
                        pass  # what it meets on the way is what it is read for
            return True
        finally:
            response.abort()

    async def _asked(self, home: Home, path: str) -> tuple[int, Headers, str]:
        return await ask(self._upstream, home, path)


async def ask(upstream: Upstream, home: Home, path: str) -> tuple[int, Headers, str]:
    """Ask a site past the gate for what only we read: status, headers, and the beginning of its text.

    Raises ``UpstreamError``.
    """
    lines = [(b"host", home.host.encode("latin-1", "replace")), *_HEADERS]
    if home.scheme == "https":
        lines.append((b"x-forwarded-proto", b"https"))
    response = await upstream.request(b"GET", path.encode("latin-1", "replace"), lines)
    try:
        body = b"".join([piece async for piece, _ in _pieces(response)])
    finally:
        response.abort()
    return response.status, response.headers, body.decode("utf-8", "replace")


async def _pieces(response: Response) -> AsyncIterator[tuple[bytes, bool]]:
    """The pieces of a body, and whether each is the last: all of one that is there, at most :data:`_MOST` bytes."""
    size = 0
    while True:
        piece = await response.read() if not response.over else b""
        size += len(piece)
        is_last = response.over or size > _MOST
        yield piece, is_last
        if is_last:
            return


class _Links(HTMLParser):
    """The links of a page, in order, and the address by which it wants to be known."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.canonical = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See :class:`html.parser.HTMLParser`."""
        given = {name: value or "" for name, value in attrs}
        relations = given.get("rel", "").lower().split()
        if tag == "a" and "nofollow" not in relations and "download" not in given:
            self.links.append(given.get("href", ""))
        elif tag == "link" and "canonical" in relations:
            self.canonical = given.get("href", "")


def links_of(html: str) -> _Links:
    """Read the links of *html*."""
    links = _Links()
    links.feed(html)
    links.close()
    return links


def _chosen(html: str, home: str, landing: str, most: int) -> list[str]:
    """The paths to read: the front page *landing*, and *most* that it links to, those of other folders first."""
    paths: dict[str, None] = {}
    for link in links_of(html).links:
        with suppress(ValueError):
            parts = urlsplit(urldefrag(urljoin(f"{home}/", link.strip())).url)
            if f"{parts.scheme}://{parts.netloc}" == home and not parts.query and _is_page(parts.path):
                paths.setdefault(parts.path or "/")
    for front in ("/", landing):
        paths.pop(front, None)
    seen: Counter[str] = Counter()
    turns: list[tuple[int, str]] = []
    for path in paths:
        folder = path.split("/")[1]
        turns.append((seen[folder], path))
        seen[folder] += 1
    return [landing, *(path for _, path in sorted(turns, key=lambda turn: turn[0]))][: most + 1]


def _is_page(path: str) -> bool:
    return path.isascii() and not _WAY_OUT.search(path) and not _FILE.search(path)
