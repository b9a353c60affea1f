"""Notes what the site is seen to use, until somebody takes it to the inventory.

Each thing is noted once in a while, not once a page: the look-up of what was noted already is all that a page pays.
"""

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from ..rules import urls
from ..rules.rulebook import Match
from ..rules.sighting import How, Kind, Sighting, general

_MOST = 2048
"""Things that are noted in a period. The names of hosts and cookies come from elsewhere, so it is bounded."""
_MOST_REPORTED = 100
"""Unknown things that are taken from reports in a period."""
_LONGEST = 200
_UNTIL = re.compile(rb";\s*(max-age|expires)\s*=\s*([^;]{0,60})", re.IGNORECASE)
_SECONDS = re.compile(rb"-?\d{1,10}\s*")


class Sightings:
    """What was seen in this process. Called in its event loop; :meth:`take` may be called from another thread.

    *met* is told the id of each service that was seen, at once.
    """

    def __init__(self, met: Callable[[str], None] = lambda _service: None) -> None:
        self._met = met
        self._noted: set[tuple[Kind, str, How]] = set()
        self._waiting: list[Sighting] = []
        self._reported = 0
        self.period = 0
        """Counts how often everything began to be noted anew."""

    def take(self) -> list[Sighting]:
        """What was noted since the last time."""
        taken, self._waiting = self._waiting, []
        return taken

    def begin_anew(self) -> None:
        """Note everything again that is seen from now on: whoever keeps the inventory learns that it is still there."""
        self._noted = set()
        self._reported = 0
        self.period += 1

    def address(self, url: str, own_host: str, match: Match | None) -> None:
        """A page has the address *url*, which *match* is about; *own_host* is the page's."""
        service = match.service.id if match is not None and match.service is not None else ""
        address = urls.parse(url)
        if address is None:
            return
        if not urls.is_at(address, own_host):
            if service or not _is_family(address.host, own_host):
                self._note(Sighting(Kind.HOST, address.host, How.MARKUP, service))
        elif service:
            self._note(Sighting(Kind.PATH, general(address.path), How.MARKUP, service))

    def host(self, host: str, own_host: str) -> None:
        """A page asks *host*, of which no rule knows anything that holds; *own_host* is the page's."""
        if not _is_family(host, own_host):
            self._note(Sighting(Kind.HOST, host, How.MARKUP))

    def called(self, host: str, own_host: str, match: Match | None) -> None:
        """Browsers say that a script asked *host*, which *match* is about, on a page of *own_host*.

        What no rule knows counts as reported, and only so much of it: browsers may say anything.
        """
        service = match.service.id if match is not None and match.service is not None else ""
        if service:
            self._note(Sighting(Kind.HOST, host, How.CALL, service))
        elif not _is_family(host, own_host) and self._reported < _MOST_REPORTED:
            self._reported += self._note(Sighting(Kind.HOST, host, How.REPORTED))

    def kept(self, kind: Kind, name: str, attributes: bytes, match: Match | None, now: float) -> None:
        """Browsers say that a script keeps something called *name*; of a cookie with these *attributes*, written *now*.

        What no rule knows counts as reported, as in :meth:`called`.
        """
        service = match.service.id if match is not None and match.service is not None else ""
        seconds = lifetime(attributes, now) if kind is Kind.COOKIE else None
        if seconds is not None and seconds <= 0:
            return
        if service:
            self._note(Sighting(kind, general(name), How.CALL, service, seconds))
        elif self._reported < _MOST_REPORTED:
            self._reported += self._note(Sighting(kind, general(name), How.REPORTED, "", seconds))

    def script(self, match: Match) -> None:
        """A page has an inline script of a service."""
        if match.service is not None:
            self._note(Sighting(Kind.SCRIPT, match.service.name, How.MARKUP, match.service.id))

    def cookie(self, name: str, line: bytes, match: Match | None, now: float) -> None:
        """The site sets the cookie *name* with the ``Set-Cookie`` *line*, at *now*; *match* is its owner."""
        noted = general(name)
        if (Kind.COOKIE, noted, How.HEADER) in self._noted:
            return
        seconds = lifetime(line, now)
        if seconds is None or seconds > 0:
            service = match.service.id if match is not None and match.service is not None else ""
            self._note(Sighting(Kind.COOKIE, noted, How.HEADER, service, seconds))

    def _note(self, sighting: Sighting) -> bool:
        """Whether it was new."""
        key = (sighting.kind, sighting.name, sighting.how)
        if key in self._noted or len(self._noted) >= _MOST or not 0 < len(sighting.name) <= _LONGEST:
            return False
        self._noted.add(key)
        self._waiting.append(sighting)
        if sighting.service:
            self._met(sighting.service)
        return True


def lifetime(line: bytes, now: float) -> int | None:
    """For how many seconds from *now* a ``Set-Cookie`` *line* sets its cookie (RFC 6265bis §5.7); None: while the
    browser is open. The last of each attribute counts, as in Chromium.
    """
    last = {name.lower(): value for name, value in _UNTIL.findall(line)}
    if _SECONDS.fullmatch(age := last.get(b"max-age", b"")):
        return int(age)
    try:
        return int(parsedate_to_datetime(last[b"expires"].decode("latin-1")).timestamp() - now)
    except (KeyError, ValueError, OverflowError):
        return None


def _is_family(host: str, own_host: str) -> bool:
    """Whether *host* is the site's own, one above it or one below it: no third party."""
    own = urls.without_port(own_host).removeprefix("www.")
    return host == own or host.endswith(f".{own}") or own.endswith(f".{host}")
