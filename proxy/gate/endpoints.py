"""Tracking endpoints on the site's own host: answered quietly, in the vendor's own words, not forwarded."""

from collections.abc import Callable

from ..http.headers import Headers, first
from ..rules.model import Service
from ..rules.quiet import quiet_answer
from ..rules.rulebook import Match
from .decisions import Reply
from .messages import RequestHead
from .request.holding import Holding


def quiet_reply(head: RequestHead, service: Service | None, body: bytes, now: float) -> Reply:
    """What *service*'s own server would say to a call that it accepted at *now*.

    SDKs call with credentials from other origins too, so the asking origin is allowed (Fetch §3.2.2): nothing
    in the answer is about anybody.
    """
    if head.method == b"OPTIONS":
        return Reply(204, _cors(head.headers))
    path, _, query = head.target.partition(b"?")
    if service is None:
        return Reply(204, [*_cors(head.headers), _UNCACHED])
    status, headers, answer = quiet_answer(service, path, query, body, now)
    return Reply(
        status, [*headers, *_cors(head.headers), _UNCACHED], b"" if head.method == b"HEAD" else answer
    )


_UNCACHED = (b"cache-control", b"no-store")


def _cors(headers: Headers) -> Headers:
    origin = first(headers, b"origin")
    if origin is None:
        return []
    allowed: Headers = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]
    if asked := first(headers, b"access-control-request-headers"):
        allowed.append((b"access-control-allow-headers", asked))
    if method := first(headers, b"access-control-request-method"):
        allowed.append((b"access-control-allow-methods", method))
    return allowed


def sniffer(
    head: RequestHead, holding: Holding, whose: Callable[[bytes], Match | None], now: float
) -> Callable[[bytes], Reply | None]:
    """What looks at a body's first bytes where the path alone is ambiguous; when in doubt, forward."""

    def sniff(body: bytes) -> Reply | None:
        match = whose(body)
        return quiet_reply(head, match.service, body, now) if match and holding.holds(match) else None

    return sniff
