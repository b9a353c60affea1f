"""Which answers are pages that somebody looks at: what a browser fetches ahead is none."""

from ..http.headers import Headers

_AHEAD = frozenset({b"purpose", b"sec-purpose", b"x-moz", b"x-purpose"})
_FETCHED = (b"prefetch", b"preview", b"prerender")


def is_ahead(headers: Headers) -> bool:
    """Whether a browser asks before anybody goes there: ``Sec-Purpose: prefetch;prerender`` (Fetch) and older lines."""
    return any(name in _AHEAD and value.strip().lower().startswith(_FETCHED) for name, value in headers)
