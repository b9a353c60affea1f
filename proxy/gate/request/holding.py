"""What is held for one visitor: the rules, applied to what is released for them."""

from collections.abc import Hashable, Sequence
from functools import cached_property
from urllib.parse import quote

from ....banner.notice.notice import STYLE
from ...http.headers import Header
from ...rules.model import ASKED, Purpose, Released
from ...rules.rulebook import Match, Rulebook
from ...rules.urls import without_port
from ..headers.cookies import readings
from ..headers.site_policy import admitting
from ..headers.strict_policy import strict_policy
from ..sightings import Sightings


class Holding:
    """Answers *is this held?* for cookies, addresses and scripts; it is the rewriter's markup policy too.

    One instance serves every visitor for whom the same things are released on the same host.
    """

    own_paths = True
    """Addresses on the site's own host may be a tracker's endpoint: the rewriter asks about them too."""

    def __init__(
        self, rulebook: Rulebook, released: Released, own_host: str, prefix: str, sightings: Sightings
    ) -> None:
        self.released = released
        self._sightings = sightings
        # What is remembered by the key of another period is looked at again: see whether it is still there.
        period = (sightings, sightings.period)
        self.key: Hashable = (rulebook.digest, released.purposes, released.services, own_host, period)
        self._rulebook = rulebook
        self._own_host = own_host
        self._prefix = prefix
        self._embed = f"//{own_host}{prefix}/embed?url="
        self.allowed = tuple(service for service in rulebook.services.values() if released.allows(service))
        self.holds_nothing = len(self.allowed) == len(rulebook.services) and released.purposes.issuperset(
            ASKED
        )
        self._cookies: dict[str, bool] = {}
        self._met: set[str] = set()

    def cookie(self, name: str) -> bool:
        """Whether a cookie called *name* may neither be set nor read."""
        held = self._cookies.get(name)
        if held is None:
            if len(self._cookies) >= _REMEMBERED:
                self._cookies.clear()
            held = self._cookies[name] = self._rulebook.held(self._rulebook.cookie(name), self.released)
        return held

    def sets(self, name: str, line: bytes, now: float) -> bool:
        """Whether the site may not set *name* with the ``Set-Cookie`` *line*, which it tries to do at *now*."""
        self._sightings.cookie(name, line, self._rulebook.cookie(name), now)
        return any(map(self.cookie, readings(name)))

    def parameter(self, name: str) -> bool:
        """Whether the site may not see the link parameter *name*."""
        return self._rulebook.held(self._rulebook.parameter(name), self.released)

    def holds(self, match: Match) -> bool:
        """Whether what *match* is about is held."""
        return self._rulebook.held(match, self.released)

    def held_url(self, url: str) -> str | None:
        """The id by which the guard releases what *url* belongs to; None where it is not held."""
        match = self._rulebook.url(url, own_host=self._own_host)
        if url not in self._met and len(url) < _LONG:
            self._meet(url, match)
        return self._id(match)

    def _meet(self, url: str, match: Match | None) -> None:
        if len(self._met) >= _REMEMBERED:
            self._met.clear()
        self._met.add(url)
        self._sightings.address(url, self._own_host, match)

    def clears(self, host: str) -> bool:
        """Whether no rule is about *host*, whatever its path."""
        if host == without_port(self._own_host) or not self._rulebook.clears(host):
            return False
        self._sightings.host(host, self._own_host)
        return True

    @property
    def own_segments(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """By which segments of a path on the site's own host a rule may be about it: see :class:`~...Rulebook`."""
        return self._rulebook.own_segments

    @property
    def script_words(self) -> frozenset[bytes]:
        """Words of which each script with a signature has one."""
        return self._rulebook.script_words

    def placeholder(self, url: str) -> str | None:
        """Our page in the place of an embed of a medium: a tracker's frame is nothing that a visitor misses.

        It has the host in it, lest a ``<base>`` send it elsewhere.
        """
        match = self._rulebook.url(url, own_host=self._own_host)
        service = match.service if match else None
        if service is None or service.purpose is not Purpose.MEDIA or not self._own_host:
            return None
        return self._embed + quote(url, safe="")

    def held_inline(self, script: str) -> str | None:
        """The same for the text of an inline script that carries a held service's signature."""
        match = self._rulebook.inline(script)
        if match is not None:
            self._sightings.script(match)
        return self._id(match)

    def admit(self, policy: str) -> str:
        """The policy in a page's ``<meta>``, with our endpoints and the notice's style let in."""
        endpoints = f"{self._own_host}{self._prefix}/"
        if not self._own_host or not (endpoints + policy).isascii():
            return policy
        return admitting(policy.encode(), endpoints.encode(), STYLE.encode()).decode()

    def globals_of(self, service: str) -> Sequence[str]:
        """What the scripts of the service with this id define for a site's own to call."""
        known = self._rulebook.services.get(service)
        return known.globals if known else ()

    @cached_property
    def policy(self) -> Header:
        """What ``enforce = "strict"`` lets a page ask: see :func:`..headers.strict_policy.strict_policy`."""
        return strict_policy(self.allowed)

    def _id(self, match: Match | None) -> str | None:
        if match is None or not self._rulebook.held(match, self.released):
            return None
        return match.service.id if match.service else f"~{match.purpose}"


_REMEMBERED = 4096
"""Names come from clients: what is remembered of them is bounded."""
_LONG = 1024
"""Longer addresses are not noted: a page may be full of ``data:``."""
