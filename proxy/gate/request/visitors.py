"""The visitor of a request: where they are, under which regime, with which choice, and what that releases."""

from enum import IntEnum, auto
from functools import lru_cache

from ....banner.consent.recorded import Recorded
from ....banner.consent.signed_choice import Choice, ChoiceSigner, cookie_name, strictest
from ....banner.consent.standing import Standing
from ....banner.notice.notice import Notices
from ...http.headers import Headers, every, first
from ...rules.countries import regime_for
from ...rules.model import Regime, Released
from ...rules.places import Place, Places
from ...rules.rulebook import Rulebook
from ..changes import Changes
from ..headers import cookies
from ..sightings import Sightings
from . import release
from .holding import Holding
from .networks import network_of
from .trusted_hops import Client

_UNKNOWN = Place(None, None)
_LIMITED = 56
"""Bits of an IPv6 network that limits count in: what one household or one small company is given."""


class Validity(IntEnum):
    """Whether a choice counts. One that has expired is as good as none; one that is void grants nothing."""

    VALID = auto()
    EXPIRED = auto()
    VOID = auto()


class Visitors:
    """Makes a :class:`Standing` of a request's head. Everything that repeats between requests is remembered.

    With *hold_all* nothing is released for anybody: there is no log in which a choice could be proven or taken back.
    """

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        notices: Notices,
        signer: ChoiceSigner,
        places: Places,
        region_header: str | None,
        choice_seconds: int,
        recorded: Recorded,
        prefix: str,
        sightings: Sightings,
        changes: Changes,
        hold_all: bool = False,
    ) -> None:
        self._sightings = sightings
        self._changes = changes
        self._hold_all = hold_all
        self._rulebook = rulebook
        self._releasing = release.Releasing(rulebook.services.values())
        self._notices = notices
        self._choice_seconds = choice_seconds
        self._recorded = recorded
        self._prefix = prefix
        self._signer = signer
        self._region_header = region_header.lower().encode("ascii") if region_header else None
        self.place_of = lru_cache(8192)(places.locate)
        self.choice_in = lru_cache(8192)(self._choice_in)
        self.holding_for = lru_cache(1024)(self._holding_for)
        self.sift = lru_cache(8192)(self._sift)

    @property
    def epoch(self) -> int:
        """Another number whenever what was worked out of a request's lines has to be worked out anew."""
        return self._sightings.period + self._notices.listing.epoch + self._signer.epoch

    def validity(self, choice: Choice, now: float) -> Validity:
        """Whether *choice* counts at *now*."""
        is_void = self._recorded.voids(choice)
        if choice.expired(now, self._choice_seconds):
            if not is_void:
                self._changes.expired(choice)
            return Validity.EXPIRED
        return Validity.VOID if is_void else Validity.VALID

    def standing(
        self,
        headers: Headers,
        client: Client,
        *,
        validity: Validity,
        withheld: bool = False,
        kept: bool = False,
    ) -> tuple[Standing, Holding, bytes | None]:
        """The standing of the visitor who sent *headers*, what is held for them, and the ``Cookie`` that the site may
        see.

        The last is None where the site is sent none. *validity* is that of the choice in the headers, if there is one.
        Where a choice is void, or may have been *withheld*, having none releases nothing in any regime: the visitor may
        have refused. What a worker asks for to be *kept* may be shown when they have chosen otherwise: their choice is
        passed over, and the page asks where they stand when it is shown.
        """
        place = self._place(headers, client)
        regime = Regime.OPT_IN if self._hold_all else regime_for(place.country, place.region)
        gpc = any(value.strip() == b"1" for value in every(headers, b"sec-gpc"))
        raw = cookies.joined(every(headers, b"cookie"))
        counts = validity is Validity.VALID and not self._hold_all and not kept
        choice = self.choice_in(raw, client.host, client.scheme, self._signer.epoch) if counts else None
        withheld = kept or (withheld and choice is None)
        unknown = withheld or validity is Validity.VOID
        released = self._releasing.of_choice(choice, Regime.OPT_IN if unknown else regime, gpc)
        if gpc and choice is not None and released != self._releasing.of_choice(choice, regime, False):
            self._changes.signalled(choice, released)
        holding = self.holding_for(released, client.host, self._sightings.period)
        sifted = self.sift(raw, client.scheme, holding)
        standing = Standing(
            choice=choice,
            released=released,
            regime=regime,
            gpc=gpc,
            country=place.country,
            region=place.region,
            language=self._notices.negotiate(first(headers, b"accept-language") or b""),
            scheme=client.scheme,
            host=client.host,
            seen=sifted.held,
            address_prefix=network_of(client.address, _LIMITED),
            withheld=withheld,
            later=sifted.later,
        )
        return standing, holding, sifted.passed or None

    def _place(self, headers: Headers, client: Client) -> Place:
        if self._region_header and client.trusted:
            told = first(headers, self._region_header)
            if told is not None:
                country, _, region = told.decode("latin-1").strip().upper().partition("-")
                return Place(country, region or None) if len(country) == 2 and country.isalpha() else _UNKNOWN
        return self.place_of(client.address)

    def _choice_in(self, raw: bytes, host: str, scheme: str, _epoch: int) -> Choice | None:
        own = cookie_name(scheme)
        values = cookies.sift(raw, own, lambda _name: False).own
        read = [choice for value in values if (choice := self._signer.read(value, host)) is not None]
        return strictest(read) if read else None

    def _holding_for(self, released: Released, host: str, _period: int) -> Holding:
        return Holding(self._rulebook, released, host, self._prefix, self._sightings)

    def _sift(self, raw: bytes, scheme: str, holding: Holding) -> cookies.Sifted:
        return cookies.sift(raw, cookie_name(scheme), holding.cookie)
