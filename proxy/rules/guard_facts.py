"""What the guard in a visitor's page has to know of the services that are held for them."""

from collections.abc import Iterable
from dataclasses import dataclass

from .matchers import HostTable
from .model import Released, Service
from .own_paths import ENDPOINTS


@dataclass(frozen=True, slots=True)
class HeldService:
    """What the guard has to know of one service that is held.

    ``hosts``, ``cookies`` and ``storage`` are patterns as in :class:`~.model.Service`. ``paths`` are prefixes of paths
    on the site's own host, or, after a ``*``, endings of them; endpoints that need a look at the query or the body are
    left to the proxy. ``globals`` are names that sites call while the service's scripts are held.
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


def facts_for(services: Iterable[Service], released: Released) -> GuardFacts:
    """The facts for a visitor with *released*."""
    held: list[Service] = []
    allowed: list[Service] = []
    for service in services:
        (allowed if released.allows(service) else held).append(service)
    above = HostTable((host, host) for service in held for host in service.hosts)
    known = {host for service in held for host in service.hosts}
    exempt = (
        host
        for service in allowed
        for host in service.hosts
        if host not in known and above.find(*_split(host)) is not None
    )
    told = any(_GTAG in service.globals for service in allowed)
    granted = sorted(purpose.value for purpose in released.purposes) if told else ()
    return GuardFacts(tuple(map(_held, held)), tuple(exempt), tuple(granted))


def _split(pattern: str) -> tuple[str, str]:
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
