"""Which character encoding a browser will read a page in (WHATWG HTML §13.2.3, Encoding §4.2).

The rewriter works on bytes: every token's delimiters are ASCII, and in the encodings below no byte of a
longer character can be taken for one. Where that does not hold (UTF-16, ISO-2022-JP) nothing is rewritten;
the caller must fall back on strict headers.
"""

import codecs
import re

from .attributes import attributes

_LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e "
    "iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
    "iso8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 "
    "iso_8859-7 iso_8859-7:1987 sun_eu_greek",
    "iso8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 "
    "iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 "
    "iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 "
    "windows-1254 x-cp1254",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
    "windows-949",
    "utf-16": "unicodefffe utf-16be csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "iso2022_jp": "csiso2022jp iso-2022-jp",
    "latin-1": "x-user-defined csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement",
}
"""Python's codec for every label of the Encoding Standard. The last line's labels make a browser read bytes
above ASCII as placeholders, so latin-1 is as good as any."""

_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_NOT_ASCII_TOKENS = frozenset({"utf-16", "iso2022_jp"})

PRESCAN = 1024
"""How many bytes a browser searches for a ``<meta>`` that names the encoding."""

_META = re.compile(
    rb"<!--(?:.*?-->|.*)"
    rb"|<meta(?=[\s/])(?P<meta>(?:[^>\"']|\"[^\"]*\"|'[^']*')*+)>"
    rb"|<[/!?]?[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*+(?:>|.*)",
    re.I | re.S,
)
"""What has begun and not ended hides everything behind it, so that a longer look never finds less."""
_TAG_NAME = re.compile(rb"</?[a-z][^\s/>]*", re.I)
_LEAVES_LOOKING = frozenset(
    f"<{end}{name}".encode("ascii")
    for name in ("script", "noscript", "style", "link", "meta", "object", "title", "base")
    for end in ("", "/")
) | {b"<html", b"<head"}
"""Tags that leave Chromium looking on for a ``<meta>`` that names the encoding."""
_CONTENT = re.compile(rb"charset\s*+=\s*+[\"']?+\s*+([^\s;\"'>/]++)", re.I)
_XML_DECLARATION = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']")


class UnsupportedCharset(ValueError):
    """The page's encoding can't be rewritten byte by byte; ``args[0]`` names it. Pass it on under strict headers."""


def codec_of(label: str | None) -> str | None:
    """Python's name for an encoding label of the web, or None if browsers don't know it either."""
    return _CODECS.get(label.strip("\t\n\f\r ").lower()) if label else None


def charset(head: bytes, declared: str | None, *, xhtml: bool, complete: bool) -> str | None:
    """The codec in which a page that begins with *head* is read; None if more of it must be seen.

    *declared* is the ``charset`` parameter of ``Content-Type``. *complete* says that nothing will follow. The
    order is: byte order mark, Content-Type, what the first 1024 bytes declare, windows-1252 (UTF-8 for XML).

    Raises :class:`UnsupportedCharset`.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnsupportedCharset("utf-16")
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if len(head) < 3 and not complete:
        return None
    codec = codec_of(declared)
    if codec is None:
        codec = _declared_inside(head[:PRESCAN], xhtml=xhtml)
        if codec is None and len(head) < PRESCAN and not complete:
            return None
    codec = codec or ("utf-8" if xhtml else "cp1252")
    if codec in _NOT_ASCII_TOKENS:
        raise UnsupportedCharset(codec)
    return codec


def declared_behind_head(start: bytes, declared: str | None) -> str:
    """The label of the encoding that a page beginning with *start* names where its head is over; empty if it does not.

    Browsers find such a ``<meta>`` only within the first 1024 bytes, out of which it is moved by all that is put into
    the head. What stands in the head they find anywhere. *declared* is as for :func:`charset`.
    """
    if codec_of(declared) or start.startswith(codecs.BOM_UTF8):
        return ""
    behind = False
    for tag in _META.finditer(start[:PRESCAN]):
        if codec_of(label := _meta_label(tag["meta"])):
            return label if behind else ""
        name = _TAG_NAME.match(tag[0])
        behind = behind or (name is not None and name[0].lower() not in _LEAVES_LOOKING)
    return ""


def _declared_inside(head: bytes, *, xhtml: bool) -> str | None:
    if head.startswith((b"<\0?\0x\0", b"\0<\0?\0x")):
        raise UnsupportedCharset("utf-16")
    if declaration := _XML_DECLARATION.match(head):
        label = declaration[1].decode("latin-1")
    elif xhtml:
        return None
    else:
        label = next(
            (found for tag in _META.finditer(head) if codec_of(found := _meta_label(tag["meta"]))), ""
        )
    codec = codec_of(label)
    # A declaration that could be read as ASCII is not in UTF-16, whatever it says (§13.2.3.2).
    return "utf-8" if codec == "utf-16" else codec


def _meta_label(inside: bytes | None) -> str:
    if inside is None:
        return ""
    values = {
        found.name: found.value
        for found in attributes(inside + b">", 0, len(inside) + 1)
        if not found.repeated
    }
    if b"charset" in values:
        return values[b"charset"].decode("latin-1")
    if values.get(b"http-equiv", b"").lower() == b"content-type":
        named = _CONTENT.search(values.get(b"content", b""))
        return named[1].decode("latin-1") if named else ""
    return ""
