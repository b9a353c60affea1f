"""How the guard gets into a page: inside of it, or as a file that the visitor's browser probably has by now.

The first page of a visit waits for nothing. A visitor who comes from another page of the site has met the guard there,
and so has, some time ago, who has answered. Where that can't be told, or where a reload asks for everything anew (a
page without its guard reloads itself), the guard is inside.
"""

from enum import Enum

from ...http.headers import Headers, every, first
from ..headers.site_policy import Inline
from .document_kinds import Kind


class Delivery(Enum):
    """Where the guard is."""

    INSIDE = "inside, whole"
    WHOLE = "inside, whole; later pages name the file"
    OUTLINE = "inside, with an outline of what is known; the file has the rest, and later pages name it"
    FILE = "file"
    FILES = "file, and the notice's style is in it"

    def within(self, policy: Inline) -> "Delivery":
        """The same, as far as the site's own policy lets a page have a file of ours."""
        if self is Delivery.FILES and policy.files:
            return Delivery.FILES if policy.sheets else Delivery.FILE
        if self in (Delivery.FILES, Delivery.OUTLINE):
            return Delivery.OUTLINE if policy.asks else Delivery.WHOLE
        return self


def delivery(headers: Headers, kind: Kind, *, has_answered: bool) -> Delivery:
    """How a page of *kind* that is asked for with *headers* gets the guard."""
    if kind is not Kind.DOCUMENT and not (kind is Kind.FRAME and has_answered):
        return Delivery.INSIDE
    site = first(headers, b"sec-fetch-site")
    if site is None or first(headers, b"sec-fetch-dest") not in (b"document", b"iframe"):
        return Delivery.INSIDE  # an old browser, plain HTTP, or a service worker that asks
    if first(headers, b"service-worker-navigation-preload") is not None:
        return Delivery.INSIDE  # a service worker may keep it, for when there is no network
    if _anew(headers) or not (has_answered or site.strip() == b"same-origin"):
        return Delivery.OUTLINE if kind is Kind.DOCUMENT else Delivery.INSIDE
    return Delivery.FILES


def _anew(headers: Headers) -> bool:
    """Whether a reload asks: everything is to come anew (RFC 9111 §5.2.1)."""
    control = b",".join(every(headers, b"cache-control")).lower()
    return b"no-cache" in control or b"max-age=0" in control or bool(every(headers, b"pragma"))
