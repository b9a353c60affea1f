"""The gate's first question: what becomes of a request."""

from dataclasses import dataclass, replace

from ...banner.notice import Notices
from ...banner.signed import LIFETIME, ChoiceSigner
from ...banner.tokens import TokenSigner
from ...banner.withdrawals import Withdrawals
from ..headers import Headers, first, without
from ..rules.places import Places
from ..rules.rulebook import Rulebook
from . import caching, forwarding, framing, links
from .decisions import Decision, Forward, Local, Refuse, RequestHead
from .encodings import DECODABLE
from .endpoints import quiet_reply, sniffer
from .inserts import Inserts
from .kinds import Kind, kind_of
from .visit import Visit
from .visitors import Visitors

_GPC_SUPPORT = b"/.well-known/gpc.json"
_COUNTED = frozenset({b"cookie", b"x-holdback-purposes"})
_PAGE_ONLY = frozenset({b"range", b"if-range", b"if-modified-since", b"if-none-match", b"accept-encoding"})


@dataclass(frozen=True, slots=True)
class GateConfig:
    """What the owner's settings say to the gate."""

    prefix: str = "/_hb"
    trusted_hops: forwarding.Trusted = ()
    region_header: str | None = None
    strict: bool = False
    choice_seconds: int = LIFETIME
    limits: framing.Limits = framing.DEFAULT_LIMITS


class Gate:
    """Decides about requests; the visits that it forwards decide about their responses."""

    def __init__(
        self,
        config: GateConfig,
        *,
        rulebook: Rulebook,
        notices: Notices,
        signer: ChoiceSigner,
        tokens: TokenSigner,
        places: Places,
        withdrawals: Withdrawals,
    ) -> None:
        self._config = config
        self._rulebook = rulebook
        self._prefix = config.prefix.encode("ascii") + b"/"
        self._visitors = Visitors(
            rulebook=rulebook,
            notices=notices,
            signer=signer,
            places=places,
            region_header=config.region_header,
            choice_seconds=config.choice_seconds,
            withdrawals=withdrawals,
        )
        self._inserts = Inserts(config.prefix, rulebook, notices, tokens)

    def request(self, head: RequestHead, now: float) -> Decision:
        """What an adapter has to do with *head*, which arrived at *now* (seconds since the epoch)."""
        refusal = framing.refusal(
            head.method, head.target, head.http_version, head.headers, self._config.limits
        )
        if refusal is not None:
            return Refuse(refusal.status, refusal.reason)
        client = forwarding.client(head.peer, head.scheme, head.headers, self._config.trusted_hops)
        standing, holding, cookie = self._visitors.standing(head.headers, client, now)
        path, _, query = head.target.partition(b"?")
        if path.startswith(self._prefix) or path == _GPC_SUPPORT:
            return Local(standing, head.headers)
        kind = kind_of(head.headers)
        gone: tuple[str, ...] = ()
        if query and kind is not Kind.ASSET:
            target, gone = links.undecorated(head.target, holding.parameter)
            if gone:
                head = replace(head, target=target)
                query = target.partition(b"?")[2]
        visit = Visit(
            head, kind, standing, holding, self._inserts, now, strict=self._config.strict, links=gone
        )
        sniff = None
        tracking = self._rulebook.own_path(path, query)
        if tracking is not None and any(
            self._rulebook.held(match, standing.released) for match in tracking.candidates
        ):
            if tracking.needs_body is None:
                return quiet_reply(head, tracking.match.service, b"", now)
            sniff = sniffer(head, holding, tracking.needs_body, now)
        headers = self._forwarded(head, client, visit, cookie)
        return Forward(visit, head.target, links.own_referrer(headers, client.host, holding.parameter), sniff)

    def _forwarded(
        self, head: RequestHead, client: forwarding.Client, visit: Visit, cookie: bytes | None
    ) -> Headers:
        headers = without(forwarding.request_headers(head.headers, client), _COUNTED)
        if cookie is not None:
            headers.append((b"cookie", cookie))
        headers.append((b"x-holdback-purposes", visit.purposes))
        if visit.kind is Kind.ASSET:
            return headers
        return _for_page(headers, visit) if visit.is_navigation else _for_maybe_page(headers, visit)


def _for_page(headers: Headers, visit: Visit) -> Headers:
    """A page comes whole and uncoded, and is revalidated against the variant that the visitor has.

    A date says nothing about the variant, so only entity tags are sent on (RFC 9110 §13.1.2).
    """
    tags = first(headers, b"if-none-match")
    headers = without(headers, _PAGE_ONLY)
    headers.append((b"accept-encoding", b"identity"))
    if tags is not None and (unmarked := caching.unmark_tags(tags, visit.variant, keep_unmarked=False)):
        headers.append((b"if-none-match", unmarked))
    return headers


def _for_maybe_page(headers: Headers, visit: Visit) -> Headers:
    """What may turn out to be markup is asked for in codings that can be taken off again."""
    out: Headers = []
    for name, value in headers:
        if name == b"accept-encoding":
            value = _decodable(value)
        elif name == b"if-none-match":
            value = caching.unmark_tags(value, visit.variant, keep_unmarked=True) or b'""'
        out.append((name, value))
    return out


def _decodable(accepted: bytes) -> bytes:
    kept = [
        part.strip() for part in accepted.split(b",") if part.partition(b";")[0].strip().lower() in DECODABLE
    ]
    return b", ".join(kept) or b"identity"
