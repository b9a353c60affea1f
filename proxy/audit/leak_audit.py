"""A second look at what goes out: how much was held and released, and that nothing passed which was held.

The gate strips; this compares what came in with what goes on, by code of its own that shares only the rules. It
stands at the adapter, behind the gate, so it also sees what a fault in the gate would let pass. Nothing about visitors
is kept: only how many things of which kind and service.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache, wraps
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from ..gate.messages import Fault
from ..http.headers import Headers
from ..rules.model import Released
from ..rules.rulebook import Match, Rulebook

HELD, RELEASED, ESCAPED = "held", "released", "escaped"
"""What became of a thing; *escaped* went to a visitor, or to the site, though it was held."""
_SAMPLED = 256
"""Of so many pages one is read again as it goes out."""
_LONGEST_REASON = 300
_log = logging.getLogger("holdback")
_MOST = 512 * 1024
"""Bytes of a page that are read again."""
_SLICE = 2 * 1024
_PAUSE = 0.005
"""Of a page that is read again so many characters are read at once, and so many seconds lie before each slice: the
page itself does not wait for it, and another visitor for some tenths of a millisecond at the most."""
_NAME = re.compile(rb"(?:^|;)[ \t]*([^=;]*)")
_EXPIRING = re.compile(rb";\s*max-age=(?:0|-\d+)\s*(?:;|$)", re.IGNORECASE)


class Thing(NamedTuple):
    """What is counted: what became of it, its kind, and the id of its service (``~purpose`` where none is known)."""

    outcome: str
    kind: str
    service: str


def _never_in_the_way[**P](look: Callable[P, None]) -> Callable[P, None]:
    """*look*, whose failure is a line of log: what only looks on must cost nobody a page."""

    @wraps(look)
    def careful(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            look(*args, **kwargs)
        except Exception as error:
            _failed(error)

    return careful


def _failed(error: Exception) -> None:
    _log.warning("what goes out could not be compared: %s: %s", type(error).__name__, error)


class LeakAudit:
    """Counts for one process. Everything is called in its event loop."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._counts: Counter[Thing] = Counter()
        self._pages = 0
        self._reading: Iterator[None] | None = None
        self._request_cookies = lru_cache(4096)(self._compared_request)
        self._response_cookies = lru_cache(4096)(self._compared_response)

    def fault(self, fault: Fault) -> None:
        """Something of ours failed, and the visitor was served all the same: a line of log, and a count."""
        self._counts[Thing("failed", fault.what, "")] += 1
        error = " ".join(f"{type(fault.error).__name__}: {fault.error}".split())
        _log.warning("failed over a %s: %s: %s", fault.what, fault.path, error[:_LONGEST_REASON])

    def take(self) -> Counter[Thing]:
        """What was counted since the last time."""
        counts, self._counts = self._counts, Counter()
        return counts

    @_never_in_the_way
    def asked(self, came: Headers, target: bytes, goes: Headers, goes_to: bytes, released: Released) -> None:
        """A request on its way to the site: its lines and target as they *came*, and as they go on."""
        cookie = _values(came, b"cookie")
        if cookie:
            self._counts.update(self._request_cookies(cookie, _values(goes, b"cookie"), released))
        if b"?" in target:
            self._counts.update(self._compared_links(target, goes_to, released))

    @_never_in_the_way
    def answered(self, came: Headers, goes: Headers, released: Released) -> None:
        """The lines of the site's answer as they *came*, and as they go to the visitor."""
        lines = _values(came, b"set-cookie")
        gone = _values(goes, b"set-cookie")
        if lines or gone:
            self._counts.update(self._response_cookies(lines, gone, released))

    @_never_in_the_way
    def quiet(self, target: bytes) -> None:
        """A call to an endpoint on the site's own host that the gate answered itself."""
        path, _, query = target.partition(b"?")
        own = self._rulebook.own_path(path, query)
        if own is not None:
            self._counts[Thing(HELD, "endpoint", _named(own.match))] += 1

    @_never_in_the_way
    def of_server(self, source: str, kept: int, held: int) -> None:
        """Events that the site's own server sent by the SDK *source*, and how many were of people who have agreed."""
        for outcome, count in ((RELEASED, kept), (HELD, held)):
            if count:
                self._counts[Thing(outcome, "server event", source)] += count

    @_never_in_the_way
    def page(self, html: bytes, url: str, released: Released) -> None:
        """A page as it goes to the visitor; every 256th is read again, in between what else the loop has to do."""
        self._pages += 1
        if self._pages % _SAMPLED == 1 and self._reading is None:
            self._reading = self._read_again(html[:_MOST], url, released)
            self._read_on(asyncio.get_running_loop(), self._reading)

    def finish(self) -> None:
        """Read to its end what is being read again, because the process ends."""
        for _ in self._reading or ():
            pass

    def _read_on(self, loop: asyncio.AbstractEventLoop, slices: Iterator[None]) -> None:
        """Take the next step, and ask for another turn as long as there is one."""
        with suppress(StopIteration):
            next(slices)
            loop.call_later(_PAUSE, self._read_on, loop, slices)

    def _read_again(self, html: bytes, url: str, released: Released) -> Iterator[None]:
        try:
            yield
            reader = _Fetching(url)
            yield from reader.read(html)
            self._counts[Thing("sampled", "page", "")] += 1
            self._counts.update(self._found(reader, url, released))
        except Exception as error:
            _failed(error)
        finally:
            self._reading = None

    def live(self, html: bytes, url: str, released: Released) -> list[Thing]:
        """What *html*, at *url*, would have a browser fetch though it is held, and the elements that are held in it."""
        reader = _Fetching(url)
        for _ in reader.read(html):
            pass
        return self._found(reader, url, released)

    def _found(self, reader: "_Fetching", url: str, released: Released) -> list[Thing]:
        host = urlsplit(url).netloc
        found = []
        for address in reader.live:
            match = self._rulebook.url(address, own_host=host)
            if match is not None and self._rulebook.held(match, released):
                found.append(Thing(ESCAPED, "element", _named(match)))
        return found + [Thing(HELD, "element", service) for service in reader.inert]

    # -- comparisons, remembered by what they compare --------------------------------------------------------

    def _compared_request(
        self, came: tuple[bytes, ...], goes: tuple[bytes, ...], released: Released
    ) -> tuple[Thing, ...]:
        return tuple(self._cookies("request cookie", _names(came), _names(goes), released))

    def _compared_response(
        self, came: tuple[bytes, ...], goes: tuple[bytes, ...], released: Released
    ) -> tuple[Thing, ...]:
        lasting = [line for line in goes if not _EXPIRING.search(line)]
        return tuple(self._cookies("response cookie", _set(came), _set(lasting), released))

    def _cookies(
        self, kind: str, came: Iterable[str], goes: Iterable[str], released: Released
    ) -> Iterable[Thing]:
        passed = set(goes)
        for name in {*came, *passed}:
            match = self._rulebook.cookie(name)
            if match is not None and match.holds:
                is_held = self._rulebook.held(match, released)
                outcome = (ESCAPED if name in passed else HELD) if is_held else RELEASED
                yield Thing(outcome, kind, _named(match))

    def _compared_links(self, target: bytes, goes_to: bytes, released: Released) -> Iterable[Thing]:
        passed = _parameters(goes_to)
        for name in _parameters(target):
            match = self._rulebook.parameter(name)
            if match is not None:
                is_held = self._rulebook.held(match, released)
                outcome = (ESCAPED if name in passed else HELD) if is_held else RELEASED
                yield Thing(outcome, "link parameter", _named(match))


