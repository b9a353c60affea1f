"""A site's ``Clear-Site-Data`` takes the visitor's choice away with its cookies: what brings it back goes along.

See :mod:`....banner.endpoints.again`. What a script fetches can't bring it back: the page has no word of it.
"""

from urllib.parse import quote, urljoin, urlsplit

from ....banner.endpoints.same_site import return_path
from ...http.headers import Headers, every, first, without

_LOCATION = frozenset({b"location"})
_TO_GET = frozenset({301, 302, 303})
_REDIRECTS = _TO_GET | {307, 308}


def clears_cookies(headers: Headers) -> bool:
    """Whether the browser is told to forget the site's cookies (Clear Site Data §3.1)."""
    told = b",".join(every(headers, b"clear-site-data")).lower()
    return b'"cookies"' in told or b'"*"' in told


def led_by(status: int, headers: Headers, *, url: str, method: bytes, endpoint: str, token: str) -> Headers:
    """*headers* of a redirect to a page of the same site, by way of our *endpoint* with *token*."""
    location = first(headers, b"location") if status in _REDIRECTS else None
    if location is None or (status not in _TO_GET and method not in (b"GET", b"HEAD")):
        return headers
    here, there = urlsplit(url), urlsplit(urljoin(url, location.decode("latin-1").strip()))
    path = f"{there.path or '/'}{'?' + there.query if there.query else ''}"
    if (here.scheme, here.netloc) != (there.scheme, there.netloc) or return_path(path) != path:
        return headers
    by_way = f"{endpoint}?as={quote(token)}&to={quote(path, safe='/')}"
    fragment = f"#{there.fragment}" if there.fragment else ""
    return [*without(headers, _LOCATION), (b"location", f"{by_way}{fragment}".encode("latin-1", "replace"))]
