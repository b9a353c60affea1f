"""Response headers by which a browser would talk to a tracker without any markup.

``Link`` hints and 103 Early Hints fetch, ``Refresh`` navigates, reporting endpoints and NEL post later,
``Speculation-Rules`` prefetches, ``Accept-CH`` and ``Permissions-Policy`` delegate client hints. ``Alt-Svc``
would lead the visitor past the proxy altogether. Each is cut down to what is not held, or dropped.
"""

import json
import re
from collections.abc import Callable

from ..headers import Header, Headers

type HeldUrl = Callable[[str], bool]
"""Whether an absolute or site-relative URL belongs to a held service."""

_DROPPED = frozenset(
    {b"alt-svc", b"attribution-reporting-register-source", b"attribution-reporting-register-trigger"}
)
_LINK = re.compile(rb'<([^>]*)>((?:\s*;\s*[^",;=\s]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;\s]*))?)*)\s*(?:,|$)')
_REFRESH_URL = re.compile(rb"^\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?[\"']?([^\"']*)", re.IGNORECASE)
_STRINGS = re.compile(rb'"((?:[^"\\]|\\.)*)"')


def filtered(headers: Headers, held: HeldUrl) -> Headers:
    """*headers* without what would reach a held service; the same list where there is nothing to look at."""
    if _WATCHED.isdisjoint([name for name, _ in headers]):
        return headers
    out: Headers = []
    for pair in headers:
        if pair[0] in _DROPPED:
            continue
        careful = _CAREFUL.get(pair[0])
        kept = pair if careful is None else careful(pair, held)
        if kept is not None:
            out.append(kept)
    return out


def _link(pair: Header, held: HeldUrl) -> Header | None:
    """RFC 8288 §3: each link value on its own; one that can't be parsed goes (fail closed)."""
    kept = [
        match.group().rstrip(b", \t")
        for match in _LINK.finditer(pair[1])
        if not held(match[1].decode("latin-1").strip())
        and not any(held(text.decode("latin-1")) for text in _candidates(match[2]))
    ]
    return (pair[0], b", ".join(kept)) if kept else None


def _candidates(parameters: bytes) -> list[bytes]:
    """The URLs of ``imagesrcset`` in a link's parameters."""
    if b"imagesrcset" not in parameters.lower():
        return []
    return [
        candidate.split()[0]
        for text in _STRINGS.findall(parameters)
        for candidate in text.split(b",")
        if candidate.strip()
    ]


def _refresh(pair: Header, held: HeldUrl) -> Header | None:
    match = _REFRESH_URL.match(pair[1])
    return None if match and match[1] and held(match[1].decode("latin-1").strip()) else pair


def _quoted_urls(pair: Header, held: HeldUrl) -> Header | None:
    """Structured fields whose strings are URLs (Reporting-Endpoints, Speculation-Rules)."""
    return None if any(held(text.decode("latin-1")) for text in _STRINGS.findall(pair[1])) else pair


def _reporting_groups(pair: Header, held: HeldUrl) -> Header | None:
    """``Report-To``: JSON objects joined by commas."""
    try:
        groups = json.loads(b"[" + pair[1] + b"]")
        urls = [endpoint["url"] for group in groups for endpoint in group.get("endpoints", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None if any(held(str(url)) for url in urls) else pair


def _bare_url(pair: Header, held: HeldUrl) -> Header | None:
    return None if held(pair[1].decode("latin-1").strip()) else pair


_CAREFUL: dict[bytes, Callable[[Header, HeldUrl], Header | None]] = {
    b"link": _link,
    b"refresh": _refresh,
    b"reporting-endpoints": _quoted_urls,
    b"speculation-rules": _quoted_urls,
    b"report-to": _reporting_groups,
    b"sourcemap": _bare_url,
    b"x-sourcemap": _bare_url,
}
_WATCHED = _DROPPED.union(_CAREFUL)
