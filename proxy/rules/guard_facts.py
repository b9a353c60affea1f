"""What the guard in a visitor's page has to know of the services that are held for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .matchers import HostTable
from .model import Purpose, Released, Service
from .own_paths import ENDPOINTS


@dataclass(frozen=True, slots=True)
class HeldService:
    """What the guard has to know of one service that is held.

    ``hosts``, ``cookies`` and ``storage`` are patterns as in :class:`~.model.Service`. ``paths`` are prefixes of paths
    on the site's own host, or, after a ``*``, endings of them; endpoints that need a look at the query or the body are
    left to the proxy. ``globals`` are names that sites call while the service's scripts are held. An ``id`` that begins
    with ``~`` names a purpose: hosts of companies that are no services here.
    """

    id: str
    hosts: tuple[str, ...]
    cookies: tuple[str, ...]
    storage: tuple[str, ...]
    paths: tuple[str, ...]
    globals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """Everything that is still held for one visitor, for the guard in their page.

    ``exempt`` are the host patterns of services that are not held though a held service has the host above them: with
    analytics released and marketing held, ``stats.g.doubleclick.net`` passes and ``doubleclick.net`` does not.
    ``granted`` are the purposes that a released service has to be told of (Google's Consent Mode v2), if there is one.
    """

    services: tuple[HeldService, ...]
    exempt: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()


_GTAG = "gtag"
"""What Google's tags define; they alone ask for consent signals."""


def facts_for(
    services: Iterable[Service], trackers: Mapping[Purpose, tuple[str, ...]], released: Released
) -> GuardFacts:
    """The facts for a visitor with *released*; *trackers* are hosts that hold by their purpose, without a service."""
    nameless = [
        HeldService(f"~{purpose}", hosts, (), (), ())
        for purpose, hosts in trackers.items()
        if purpose not in released.purposes and hosts
    ]
    held: list[Service] = []
    allowed: list[Service] = []
    for service in services:
        (allowed if released.allows(service) else held).append(service)
    known = {host for service in held for host in service.hosts}
    known.update(host for service in nameless for host in service.hosts)
    above = HostTable((host, host) for host in known)
    exempt = (
        host
        for service in allowed
        for host in service.hosts
        if host not in known and above.find(*split_pattern(host)) is not None
    )
    told = any(_GTAG in service.globals for service in allowed)
    granted = sorted(purpose.value for purpose in released.purposes) if told else ()
    return GuardFacts((*map(_held, held), *nameless), tuple(exempt), tuple(granted))


def split_pattern(pattern: str) -> tuple[str, str]:
    """The host and the path of a host pattern."""
    host, _, path = pattern.removeprefix("*.").partition("/")
    return host.lower(), f"/{path}"


def _held(service: Service) -> HeldService:
    return HeldService(
        service.id,
        service.hosts,
        service.cookies,
        service.storage,
        (*service.paths, *_ENDINGS.get(service.id, ())),
        service.globals,
    )


def _endings() -> dict[str, tuple[str, ...]]:
    endings: dict[str, tuple[str, ...]] = {}
    for known in ENDPOINTS:
        if known.certain and "*" not in known.tail:
            endings[known.service] = (*endings.get(known.service, ()), f"*{known.tail}")
    return endings


_ENDINGS = _endings()
