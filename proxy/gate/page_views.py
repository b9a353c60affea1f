"""Which answers are pages that a person looks at: what a browser fetches ahead and what a machine reads are none."""

import re

from ..http.headers import Headers, every

_AHEAD = frozenset({b"purpose", b"sec-purpose", b"x-moz", b"x-purpose"})
_FETCHED = (b"prefetch", b"preview", b"prerender")
_MACHINE = re.compile(
    rb"(?<!cu)bots?\b|crawl|spider|slurp|externalhit|embedly|\b(?:curl|wget|httpie|okhttp)/|python-|go-http|lighthouse",
    re.IGNORECASE,
)
"""Of machines, those that say what they are. "Cubot" makes phones."""


def is_ahead(headers: Headers) -> bool:
    """Whether a browser asks before anybody goes there: ``Sec-Purpose: prefetch;prerender`` (Fetch) and older lines."""
    return any(name in _AHEAD and value.strip().lower().startswith(_FETCHED) for name, value in headers)


def is_machine(headers: Headers) -> bool:
    """Whether who asks says that it is no person's browser."""
    return any(_MACHINE.search(value) for value in every(headers, b"user-agent"))
