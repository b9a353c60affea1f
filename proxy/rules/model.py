"""The vocabulary of what is known: purposes, regimes, services, and what a visitor has released."""

from dataclasses import dataclass, field
from enum import StrEnum


class Purpose(StrEnum):
    """Why a service is on the page. ``NECESSARY`` is never held and never asked about."""

    NECESSARY = "necessary"
    PREFERENCES = "preferences"
    ANALYTICS = "analytics"
    MARKETING = "marketing"
    MEDIA = "media"


ASKED = (Purpose.PREFERENCES, Purpose.ANALYTICS, Purpose.MARKETING, Purpose.MEDIA)
"""The purposes that a notice asks about, in the order in which it lists them."""

ALWAYS_ASKED = frozenset({Purpose.ANALYTICS})
"""Asked about though no service is listed under it: the proxy itself counts page views, and keeps events."""


class Regime(StrEnum):
    """What *no choice* means where the visitor is."""

    OPT_IN = "opt-in"
    OPT_OUT = "opt-out"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Service:
    """One service of one vendor: who, what for, and how it is recognised.

    ``hosts`` are host patterns, each with an optional path prefix (``example.com``, ``*.example.com``,
    ``example.com/tr``); a host pattern covers the host and every host below it. ``paths`` are path prefixes
    on the site's own host. ``cookies`` and ``storage`` are names with ``*`` as the only wildcard. ``scripts``
    are substrings that give an inline script away. ``parameters`` are names that the vendor adds to links. ``globals``
    are what its scripts define for a site's own to call: ``x``, or ``x[]`` for a list that takes entries, or ``x()``
    where calls answer with objects, such as a player.
    """

    id: str
    name: str
    purpose: Purpose
    vendor: str = ""
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    globals: tuple[str, ...] = ()
    shares: bool = False
    """True where data go to others for their own use ("sale or sharing" in US state law)."""
    retention: str = ""
    privacy: str = ""
    """Address of the vendor's privacy policy."""
    quiet: str = ""
    """Which quiet answer a held call gets (a key of the gate's table); empty: 204."""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Released:
    """What is released for one visitor: whole purposes, and the services under them.

    A service that was added after the visitor chose is not in ``services`` though its purpose is in
    ``purposes``: it stays held until it was asked for.
    """

    purposes: frozenset[Purpose] = frozenset({Purpose.NECESSARY})
    services: frozenset[str] = field(default_factory=frozenset)

    def allows(self, service: Service) -> bool:
        """Whether *service* may run, call and keep cookies for this visitor."""
        return service.purpose is Purpose.NECESSARY or service.id in self.services
