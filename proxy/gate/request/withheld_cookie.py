"""Whether a browser may have kept the visitor's cookie to itself, so that a request without it says nothing of them.

The cookie is ``SameSite=Lax``. Some requests come without it, whatever the visitor chose (RFC 6265bis §5.8.3): a form
that a bank or an identity provider sends back, a frame in another site's page, a picture there.
"""

from ...http.headers import Headers, first

SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
"""The methods with which a browser sends it when it goes from another site to a page of this one (RFC 9110 §9.2.1)."""


def may_be_withheld(headers: Headers, *, is_safe: bool) -> bool:
    """Whether another site may have asked for this in a way that leaves the cookie out.

    An old browser, or plain HTTP, does not say which site asked. Then the ``Origin`` of what a form sends has to do; a
    page that names none (``null``) may be another site's.
    """
    site = first(headers, b"sec-fetch-site")
    if site is not None:
        if site.strip() != b"cross-site":
            return False
        is_visit = first(headers, b"sec-fetch-mode") == b"navigate"
        return not (is_safe and is_visit and first(headers, b"sec-fetch-dest") == b"document")
    origin = first(headers, b"origin")
    if is_safe or origin is None:
        return False
    return origin.rpartition(b"//")[2].lower() != (first(headers, b"host") or b"").lower()
