"""What a request is for, told before the answer is known: a document, a frame, a fragment or something else.

``Sec-Fetch-Dest`` says it outright where the browser sends it (Fetch Metadata); else ``Accept`` and the
headers by which known libraries fetch fragments of pages.
"""

import codecs
import re
from enum import Enum
from functools import lru_cache

from ..headers import Headers, first


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
_FRAGMENT_HEADERS = frozenset(
    {
        b"x-requested-with",
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
    destination = first(headers, b"sec-fetch-dest")
    if destination is not None:
        return _BY_DESTINATION.get(destination.strip().lower(), Kind.ASSET)
    if any(name in _FRAGMENT_HEADERS for name, _ in headers):
        return Kind.FRAGMENT
    accept = first(headers, b"accept")
    if accept is None:
        return Kind.UNTOLD
    if b"text/html" in accept or b"application/xhtml" in accept:
        return Kind.DOCUMENT
    return Kind.UNTOLD if b"*/*" in accept else Kind.ASSET


def is_attachment(headers: Headers) -> bool:
    """Whether a response with *headers* is saved rather than shown (RFC 6266 §4.2)."""
    value = first(headers, b"content-disposition")
    return value is not None and value.lstrip()[:10].lower() == b"attachment"


def is_markup(essence: bytes) -> bool:
    """Whether a browser would read a body of this media type as HTML; a list of types counts if one is."""
    return b"text/html" in essence or b"application/xhtml+xml" in essence


def is_drawing(essence: bytes) -> bool:
    """Whether a browser would show a body of this media type as a document that can fetch, though it is not HTML."""
    return essence == b"image/svg+xml" or essence in (b"text/xml", b"application/xml")


def is_script(essence: bytes) -> bool:
    """Whether a browser would run a body of this media type (MIME Sniffing Standard, "JavaScript MIME type")."""
    return essence.endswith((b"javascript", b"ecmascript", b"jscript", b"livescript"))


_WHOLE_PAGE = re.compile(
    rb"(?:\s++|<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+--!?>)|<\?[^>]*+>)*+<(?:!doctype\s++html|html|head)[\s>]",
    re.IGNORECASE,
)


def looks_whole(start: bytes) -> bool:
    """Whether markup that begins with *start* is a whole page and not a fragment of one."""
    return _WHOLE_PAGE.match(start.removeprefix(codecs.BOM_UTF8)) is not None


def media_type(headers: Headers) -> tuple[bytes, str | None]:
    """A response's media type, lower-case (empty: none given), and its charset parameter."""
    value = first(headers, b"content-type")
    return (b"", None) if value is None else _media_type(value)


@lru_cache(256)
def _media_type(value: bytes) -> tuple[bytes, str | None]:
    essence, _, parameters = value.partition(b";")
    charset = None
    for parameter in parameters.split(b";"):
        name, _, text = parameter.partition(b"=")
        if name.strip().lower() == b"charset":
            charset = text.strip().strip(b"\"'").decode("latin-1")
            break
    return essence.strip().lower(), charset
