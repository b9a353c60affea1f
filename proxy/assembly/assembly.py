"""Puts the parts together as the settings say: rules, keys, store, notice, gate and our own pages.

This is the only place that knows all of them. Everything that runs the gate (server process, middleware, preview)
begins here.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from starlette.applications import Starlette

from ...banner.app import AppLimits, create_app
from ...banner.consent.recorded import Recorded
from ...banner.consent.signed_choice import ChoiceSigner
from ...banner.endpoints.context import Context, Versions
from ...banner.guard.files import GuardFiles
from ...banner.guard.lists import Lists
from ...banner.notice.form_token import TokenSigner
from ...banner.notice.listing import Listing
from ...banner.notice.notice import Notices
from ...banner.notice.site import SiteInfo
from ...store.engine.errors import StoreUnavailable
from ...store.events.event import VIEW, Circumstances, Event
from ...store.store import Store
from ...store.unavailable import UnavailableStore
from ...store.upkeep.retention import Retention, Rule
from ...store.upkeep.rotation import CookieKeys
from ..audit.counters import Counting
from ..audit.leak_audit import LeakAudit
from ..exchange.exchange import Exchanges
from ..gate.changes import Changes
from ..gate.gate import Gate, GateConfig
from ..gate.request import release
from ..gate.request.framing import Limits
from ..gate.sightings import Sightings
from ..gate.visit import PageView
from ..relay.relay import Destination, Relay, holder
from ..rules.places import Places
from ..rules.rulebook import Rulebook
from ..settings.model import Settings
from .change_records import ChangeRecords
from .inventory_sync import Noting

_log = logging.getLogger("holdback")

_STATIC = Path(__file__).parents[2] / "banner" / "static"
_CODE = ("guard.min.js", "rest.min.js")


@dataclass
class Assembly:
    """Everything that is needed to serve one site in one process."""

    settings: Settings
    rulebook: Rulebook
    store: Store
    notices: Notices
    gate: Gate
    banner_app: Starlette
    recorded: Recorded
    retention: Retention
    cookie_keys: CookieKeys
    audit: LeakAudit
    counting: Counting
    noting: Noting
    change_records: ChangeRecords
    relay: Relay | None
    exchanges: Exchanges = field(init=False)
    _writing: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.exchanges = Exchanges(self.gate, self.audit, self.viewed)

    def viewed(self, view: PageView) -> None:
        """Store a page view, without anybody waiting for it; must be called in the event loop."""
        task = asyncio.get_running_loop().create_task(self._keep(view))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _keep(self, view: PageView) -> None:
        seen = Circumstances.of(
            page=view.target,
            referrer=view.referrer,
            host=view.host,
            agent=view.agent,
            country=view.country,
        )
        path = view.target.partition("?")[0]
        try:
            await self.store.events.add([Event(VIEW, visitor=view.visitor, path=path, seen=seen)])
        except StoreUnavailable as error:
            _log.warning("a page view could not be stored: %s", error)

    async def close(self) -> None:
        """Write what is waiting, and close the store."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=5)
        if self.relay is not None:
            await self.relay.close()
        await self.change_records.close()
        await self.counting.close()
        await asyncio.to_thread(self.noting.close)
        await asyncio.to_thread(self.cookie_keys.close)
        await asyncio.to_thread(self.recorded.close)
        await asyncio.to_thread(self.retention.close)
        await asyncio.to_thread(self.store.close)

    def start(self) -> None:
        """Begin what goes on beside the requests, in the running event loop."""
        self.counting.start()
        self.change_records.start()
        if self.relay is not None:
            self.relay.start()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def assemble(settings: Settings, unavailable: str = "") -> Assembly:
    """The parts for *settings*. Raises ``StoreUnavailable`` and ``BadKeys`` where the data folder can't be used.

    With the reason why the store is *unavailable*, the parts that serve the site without one: everything is held, and
    no choice can be made. Then ``BadKeys`` alone is raised.
    """
    rulebook = Rulebook.load(settings.declared_services(), settings.filter_lists())
    site = site_info(settings, rulebook)
    if unavailable:
        store: Store = UnavailableStore(settings.data, unavailable)
    else:
        store = settings.store_location().open()
        store.ledger.publish(rules=rulebook.edition, settings=settings.bearing())
    secrets = store.keys.cookie_secrets
    listing = listing_of(settings, rulebook)
    sightings = Sightings(listing.meet)
    lists = Lists(settings.prefix, rulebook)
    learn = lists.learn if lists.are_there else None
    noting = Noting(sightings, listing, store, settings.site.ask_again_days, learn=learn)
    notices = Notices(site, rulebook, listing, settings.prefix)
    signer = ChoiceSigner(secrets, rulebook.services)
    tokens = TokenSigner(secrets)
    lifetime = settings.choice_days * 86_400
    recorded = Recorded()
    recorded.heed(store.spool)
    if not unavailable:
        try:
            recorded.follow(store.ledger)
        except StoreUnavailable:
            store.close()
            raise
    files = GuardFiles(settings.prefix, rulebook)
    audit = LeakAudit(rulebook)
    context = Context(
        prefix=settings.prefix,
        notices=notices,
        rulebook=rulebook,
        signer=signer,
        tokens=tokens,
        ledger=store.ledger,
        spool=store.spool,
        versions=Versions(rules=rulebook.digest, settings=settings.digest(), code=code_digest()),
        released_by=release.Releasing(rulebook.services.values()).of_choice,
        strict=settings.enforce == "strict",
        lifetime=lifetime,
        files=files,
        lists=lists,
        recorded=recorded,
        called=sightings.called,
        kept=sightings.kept,
        exempt=frozenset(settings.events.exempt.values()),
        of_server=audit.of_server,
        catch_up=noting.note,
    )
    limits = AppLimits(settings.limits.choices_per_minute, settings.limits.body_bytes)
    changes = Changes()
    gate = Gate(
        gate_config(settings, hold_all=bool(unavailable)),
        rulebook=rulebook,
        notices=notices,
        signer=signer,
        tokens=tokens,
        places=Places(settings.geo_database),
        recorded=recorded,
        report=audit.fault,
        look=audit.page,
        sightings=sightings,
        files=files,
        lists=lists,
        changes=changes,
    )
    app = create_app(context, store, site, limits=limits)
    retention = Retention(Rule(**settings.retention.model_dump()), store)
    if not unavailable:
        retention.start()

    def use(keys: Sequence[bytes]) -> None:
        tokens.use(keys)
        signer.use(keys)

    cookie_keys = CookieKeys(settings.data, secrets, use)
    cookie_keys.start()
    counting = Counting(audit, store.ledger, settings.data)
    if not unavailable:
        noting.start()
    return Assembly(
        settings,
        rulebook,
        store,
        notices,
        gate,
        app,
        recorded,
        retention,
        cookie_keys,
        audit,
        counting,
        noting,
        ChangeRecords(changes, store.ledger),
        _relay(settings, store),
    )


