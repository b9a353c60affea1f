"""The header lines of a request as the site gets them."""

from ....banner.consent.standing import Standing
from ...http.headers import Headers, first, without
from ...rules.model import ASKED
from ..body.decoding import DECODABLE
from ..body.document_kinds import Kind
from ..headers import caching
from . import link_decoration, trusted_hops
from .holding import Holding

_COUNTED = frozenset({b"cookie", b"x-holdback-purposes"})
_SINCE = b"if-modified-since"
_PAGE_ONLY = frozenset({b"range", b"if-range", _SINCE, b"if-none-match", b"accept-encoding"})


def forwarded(
    headers: Headers,
    client: trusted_hops.Client,
    standing: Standing,
    holding: Holding,
    kind: Kind,
    variant: bytes,
    cookie: bytes | None,
    page_codings: bytes,
) -> Headers:
    """*headers*, sent by *client* for something of *kind*, with the *cookie* that the site may see, if any.

    A page that is rewritten is asked for in *page_codings*, whatever the visitor accepts.
    """
    out = without(trusted_hops.request_headers(headers, client), _COUNTED)
    out = [*link_decoration.own_referrer(out, client.host, holding.parameter)]
    if cookie is not None:
        out.append((b"cookie", cookie))
    out.append((b"x-holdback-purposes", _purposes(standing)))
    if kind is Kind.ASSET:
        return out
    is_rewritten = kind in (Kind.DOCUMENT, Kind.FRAME, Kind.WORKER)
    return _for_page(out, variant, page_codings) if is_rewritten else _for_maybe_page(out, variant)


def _purposes(standing: Standing) -> bytes:
    """What is released, as ``X-Holdback-Purposes`` tells the site; empty if nothing is."""
    released = standing.released.purposes
    return b",".join(purpose.value.encode("ascii") for purpose in ASKED if purpose in released)


def _for_page(headers: Headers, variant: bytes, codings: bytes) -> Headers:
    """A page comes whole, in *codings* that we take off, and is revalidated against the variant that the visitor has.

    A date says nothing about the variant, so only entity tags are sent on (RFC 9110 §13.1.2).
    """
    tags = first(headers, b"if-none-match")
    headers = without(headers, _PAGE_ONLY)
    headers.append((b"accept-encoding", codings))
    if tags is not None and (unmarked := caching.unmark_tags(tags, variant, keep_unmarked=False)):
        headers.append((b"if-none-match", unmarked))
    return headers


def _for_maybe_page(headers: Headers, variant: bytes) -> Headers:
    """What may turn out to be markup is asked for in codings that can be taken off again.

    The browser may have a page of ours under the same address, whose date it sends. A date is only sent on beside an
    entity tag of the site's own, which no page of ours has.
    """
    out: Headers = []
    if first(headers, b"if-none-match") is None or caching.is_known_page(headers):
        headers = without(headers, frozenset({_SINCE}))
    for name, value in headers:
        if name == b"accept-encoding":
            value = _decodable(value)
        elif name == b"if-none-match":
            value = caching.unmark_tags(value, variant, keep_unmarked=True) or b'""'
        out.append((name, value))
    return out


def _decodable(accepted: bytes) -> bytes:
    kept = [
        part.strip() for part in accepted.split(b",") if part.partition(b";")[0].strip().lower() in DECODABLE
    ]
    return b", ".join(kept) or b"identity"
