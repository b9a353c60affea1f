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
from .config import digest

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

    def path(self, released: Released) -> str:
        """What the guard puts before a host to ask about it, for a visitor with *released*; empty: it asks nobody."""
        held = self._rules.list_purposes - released.purposes
        return f"{self.place}{self.edition}/{'+'.join(sorted(held))}/" if held else ""

    def judged(self, released: Released, own_host: str) -> str:
        """What the lists say of the site's hosts: for each a digest of 24 bits in four letters, and 1 if it is held."""
        held = self._rules.list_purposes - released.purposes
        return self._remembered(self._hosts, held, own_host) if held else ""

    def _judged(self, hosts: tuple[str, ...], held: frozenset[Purpose], own_host: str) -> str:
        told = sorted(hosts[:_MOST])
        return "".join(
            f"{digest(host)[:4]}{int(self._rules.listed(host, own_host) in held)}" for host in told
        )