def _relay(settings: Settings, store: Store) -> Relay | None:
    to, lifetime = settings.events, settings.choice_days * 86_400
    outbox = store.outbox(to.relay, holder()) if to.relay else None
    return Relay(outbox, Destination(to.relay, to.relay_key), store.ledger, lifetime) if outbox else None


def site_info(settings: Settings, rulebook: Rulebook) -> SiteInfo:
    """The site's controller, and the services that they declare."""
    return SiteInfo(
        name=settings.site.name,
        privacy_policy=settings.site.privacy_policy,
        contact=settings.site.contact,
        address=settings.site.address,
        declared=(*rulebook.declared, *settings.site.uses),
        choice_days=settings.choice_days,
    )


def listing_of(settings: Settings, rulebook: Rulebook) -> Listing:
    """What visitors are asked about, before anything was seen of the site."""
    return Listing(site_info(settings, rulebook), rulebook.services)


def _is_near(upstream: str) -> bool:
    """Whether the site is on this machine or its network, or, without an address, in this process."""
    host = urlsplit(upstream).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_NEARBY)


_NEARBY = (".localhost", ".local", ".internal", ".lan", ".test")
"""Ends of names that are not the Internet's (RFC 6761, RFC 6762, and what is used in networks of one's own)."""


def gate_config(settings: Settings, *, hold_all: bool = False) -> GateConfig:
    """What of *settings* the gate has to know."""
    return GateConfig(
        old_host=urlsplit(settings.upstream).netloc.rpartition("@")[2],
        page_codings=b"identity" if _is_near(settings.upstream) else b"zstd, br, gzip",
        prefix=settings.prefix,
        trusted_hops=settings.trusted_hops,
        region_header=settings.region_header,
        strict=settings.enforce == "strict",
        choice_seconds=settings.choice_days * 86_400,
        hold_all=hold_all,
        limits=Limits(
            target_bytes=settings.limits.target_bytes,
            head_bytes=settings.limits.head_bytes,
            header_count=settings.limits.header_count,
        ),
    )


@lru_cache(1)
def code_digest() -> str:
    """SHA-256 (hex) of the code that acts in the visitor's browser, with Holdback's version."""
    code = b"".join((_STATIC / name).read_bytes() for name in _CODE)
    return hashlib.sha256(version("holdback").encode() + code).hexdigest()
