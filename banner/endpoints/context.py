"""What all endpoints of ours work with: keys, log, notices, rules, and what each visitor is told."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from ...proxy.rules.model import Purpose, Regime, Released
from ...proxy.rules.rulebook import Match, Rulebook
from ...proxy.rules.sighting import Kind
from ...store.log.ledger import Ledger
from ...store.log.spool import Spool
from ..consent.recorded import Recorded
from ..consent.signed_choice import Choice, ChoiceSigner
from ..consent.standing import Standing
from ..guard.config import GuardConfig, Listed
from ..guard.files import GuardFiles
from ..guard.lists import Lists
from ..notice.form_token import TokenSigner
from ..notice.notice import Notice, Notices

type ReleasedBy = Callable[[Choice | None, Regime, bool], Released]
"""What a choice releases under a regime, with or without the GPC signal: the gate's own function."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The hashes that a record names beside the notice's: of the rules, the settings and the guard's code."""

    rules: str
    settings: str
    code: str


@dataclass(frozen=True, slots=True)
class Context:
    """All that the endpoints work with. ``strict`` says that a page must be reloaded after a grant, ``lifetime``
    for how many seconds a choice stands.
    """

    prefix: str
    notices: Notices
    rulebook: Rulebook
    signer: ChoiceSigner
    tokens: TokenSigner
    ledger: Ledger
    spool: Spool
    versions: Versions
    released_by: ReleasedBy
    strict: bool
    lifetime: int
    files: GuardFiles
    lists: Lists
    clock: Callable[[], float] = time.time
    recorded: Recorded = field(default_factory=Recorded)
    called: Callable[[str, str, Match | None], None] = lambda _host, _own, _match: None
    """Takes a host that a page's scripts asked for, the page's own host, and the service that it belongs to."""
    kept: Callable[[Kind, str, bytes, Match | None, float], None] = lambda *_: None
    """Takes what scripts keep in browsers: that it is a cookie or a storage key, its name, a cookie's attributes, the
    service that it belongs to, and the time."""
    exempt: frozenset[str] = frozenset()
    """Keys of SDKs with which the site's own server sends what needs no consent."""
    of_server: Callable[[str, int, int], None] = lambda _source, _kept, _held: None
    """Takes how many events of a server's were kept, and held, and of which SDK."""
    catch_up: Callable[[], None] = lambda: None
    """Learn of the editions that other processes have made; it blocks."""

    def notice(self, standing: Standing) -> Notice:
        """The notice for the visitor who asks."""
        return self.notices.pick(standing.language, standing.regime, standing.gpc, standing.host)

    def new_to(self, standing: Standing) -> tuple[str, ...]:
        """The names of the services that who asks has not been asked about."""
        listing = self.notices.listing
        return (
            self.notices.names(listing.new_since(standing.choice)) if listing.is_due(standing.choice) else ()
        )

    def state(self, standing: Standing, released: Released, *, ask: bool, back: bool = False) -> bytes:
        """What the guard is told, in JSON: the state to show, what to hold, and whether the page must be reloaded.

        *ask* says that the visitor has still to answer, *back* that something was taken back.
        """
        notice = self.notice(standing)
        shown = notice.allowed(released), notice.status(released), notice.label(released)
        file = self.files.of(released).path
        lists = self.lists.told(released, standing.host)
        return _told(self.rulebook, self.prefix, released, shown, file, lists, ask, self.strict or back)

    def token(self, standing: Standing, service: str = "") -> str:
        """A token for a form that is rendered now for this visitor; see :class:`..notice.form_token.Token` for
        *service*."""
        notice = self.notice(standing)
        listed = self.notices.listing.untold(notice.edition)
        return self.tokens.issue(notice, host=standing.host, now=self.clock(), service=service, listed=listed)

    def first_layer(self, standing: Standing) -> str:
        """The notice for this visitor as a page has it, closed, with the state of now."""
        fragment = self.notice(standing).fragment(
            action=f"{standing.origin}{self.prefix}/choice",
            token=self.token(standing),
            state=standing.released,
            open=False,
            sheet=self.files.sheet,
        )
        return fragment.decode("ascii")

    def second_layer(self, standing: Standing, back_to: str, *, expired: bool = False) -> str:
        """The choices page for this visitor; *expired* says why they see it instead of having saved."""
        notice = self.notice(standing)
        return notice.second.render(
            site=notice.site,
            action=f"{self.prefix}/choice",
            token=self.token(standing),
            return_path=back_to,
            state=standing.released,
            status=notice.status(standing.released),
            choice=standing.choice,
            receipt=f"{self.prefix}/receipt" if standing.choice else "",
            message="expired" if expired else "",
            new=self.new_to(standing),
        )


@lru_cache(256)
def _told(
    rulebook: Rulebook,
    prefix: str,
    released: Released,
    shown: tuple[tuple[Purpose, ...], str, str],
    file: str,
    lists: Listed,
    ask: bool,
    reload: bool,
) -> bytes:
    """What all are told who stand alike: 13 kB, with a digest for each of a thousand places."""
    facts = rulebook.guard_facts(released)
    purposes, status, label = shown
    config = GuardConfig(prefix, facts, facts.exempt, ask=ask, lists=lists)
    value = {
        "state": {"purposes": [purpose.value for purpose in purposes], "status": status, "label": label},
        "released": sorted(released.services),
        "guard": config.value(),
        "file": file,
        "links": _held_links(rulebook, released),
        "reload": reload,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _held_links(rulebook: Rulebook, released: Released) -> list[str]:
    """The link parameters that stay out of the scripts' sight."""
    services = rulebook.services.values()
    return [name for service in services if not released.allows(service) for name in service.parameters]
