"""What the guard in a visitor's page has to know of the services that are held for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .matchers import HostTable, NameTable
from .model import Purpose, Released, Service
from .own_paths import ENDPOINTS


@dataclass(frozen=True, slots=True)
class HeldService:
    """What the guard has to know of one service that is held.

    ``hosts``, ``cookies`` and ``storage`` are patterns as in :class:`~.model.Service`. ``paths`` are prefixes of paths
    on the site's own host, or, after a ``*``, endings of them; endpoints that need a look at the query or the body are
    left to the proxy.
    """

    id: str
    hosts: tuple[str, ...]
    cookies: tuple[str, ...]
    storage: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GuardFacts:
    """Everything that is still held for one visitor, for the guard in their page. Each is itself alone: to compare two
    takes longer than a page may.

    ``exempt`` are the host patterns of services that are not held though a held service has the host above them: with
    analytics released and marketing held, ``stats.g.doubleclick.net`` passes and ``doubleclick.net`` does not.
    ``free_cookies`` and ``free_storage`` are names that are not held though a held service's pattern covers them.
    ``granted`` are the purposes that a released service has to be told of (Google's Consent Mode v2), if there is one.
    ``counts`` says that what the visitor looks at may be counted.
    """

    services: tuple[HeldService, ...]
    exempt: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    counts: bool = False
    free_cookies: tuple[str, ...] = ()
    free_storage: tuple[str, ...] = ()


_GTAG = "gtag"
"""What Google's tags define; they alone ask for consent signals."""


def facts_for(services: Sequence[Service], released: Released) -> GuardFacts:
    """The facts for a visitor with *released*. What two *services* claim belongs to the first, as in the rules."""
    held = [service for service in services if not released.allows(service)]
    allowed = [service for service in services if released.allows(service)]
    hosts = _claimed(services, released, "hosts")
    above = HostTable((host, host) for host, is_held in hosts.items() if is_held)
    exempt = (
        host
        for host, is_held in hosts.items()
        if not is_held and above.find(*split_pattern(host)) is not None
    )
    cookies, storage = (_claimed(services, released, field) for field in ("cookies", "storage"))
    told = any(_GTAG in service.globals for service in allowed)
    return GuardFacts(
        tuple(
            HeldService(
                service.id,
                tuple(host for host in service.hosts if hosts[host]),
                tuple(name for name in service.cookies if cookies[name]),
                tuple(name for name in service.storage if storage[name]),
                (*service.paths, *_ENDINGS.get(service.id, ())),
            )
            for service in held
        ),
        exempt=tuple(exempt),
        granted=tuple(sorted(purpose.value for purpose in released.purposes)) if told else (),
        counts=Purpose.ANALYTICS in released.purposes,
        free_cookies=_free(cookies),
        free_storage=_free(storage),
    )


def _claimed(services: Iterable[Service], released: Released, field: str) -> dict[str, bool]:
    """Whether each pattern in *field* is held: by the first service that claims it."""
    claimed: dict[str, bool] = {}
    for service in services:
        for pattern in getattr(service, field):
            claimed.setdefault(pattern, not released.allows(service))
    return claimed


def _free(claimed: dict[str, bool]) -> tuple[str, ...]:
    """The names that are not held though a wider pattern that is would cover them.

    One that has something held in it is left out: when in doubt it stays held.
    """
    held = [pattern for pattern, is_held in claimed.items() if is_held]
    table = NameTable((pattern, pattern) for pattern in held)
    return tuple(
        pattern
        for pattern, is_held in claimed.items()
        if not is_held
        and table.find(pattern.replace("*", "")) is not None
        and not ("*" in pattern and any(one.startswith(pattern.partition("*")[0]) for one in held))
    )


def split_pattern(pattern: str) -> tuple[str, str]:
    """The host and the path of a host pattern."""
    host, _, path = pattern.removeprefix("*.").partition("/")
    return host.lower(), f"/{path}"


def _endings() -> dict[str, tuple[str, ...]]:
    endings: dict[str, tuple[str, ...]] = {}
    for known in ENDPOINTS:
        if known.certain and "*" not in known.tail:
            endings[known.service] = (*endings.get(known.service, ()), f"*{known.tail}")
    return endings


_ENDINGS = _endings()
