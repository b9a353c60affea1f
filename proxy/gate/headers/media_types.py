"""What a browser makes of a response's ``Content-Type``: by Fetch and MIME Sniffing, and by where browsers differ.

Whoever takes less for a page than a browser does lets the page out unread. So every reading that some browser is known
to make counts, and what is left open is decided against the tracker.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ...http.headers import Headers, every, first

_SPACE = b"\t\n\r "
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PARAMETER = re.compile(
    rb';[\t\n\r ]*+([^;=]*+)(?:=(?:"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)[^;]*+|([^;]*+)))?', re.DOTALL
)
_PIECES = re.compile(rb'(?:[^",]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))++', re.DOTALL)
"""One value of a list, up to the comma that ends it (Fetch, "get, decode, and split")."""
_UNKNOWN = frozenset({b"unknown/unknown", b"application/unknown", b"*/*"})
_HTML, _XHTML = b"text/html", b"application/xhtml+xml"
_OTHER_DOCUMENTS = frozenset(
    {
        b"text/xml",
        b"application/xml",
        b"text/xsl",  # Chromium reads it as XML
        b"multipart/x-mixed-replace",  # Firefox shows its parts
        b"multipart/related",
        b"message/rfc822",
    }
)
_SCRIPTS = (b"javascript", b"ecmascript", b"jscript", b"livescript")


class Shown(Enum):
    """What a browser would show a body as, if it navigated there."""

    HTML = "HTML"
    XHTML = "XHTML"
    SNIFFED = "what it looks like"
    """The type says nothing, so the first bytes do (MIME Sniffing §7.1)."""
    OTHER_DOCUMENT = "a document that can fetch, though it is not HTML"
    """XML, which may hold XHTML and SVG, and what only some browsers take for a page. It is not rewritten."""
    NO_DOCUMENT = "nothing that fetches"


@dataclass(frozen=True, slots=True)
class MediaType:
    """What the ``Content-Type`` lines of a response say; ``charset`` is the parameter of the line that counts."""

    shown: Shown
    charset: str | None = None
    may_be_script: bool = False


def media_type(headers: Headers) -> MediaType:
    """What a browser makes of a response with *headers*."""
    lines = tuple(every(headers, b"content-type"))
    told = _read(lines)
    if told.shown is Shown.SNIFFED and _nosniff(headers):
        # Then a browser shows text, and what would be put into a page would be text in it.
        return MediaType(Shown.OTHER_DOCUMENT, None, told.may_be_script)
    return told


@lru_cache(512)
def _read(lines: tuple[bytes, ...]) -> MediaType:
    essence, charset = _extracted(lines)
    lenient = [_lenient(line) for line in lines]
    counts = {essence, lenient[-1] if lenient else b""}
    may_be = {*counts, *lenient, *(_essence(value) for line in lines for value in _PIECES.findall(line))}
    may_be_script = not essence or any(one.endswith(_SCRIPTS) for one in may_be)
    if _HTML in counts:
        shown = Shown.HTML
    elif _XHTML in counts:
        shown = Shown.XHTML
    elif not essence and not any(_is_document(one) for one in may_be):
        shown = Shown.SNIFFED
    elif any(_is_document(one) for one in may_be):
        shown = Shown.OTHER_DOCUMENT
    else:
        shown = Shown.NO_DOCUMENT
    return MediaType(shown, charset, may_be_script)


def _extracted(lines: tuple[bytes, ...]) -> tuple[bytes, str | None]:
    """Fetch, "extract a MIME type": essence and charset of the last valid value; an empty essence if none is."""
    essence, charset = b"", None
    for line in lines:
        for value in _PIECES.findall(line):
            found = _essence(value)
            if not found or found in _UNKNOWN:
                continue
            told = _charset(value)
            if told is not None or found != essence:
                charset = told
            essence = found
    return essence, charset


def _essence(value: bytes) -> bytes:
    """MIME Sniffing §4.4, "parse a MIME type", as far as the essence goes; empty for what is none."""
    kind, slash, rest = value.strip(_SPACE).partition(b"/")
    subtype = rest.partition(b";")[0].rstrip(_SPACE)
    if not slash or not _TOKEN.fullmatch(kind) or not _TOKEN.fullmatch(subtype):
        return b""
    return (kind + b"/" + subtype).lower()


def _lenient(line: bytes) -> bytes:
    """The essence as Chromium cuts it out of a line: up to the first space, semicolon or comma."""
    return re.split(rb"[\t\n\r ;,]", line.strip(_SPACE), maxsplit=1)[0].lower()


def _charset(value: bytes) -> str | None:
    parameters = value[value.find(b";") :] if b";" in value else b""
    for name, quoted, bare in _PARAMETER.findall(parameters):
        if name.strip(_SPACE).lower() == b"charset":
            text = quoted or bare.strip(_SPACE)
            return text.strip(b"'").decode("latin-1") or None
    return None


def _is_document(essence: bytes) -> bool:
    return essence in (_HTML, _XHTML) or essence in _OTHER_DOCUMENTS or essence.endswith(b"+xml")


def _nosniff(headers: Headers) -> bool:
    """Fetch, "determine nosniff"."""
    value = first(headers, b"x-content-type-options")
    return value is not None and value.partition(b",")[0].strip(_SPACE).lower() == b"nosniff"