class _Fetching(HTMLParser):
    """Collects the addresses that elements fetch, by Python's own parser, and which elements are held."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self.live: list[str] = []
        self.inert: list[str] = []

    def read(self, html: bytes) -> Iterator[None]:
        """Read *html* slice by slice."""
        text = html.decode("utf-8", "replace")
        for at in range(0, len(text), _SLICE):
            self.feed(text[at : at + _SLICE])
            yield
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See :class:`html.parser.HTMLParser`."""
        given = {name: value or "" for name, value in attrs}
        self.inert += given.get("data-hb", "").split()
        if tag in _TEXT:
            self.set_cdata_mode(tag)
        if tag == "base" and "href" in given:
            self._base = urljoin(self._base, given["href"])
        elif tag == "script" and given.get("type") == "text/plain":
            return
        elif tag in _SOURCES and (address := given.get(_SOURCES[tag])):
            self._meet(address)
        elif tag == "link" and _FETCHED & set(given.get("rel", "").lower().split()):
            self._meet(given.get("href", ""))

    def _meet(self, address: str) -> None:
        try:
            self.live.append(urljoin(self._base, address.strip()))
        except ValueError:
            return  # no browser fetches what is no address


_TEXT = frozenset({"title", "textarea", "xmp", "iframe", "noembed", "noframes"})
"""Elements whose content is text, beside those that Python's parser knows (WHATWG HTML §13.2.6.2): where a page leaves
an ``iframe`` open, no browser is shown what stands behind it."""
_SOURCES = {
    **dict.fromkeys(("script", "img", "iframe", "embed", "video", "audio", "source", "track"), "src"),
    "object": "data",
}
_FETCHED = {"stylesheet", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch", "icon"}


def _named(match: Match) -> str:
    return match.service.id if match.service else f"~{match.purpose}"


def _values(headers: Headers, wanted: bytes) -> tuple[bytes, ...]:
    return tuple([value for name, value in headers if name == wanted])


def _names(values: Iterable[bytes]) -> list[str]:
    return [
        name.strip().decode("latin-1") for value in values for name in _NAME.findall(value) if name.strip()
    ]


def _set(lines: Iterable[bytes]) -> list[str]:
    return [names[0] for line in lines if (names := _names([line]))]


def _parameters(target: bytes) -> set[str]:
    query = target.partition(b"?")[2]
    return {pair.partition(b"=")[0].decode("latin-1") for pair in query.split(b"&") if pair}
