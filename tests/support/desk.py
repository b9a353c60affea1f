"""The banner's application with a gate's part played in front of it: standings from headers, nothing else."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from holdback.banner.app import AppLimits, create_app
from holdback.banner.consent.signed_choice import LIFETIME, Choice, ChoiceSigner, cookie_name, strictest
from holdback.banner.consent.standing import Standing
from holdback.banner.endpoints.context import Context, Versions
from holdback.banner.guard.files import GuardFiles
from holdback.banner.guard.lists import Lists
from holdback.banner.notice.form_token import TokenSigner
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.gate.request.release import released
from holdback.proxy.rules.model import Purpose, Regime, Released, Service
from holdback.proxy.rules.rulebook import Rulebook
from holdback.store.events.events import stored
from holdback.store.store import LOG_FILE, Store, open_store, reading, reading_events, vault_of
from starlette.types import Receive, Scope, Send

from .listing import notices_of

SECRET = b"k" * 32
ACME = Service(
    "acme-metrics",
    "Acme Metrics",
    Purpose.ANALYTICS,
    vendor="Acme <Inc>",
    hosts=("tracker.test",),
    paths=("/acme/collect",),
    cookies=("acme_*",),
    storage=("acme:*",),
)
OTHER = Service("other-metrics", "Other Metrics", Purpose.ANALYTICS, cookies=("other_*",))
RULEBOOK = Rulebook.load([ACME, OTHER])
SITE = SiteInfo("Example Shop", "/privacy", "privacy@shop.test", (ACME.id, OTHER.id))


def released_by(choice: Choice | None, regime: Regime, gpc: bool) -> Released:
    """As the gate has it."""
    services = RULEBOOK.services.values()
    if choice is None:
        return released(services, regime, gpc=gpc, purposes=None)
    return released(
        services,
        regime,
        gpc=gpc,
        purposes=choice.purposes,
        granted=choice.services,
        signal_seen=choice.gpc,
    )


@dataclass
class Counter:
    """The application, what it runs on, and a clock that a test can turn."""

    store: Store
    regime: Regime = Regime.OPT_IN
    prefix: str = "203.0.113.0/24"
    strict: bool = False
    now: float = 1_790_000_000.0
    limits: AppLimits = field(default_factory=AppLimits)
    used: Collection[str] = tuple(RULEBOOK.services)

    def __post_init__(self) -> None:
        self.signer = ChoiceSigner([SECRET], RULEBOOK.services)
        self.notices = notices_of(SITE, RULEBOOK, self.used)
        self.tokens = TokenSigner([SECRET])
        self.desk = Context(
            prefix="/_hb",
            notices=self.notices,
            rulebook=RULEBOOK,
            files=GuardFiles("/_hb", RULEBOOK),
            lists=Lists("/_hb", RULEBOOK),
            signer=self.signer,
            tokens=self.tokens,
            ledger=self.store.ledger,
            spool=self.store.spool,
            versions=Versions(RULEBOOK.digest, "5" * 64, "c" * 64),
            released_by=released_by,
            strict=self.strict,
            lifetime=LIFETIME,
            clock=lambda: self.now,
        )
        self._app = create_app(self.desk, self.store, SITE, limits=self.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application as the gate would have it run."""
        await self._app({**scope, "holdback.standing": self.standing(scope)}, receive, send)

    def standing(self, scope: Scope) -> Standing:
        """Where the sender of *scope* stands."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, scheme = headers[b"host"], scope["scheme"]
        gpc = headers.get(b"sec-gpc") == "1"
        pairs = [pair.strip().partition("=") for pair in headers.get(b"cookie", "").split(";")]
        read = [self.signer.read(value, host) for name, _, value in pairs if name == cookie_name(scheme)]
        choices = [choice for choice in read if choice is not None and not self.desk.recorded.voids(choice)]
        choice = strictest(choices) if choices else None
        return Standing(
            choice=choice,
            released=released_by(choice, self.regime, gpc),
            regime=self.regime,
            gpc=gpc,
            country="DE",
            region=None,
            language=self.notices.negotiate(headers.get(b"accept-language", "").encode("latin-1")),
            scheme=scheme,
            host=host,
            address_prefix=self.prefix,
        )

    def token(self, host: str = "shop.test", *, gpc: bool = False, language: str = "en") -> str:
        """The token of a notice that is shown now."""
        notice = self.notices.pick(language, self.regime, gpc, host)
        return self.tokens.issue(notice, host=host, now=self.now)

    def browser(self, base: str = "http://shop.test", **headers: str) -> httpx.AsyncClient:
        """A client that keeps cookies and follows no redirect."""
        transport = httpx.ASGITransport(app=self)
        return httpx.AsyncClient(transport=transport, base_url=base, headers=headers)

    def kept(self) -> list[dict[str, Any]]:
        """The events in the store, oldest first, as an export reads them."""
        data = self.store.data
        with reading(data, LOG_FILE) as log, reading_events(data) as database:
            return list(stored(database, vault_of(log, data)))

    async def recorded(self) -> int:
        """How many records the log has, by its checkpoint."""
        return int((await self.store.ledger.checkpoint()).split("\n")[1])

    def form(self, action: str, **fields: Any) -> dict[str, Any]:
        """The fields of an answer on a page at ``/coffee``."""
        return {"token": self.token(), "return": "/coffee", "action": action, **fields}


@contextmanager
def counter(data: Path, **settings: Any) -> Iterator[Counter]:
    """A counter on a store of its own in *data*."""
    store = open_store(data)
    try:
        yield Counter(store, **settings)
    finally:
        store.close()
