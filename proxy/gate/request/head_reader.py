"""What the lines of a request's head say, whatever they ask for: who sent it, and what of them the site gets.

A browser sends the same lines again and again, so that what follows from them is remembered by them. Nothing that
depends on the target, or on more of the time than the period of a page's variant, is in it.
"""

from dataclasses import dataclass

from ....banner.consent.standing import Standing
from ...cache.recent import Recent
from ...http.headers import Header
from ..body.compressing import Coding, accepted
from ..body.document_kinds import Kind, kind_of
from ..body.guard_delivery import Delivery, delivery
from ..body.inserts import TOKEN_PERIOD, Inserts
from ..messages import RequestHead
from ..page_views import is_ahead
from . import framing
from .headers_to_site import forwarded
from .holding import Holding
from .trusted_hops import Trusted, client
from .visitors import Validity, Visitors
from .withheld_cookie import SAFE, may_be_withheld

_REMEMBERED = 1024
_LONG = 4096
"""Bytes of header lines beyond which they are not remembered: memory is bounded, whatever is sent."""

type _Key = tuple[str, str, str, int, int, Validity, bool, bool, tuple[Header, ...]]


@dataclass(frozen=True, slots=True)
class ReadHead:
    """Where the visitor stands, what is held for them, what they want, and the header lines that the site gets."""

    standing: Standing
    holding: Holding
    kind: Kind
    variant: bytes
    coding: Coding | None
    delivery: Delivery
    ahead: bool
    headers: tuple[Header, ...]


class HeadReader:
    """Reads the header lines of requests, and remembers what they said."""

    def __init__(
        self,
        visitors: Visitors,
        inserts: Inserts,
        limits: framing.Limits,
        trusted_hops: Trusted,
        page_codings: bytes,
    ) -> None:
        self._page_codings = page_codings
        self._visitors = visitors
        self._inserts = inserts
        self._limits = limits
        self._trusted_hops = trusted_hops
        self._known: Recent[_Key, ReadHead] = Recent(_REMEMBERED)

    def of(self, head: RequestHead, now: float, *, kept: bool = False) -> ReadHead | framing.Refusal:
        """What the lines of *head* say at *now*, or why they are refused.

        *kept*: the answer is for whoever is shown it later, whatever the visitor has chosen now.
        """
        lines = tuple(head.headers)
        asked = self._asked(head, lines, now, Validity.VALID, kept)
        if not isinstance(asked, ReadHead) or (choice := asked.standing.choice) is None:
            return asked
        validity = self._visitors.validity(choice, now)
        return asked if validity is Validity.VALID else self._asked(head, lines, now, validity, kept)

    def _asked(
        self, head: RequestHead, lines: tuple[Header, ...], now: float, validity: Validity, kept: bool
    ) -> ReadHead | framing.Refusal:
        period = int(now // TOKEN_PERIOD)
        is_safe = head.method in SAFE
        key = (
            head.peer,
            head.scheme,
            head.http_version,
            period,
            self._visitors.epoch,
            validity,
            is_safe,
            kept,
            lines,
        )
        asked = self._known.get(key)
        if asked is None:
            refusal = framing.bad_headers(head.http_version, head.headers, self._limits)
            if refusal is not None:
                return refusal
            asked = self._read(head, now, validity, kept)
            if sum([len(name) + len(value) for name, value in lines]) < _LONG:
                self._known.keep(key, asked)
        return asked

    def _read(self, head: RequestHead, now: float, validity: Validity, kept: bool) -> ReadHead:
        sender = client(head.peer, head.scheme, head.headers, self._trusted_hops)
        withheld = may_be_withheld(head.headers, is_safe=head.method in SAFE)
        standing, holding, cookie = self._visitors.standing(
            head.headers, sender, validity=validity, withheld=withheld, kept=kept
        )
        kind = kind_of(head.headers)
        # A fragment that a browser has in its cache is not the document at the same address.
        coding = accepted(head.headers) if kind is not Kind.ASSET else None
        ahead = is_ahead(head.headers)
        way = delivery(head.headers, kind, has_answered=standing.choice is not None)
        variant = b""
        if kind is not Kind.ASSET:
            variant = self._inserts.variant(standing, now) + kind.mark + (coding.mark if coding else b"")
            if way is Delivery.FILES:
                variant += b"f"
            if ahead:
                variant += b"a"
        headers = forwarded(
            head.headers, sender, standing, holding, kind, variant, cookie, self._page_codings
        )
        return ReadHead(standing, holding, kind, variant, coding, way, ahead, tuple(headers))
