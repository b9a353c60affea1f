"""The rules in force: which service a cookie, an address, a storage key or a script belongs to."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from . import own_paths, urls
from .catalogue import curated, necessary_names
from .matchers import HostTable, NameTable
from .model import Purpose, Released, Service


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule says of one thing.

    ``service`` is None for a wide fact; ``rule`` says in words which rule it was; a match that does not ``holds``
    only describes.
    """

    service: Service | None
    purpose: Purpose
    rule: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class OwnMatch:
    """A match for a path on the site's own host; ``needs_body`` decides where the path alone is ambiguous."""

    match: Match
    needs_body: Callable[[bytes], bool] | None = None


@dataclass(frozen=True, slots=True)
class HeldService:
    """What the guard has to know of one service that is held."""

    id: str
    hosts: tuple[str, ...]
    cookies: tuple[str, ...]
    storage: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuardFacts:
    """Everything that is still held for one visitor, for the guard in their page."""

    services: tuple[HeldService, ...]


def _overriding(declared: Service, known: Service) -> Service:
    """*known* as its owner declares it: their purpose and words count, what either recognises it by adds up.

    An owner who declares "PostHog" on a host of their own has said nothing of its cookies: those stay held.
    """
    recognised: dict[str, Any] = {
        field: tuple(dict.fromkeys((*getattr(known, field), *getattr(declared, field))))
        for field in ("hosts", "paths", "cookies", "storage", "scripts", "sources")
    }
    said: dict[str, Any] = {
        field: getattr(declared, field) or getattr(known, field)
        for field in ("vendor", "retention", "privacy", "quiet")
    }
    return replace(declared, id=known.id, **recognised, **said)


class Rulebook:
    """Every service that is known here, curated and declared, and the tables to find them by."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services: Mapping[str, Service] = {service.id: service for service in services}
        known = self.services.values()
        self.digest = hashlib.sha256(
            json.dumps([asdict(service) for service in known], sort_keys=True).encode()
        ).hexdigest()
        self._hosts = HostTable((host, service) for service in known for host in service.hosts)
        self._cookies = NameTable((name, service) for service in known for name in service.cookies)
        self._storage = NameTable((name, service) for service in known for name in service.storage)
        self._necessary = NameTable((name, name) for name in necessary_names())
        self._paths = [(path.rstrip("/"), service) for service in known for path in service.paths]
        signatures = {text: service for service in known for text in service.scripts}
        self._signatures = signatures
        self._inline = (
            re.compile("|".join(map(re.escape, sorted(signatures, key=len, reverse=True))))
            if signatures
            else None
        )
        self.url = lru_cache(16384)(self._url)
        self.own_path = lru_cache(8192)(self._own_path)

    @classmethod
    def load(cls, declared: Iterable[Service] = (), easyprivacy: Path | None = None) -> Self:
        """The curated services and the *declared* ones; see :func:`_overriding` for those that are both."""
        known = {service.id: service for service in curated()}
        ids = {service.name.casefold(): service.id for service in known.values()}
        for service in declared:
            of_name = ids.get(service.name.casefold(), service.id)
            same = known.get(service.id if service.id in known else of_name)
            known[same.id if same else service.id] = _overriding(service, same) if same else service
        return cls(known.values())

    def held(self, match: Match | None, released: Released) -> bool:
        """Whether what *match* is about is held for a visitor with *released*."""
        if match is None or not match.holds:
            return False
        if match.service is None:
            return match.purpose is not Purpose.NECESSARY and match.purpose not in released.purposes
        return not released.allows(match.service)

    def cookie(self, name: str) -> Match | None:
        """Whose cookie is called *name*."""
        found = self._cookies.find(name)
        if found is None:
            return None
        pattern, service = found
        return Match(service, service.purpose, f"cookie {pattern} of {service.name}")

    def storage(self, key: str) -> Match | None:
        """Whose storage key *key* is."""
        found = self._storage.find(key)
        if found is None:
            return None
        pattern, service = found
        return Match(service, service.purpose, f"storage key {pattern} of {service.name}")

    def inline(self, script: str) -> Match | None:
        """Whose inline script it is, by the first signature in it."""
        found = self._inline.search(script) if self._inline else None
        if found is None:
            return None
        service = self._signatures[found[0]]
        return Match(service, service.purpose, f"inline script with {found[0]!r}, of {service.name}")

    def host_path(self, host: str, path: str) -> Match | None:
        """Whose address *path* on *host* is."""
        found = self._hosts.find(urls.normal_host(host), path)
        if found is None:
            return None
        pattern, service = found
        return Match(service, service.purpose, f"host {pattern} of {service.name}")

    def _url(self, url: str, *, own_host: str = "") -> Match | None:
        """Whose address *url* is; on *own_host* (``host`` or ``host:port``) the paths of services count too."""
        address = urls.parse(url)
        if address is None:
            return None
        if own_host and address.host == urls.normal_host(own_host.partition(":")[0]):
            own = self.own_path(
                address.path.encode("utf-8", "replace"), address.query.encode("utf-8", "replace")
            )
            if own is not None and own.needs_body is None:
                return own.match
        for path in urls.forms(address.path.encode("utf-8", "replace")):
            if (match := self.host_path(address.host, path)) is not None:
                return match
        return None

    def _own_path(self, path: bytes, query: bytes) -> OwnMatch | None:
        """Which service's endpoint *path* with *query* on the site's own host is, or may be."""
        forms = urls.forms(path)
        for prefix, service in self._paths:
            if any(form == prefix or form.startswith(f"{prefix}/") for form in forms):
                return OwnMatch(Match(service, service.purpose, f"path {prefix} of {service.name}"))
        known = own_paths.endpoint(forms, query.decode("latin-1"))
        if known is None or known.service not in self.services:
            return None
        service = self.services[known.service]
        rule = f"endpoint {known.path.pattern} of {service.name}"
        return OwnMatch(Match(service, service.purpose, rule), known.body)

    def guard_facts(self, released: Released) -> GuardFacts:
        """What the guard needs of everything that is held for a visitor with *released*."""
        return GuardFacts(
            tuple(
                HeldService(s.id, s.hosts, s.cookies, s.storage, s.paths)
                for s in self.services.values()
                if not released.allows(s)
            )
        )
