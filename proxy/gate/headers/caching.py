"""What a cache may do with a page that was rewritten for one visitor.

The page differs by the visitor's choice, so it is ``private`` and must be revalidated; ``no-store`` would
cost the back/forward cache and is only kept where the site asked for it. Revalidation still works: the
site's entity tag goes out weak, with the variant in it (the coding too), and comes back as the site's own.
The date of its last change stays, since pages show it (``document.lastModified``), but is never asked about again: it
does not tell one variant from another.
"""

import re
from functools import lru_cache

from ...http.headers import Headers, without
from .site_policy import POLICIES

_SHARED_CACHES = frozenset({b"cdn-cache-control", b"surrogate-control", b"cloudflare-cdn-cache-control"})
_REWRITTEN = frozenset(
    {
        b"accept-ranges",
        b"cache-control",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"digest",
        b"etag",
        b"expires",
        b"pragma",
        b"repr-digest",
        b"vary",
    }
    | _SHARED_CACHES
)
_KEPT_DIRECTIVES = frozenset({b"no-store", b"no-transform", b"must-revalidate"})
_TAG = re.compile(rb'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_MARK = b"~hb-"
_VARIES = (b"Cookie", b"Sec-GPC", b"Accept-Encoding")


def page_headers(headers: Headers, variant: bytes) -> Headers:
    """*headers* of a page as its rewritten *variant* may carry them (also on 304, RFC 9110 §15.4.5)."""
    out: Headers = []
    control: tuple[bytes, ...] = ()
    vary: tuple[bytes, ...] = ()
    tag: bytes | None = None
    for pair in headers:
        name = pair[0]
        if name not in _REWRITTEN:
            out.append(pair)
        elif name == b"cache-control":
            control += (pair[1],)
        elif name == b"vary":
            vary += (pair[1],)
        elif name == b"etag" and tag is None:
            tag = pair[1]
    out.append((b"cache-control", _cache_control(control)))
    out.append((b"vary", _vary(vary)))
    if tag is not None and (marked := mark_tag(tag, variant)):
        out.append((b"etag", marked))
    return out


def without_policies(headers: Headers) -> Headers:
    """*headers* of a 304 as they may change what a browser keeps (RFC 9111 §3.2).

    The page that it keeps has the guard inside. The policy that came with it lets that run; the site's own does not.
    """
    return without(headers, frozenset(POLICIES))


@lru_cache(256)
def _cache_control(values: tuple[bytes, ...]) -> bytes:
    kept = [
        directive
        for value in values
        for part in value.split(b",")
        if (directive := part.strip().lower()) in _KEPT_DIRECTIVES
    ]
    return b", ".join([b"private", b"no-cache", *dict.fromkeys(kept)])


@lru_cache(256)
def _vary(values: tuple[bytes, ...]) -> bytes:
    members = [part.strip() for value in values for part in value.split(b",") if part.strip()]
    if b"*" in members:
        return b"*"
    known = {member.lower() for member in members}
    return b", ".join(members + [name for name in _VARIES if name.lower() not in known])


@lru_cache(4096)
def mark_tag(tag: bytes, variant: bytes) -> bytes | None:
    """The site's entity *tag* made weak, with *variant* and the tag's own strength in it."""
    match = _TAG.fullmatch(tag.strip())
    if match is None:
        return None
    strength = b"w" if match[1] else b"s"
    return b'W/"%s%s%s%s"' % (match[2], _MARK, strength, variant)


def is_known_page(headers: Headers) -> bool:
    """Whether a request with *headers* asks if a page of ours, which the browser has, is still the same."""
    return any(name == b"if-none-match" and _MARK in value for name, value in headers)


def unmark_tags(value: bytes, variant: bytes, *, keep_unmarked: bool) -> bytes | None:
    """An ``If-None-Match`` value with our marked tags as the site gave them; None where nothing is left.

    A tag of another variant must not match: the visitor's copy was rewritten for another choice. Neither may
    an unmarked one of a page, which was cached before Holdback stood here; elsewhere *keep_unmarked*.
    """
    if value.strip() == b"*":
        return value if keep_unmarked else None
    tags: list[bytes] = []
    for weak, opaque in _TAG.findall(value):
        original, mark, rest = opaque.rpartition(_MARK)
        if not mark:
            if keep_unmarked:
                tags.append(weak + b'"' + opaque + b'"')
        elif weak and rest[1:] == variant:
            tags.append((b"W/" if rest[:1] == b"w" else b"") + b'"' + original + b'"')
    return b", ".join(tags) or None
