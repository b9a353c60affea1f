"""What a request is for, told before the answer is known: a document, a frame, a fragment or something else.

``Sec-Fetch-Mode`` and ``Sec-Fetch-Dest`` say it outright where the browser sends them (Fetch Metadata); else ``Accept``
and the headers by which known libraries fetch fragments of pages.

What a service worker fetches is told apart by less. What it gets may be a page that somebody is shown, now or days
later, and its destination is ``empty`` as that of any call. Where it passes a navigation on (``fetch(event.request)``),
Chromium leaves the mode ``navigate`` and Firefox does not; with options neither does, but both send
``Upgrade-Insecure-Requests``, which a browser adds to navigations alone (Upgrade Insecure Requests, 3.2.1). Where it
makes a request of its own (``fetch(event.request.url)``, ``cache.add()``), its ``Referer`` is its script.
"""

import codecs
import re
from enum import Enum

from ...http.headers import Headers, first


class Kind(Enum):
    """What the visitor's browser will make of the answer if it is markup."""

    DOCUMENT = "document"
    FRAME = "frame"
    FRAGMENT = "fragment"
    UNTOLD = "untold"
    """The request does not tell a document from a fragment; the markup has to."""
    WORKER = "worker"
    """The script that a worker begins with: a realm of its own, which the page's guard can't reach."""
    ASSET = "asset"
    """Never markup for a browser: images, scripts, styles, fonts, media."""

    @property
    def mark(self) -> bytes:
        """A few letters that tell this kind from others."""
        return self.value[:4].encode("ascii")


_BY_DESTINATION = {
    b"document": Kind.DOCUMENT,
    b"iframe": Kind.FRAME,
    b"frame": Kind.FRAME,
    b"fencedframe": Kind.FRAME,
    b"embed": Kind.FRAME,
    b"object": Kind.FRAME,
    b"empty": Kind.FRAGMENT,
    b"worker": Kind.WORKER,
    b"sharedworker": Kind.WORKER,
    b"serviceworker": Kind.WORKER,
}
_SCRIPT_ADDRESS = re.compile(rb"https?://[^/?#]+/[^?#]*\.m?js(?:[?#]|$)")
_FRAGMENT_HEADERS = frozenset(
    {
        b"hx-request",
        b"turbo-frame",
        b"x-pjax",
        b"x-inertia",
        b"x-up-version",
        b"x-livewire",
    }
)


def kind_of(headers: Headers) -> Kind:
    """The kind of a request with *headers*. When in doubt it may be a page: pages are looked at."""
    mode = first(headers, b"sec-fetch-mode")
    destination = first(headers, b"sec-fetch-dest")
    if destination is not None:
        destination = destination.strip().lower()
    if mode is not None and (mode.strip().lower() == b"navigate" or _is_passed_on(headers)):
        return Kind.FRAME if _BY_DESTINATION.get(destination or b"") is Kind.FRAME else Kind.DOCUMENT
    if destination is not None:
        if is_by_worker(headers):
            return Kind.UNTOLD
        return _BY_DESTINATION.get(destination, Kind.ASSET)
    if any(_fetches_fragments(name, value) for name, value in headers):
        return Kind.FRAGMENT
    accept = first(headers, b"accept")
    if accept is None:
        return Kind.UNTOLD
    if b"text/html" in accept or b"application/xhtml" in accept:
        return Kind.DOCUMENT
    return Kind.UNTOLD if b"*/*" in accept else Kind.ASSET


def _is_passed_on(headers: Headers) -> bool:
    """Whether a service worker passes a navigation on."""
    return first(headers, b"upgrade-insecure-requests") == b"1"


def is_by_worker(headers: Headers) -> bool:
    """Whether the script of a worker asks for this by itself.

    A module that imports another has a script for its ``Referer`` as well, and another destination. What a library asks
    for says so, or what it accepts; then the worker only passes it on.
    """
    referrer = first(headers, b"referer")
    if referrer is None or _SCRIPT_ADDRESS.match(referrer.lower()) is None:
        return False
    if first(headers, b"sec-fetch-dest") != b"empty":
        return False
    is_plain = not any(name == b"x-requested-with" or name in _FRAGMENT_HEADERS for name, _ in headers)
    return is_plain and first(headers, b"accept") == b"*/*"


def _fetches_fragments(name: bytes, value: bytes) -> bool:
    """Whether a header line tells of a library. Apps name themselves in ``X-Requested-With`` when they show a page."""
    if name == b"x-requested-with":
        return value.strip().lower() == b"xmlhttprequest"
    return name in _FRAGMENT_HEADERS


def is_attachment(headers: Headers) -> bool:
    """Whether a response with *headers* is saved rather than shown (RFC 6266 §4.2)."""
    value = first(headers, b"content-disposition")
    return value is not None and value.lstrip()[:10].lower() == b"attachment"


_BEFORE = rb"(?:\s++|<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+--!?>)|<\?[^>]*+>)*+"
_WHOLE_PAGE = re.compile(_BEFORE + rb"<(?:!doctype\s++html|html|head)[\s>]", re.IGNORECASE)
_FIRST = re.compile(_BEFORE)
_OPEN = (b"<!--", b"<?")
"""What begins so and has not ended hides everything behind it."""
_BEGINNINGS = (*_OPEN, b"<!doctype html", b"<html", b"<head")


def looks_whole(start: bytes) -> bool:
    """Whether markup that begins with *start* is a whole page and not a fragment of one."""
    return _WHOLE_PAGE.match(start.removeprefix(codecs.BOM_UTF8)) is not None


def is_undecided(start: bytes) -> bool:
    """Whether more of the markup than *start* has to be seen to say that."""
    start = start.removeprefix(codecs.BOM_UTF8)
    before = _FIRST.match(start)
    rest = start[before.end() if before else 0 :]
    told = b" ".join(rest[:64].lower().split())
    return rest.startswith(_OPEN) or any(one.startswith(told) for one in _BEGINNINGS)


_DATA = re.compile(
    rb"""\s*+(?:\{\s*+["}]|\[\s*+(?:["{\]]|(?:true|false|null|-?+\d[\d.eE+-]*+)\s*+,|\[\s*+["\d\[{\]-])"""
    rb"""|\)\]\}'|(?:for\s*+\(\s*+;;\s*+\)|while\s*+\(\s*+1\s*+\))\s*+;)"""
)
"""JSON, with what is put before it so that no ``<script>`` can read it."""
_SCRIPT = re.compile(
    rb"""\s*+(?:["']|/[/*]|[!(;]|(?:var|let|const|function|async|import|export|class|return)\b[\s{(]"""
    rb"""|[\w$.]++\s*+(?:\(|=[^=])|(?:event|data|id|retry):)"""
)
"""A script, a call with data in it (JSONP), a string, an event stream."""


def reads_as_data(start: bytes, *, fetched: bool) -> bool:
    """Whether what begins with *start* is no markup, though its type says so: an edit would break it.

    Many servers send JSON so. What a script *fetched* is left alone more readily: if it is markup after all, the page's
    guard looks at it where the script puts it into the page.
    """
    start = start.removeprefix(codecs.BOM_UTF8)
    return _DATA.match(start) is not None or (fetched and _SCRIPT.match(start) is not None)
