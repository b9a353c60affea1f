"""What the owner's lists say of hosts, as the guard is told it.

The lists name ninety thousand hosts. As digests of 32 bits these are a file of 200 kB, coded. A page asks few hosts,
and nearly all of them were asked before: those are in the site's inventory, and what the lists say of them stands in
the page. About any other the guard asks here, with a small request (:mod:`..endpoints.listed`). The answer also follows
exceptions and rules for some pages, which a file of hosts could not.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from ...proxy.rules.model import Purpose, Released
from .config import NO_LISTS, Listed
from .digests import digest

_MOST = 40
"""Hosts of which a page is told: 200 bytes."""


class Rules(Protocol):
    """What is needed of the rulebook."""

    @property
    def digest(self) -> str:
        """Another one where the rules are."""

    @property
    def list_purposes(self) -> frozenset[Purpose]:
        """What the lists hold for; empty where there is none."""

    def listed(self, host: str, own_host: str) -> Purpose | None:
        """What everything on *host* is held for on a page of *own_host*."""


class Lists:
    """What there is to say of the lists. :meth:`learn` may be called from another thread."""

    def __init__(self, prefix: str, rules: Rules) -> None:
        self._rules = rules
        self.edition = rules.digest[:16]
        self.place = f"{prefix}/listed-"
        self._hosts: tuple[str, ...] = ()
        self._remembered = lru_cache(256)(self._judged)

    @property
    def are_there(self) -> bool:
        """Whether the owner has any."""
        return bool(self._rules.list_purposes)

    def learn(self, hosts: Iterable[str]) -> None:
        """Take over the *hosts* that the site was seen to use, the latest first.

        Those of services are among them: once a service is released its hosts are nobody's in the guard.
        """
        self._hosts = tuple(hosts)

    def told(self, released: Released, own_host: str, *, asks: bool = True) -> Listed:
        """What a page of *own_host* is told for a visitor with *released*; *asks* says that it may ask us."""
        held = self._rules.list_purposes - released.purposes
        if not held:
            return NO_LISTS
        return Listed(self._path(held) if asks else "", self._remembered(self._hosts, held, own_host))

    def told_to_worker(self, released: Released) -> Listed:
        """The same for a worker. Nothing of the site's hosts: a service worker whose bytes change is installed anew."""
        held = self._rules.list_purposes - released.purposes
        return Listed(self._path(held)) if held else NO_LISTS

    def _path(self, held: frozenset[Purpose]) -> str:
        return f"{self.place}{self.edition}/{'+'.join(sorted(held))}/"

    def _judged(self, hosts: tuple[str, ...], held: frozenset[Purpose], own_host: str) -> str:
        told = sorted(hosts[:_MOST])
        return "".join(
            f"{digest(host)[:4]}{int(self._rules.listed(host, own_host) in held)}" for host in told
        )
