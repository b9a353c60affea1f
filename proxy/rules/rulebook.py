"""The rules in force: which service a cookie, an address, a storage key or a script belongs to."""

import hashlib
import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from typing import Any, Self

from . import own_paths, urls, wide
from .catalogue import curated, necessary_names
from .companies import with_companies
from .filter_list import FilterList, Source
from .guard_facts import GuardFacts, facts_for
from .javascript import without_text
from .matchers import HostTable, NameTable, WordTable
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
    """Whose endpoint a path on the site's own host is: for certain, or as its body tells.

    ``candidates`` are all that it may be, at least one. ``needs_body`` is None where path and query tell; else it says
    of the first bytes of the body whose they are, or None for the site's own.
    """

    candidates: tuple[Match, ...]
    needs_body: Callable[[bytes], Match | None] | None = None

    @property
    def match(self) -> Match:
        """The first candidate; the only one where ``needs_body`` is None."""
        return self.candidates[0]


def _overriding(declared: Service, known: Service) -> Service:
    """*known* as its owner declares it: their purpose and words count, what either recognises it by adds up.

    An owner who declares "PostHog" on a host of their own has said nothing of its cookies: those stay held.
    """
    recognised: dict[str, Any] = {
        field: tuple(dict.fromkeys((*getattr(known, field), *getattr(declared, field))))
        for field in ("hosts", "paths", "cookies", "storage", "scripts", "parameters", "globals", "sources")
    }
    said: dict[str, Any] = {
        field: getattr(declared, field) or getattr(known, field)
        for field in ("vendor", "retention", "privacy", "quiet")
    }
    return replace(declared, id=known.id, **recognised, **said)


class Rulebook:
    """Every service that is known here, curated and declared, and the tables to find them by."""

    def __init__(
        self,
        services: Iterable[Service],
        lists: Sequence[FilterList] = (),
        declared: Iterable[str] = (),
        companies: Container[str] = (),
    ) -> None:
        self.services: Mapping[str, Service] = {service.id: service for service in services}
        self.declared = tuple(declared)
        """The ids of those that the owner's settings describe."""
        self._in_order = sorted(self.services.values(), key=lambda one: one.id not in self.declared)
        self._companies = companies
        self.edition = _edition(self.services.values(), lists)
        self.digest = hashlib.sha256(self.edition.encode()).hexdigest()
        self._hosts = HostTable(self._matches("hosts", "host"))
        self._cookies = NameTable(self._matches("cookies", "cookie"))
        self._storage = NameTable(self._matches("storage", "storage key"))
        self._scripts = WordTable(self._matches("scripts", "inline script with"))
        self._parameters = NameTable(self._matches("parameters", "link parameter"))
        self._paths = [
            (path.rstrip("/").encode().decode("latin-1"), match)
            for path, match in self._matches("paths", "path")
            if path.strip("/")
        ]
        self._prefixes = tuple(prefix for prefix, _ in self._paths)
        self.script_words = self._scripts.telling
        """Words of which each script with a signature has one."""
        self.own_segments = (
            own_paths.LAST_SEGMENTS,
            frozenset(prefix.split("/")[1].encode("latin-1") for prefix in self._prefixes),
        )
        """The last segments of own paths that may be endpoints, and the first ones of those that are services'."""
        self._necessary = NameTable((name, name) for name in necessary_names())
        self._lists = tuple(lists)
        self.list_purposes = frozenset(one.purpose for one in lists)
        """What the owner's lists hold for."""
        self._remembered_url = lru_cache(16384)(self._url)
        self._remembered_host = lru_cache(4096)(self._listed)
        self._remembered_own = lru_cache(4096)(self._own_path)
        self._guard_facts = lru_cache(64)(partial(facts_for, self._in_order))

    @classmethod
    def load(cls, declared: Iterable[Service] = (), lists: Iterable[Source] = ()) -> Self:
        """The curated services, the companies and the *declared* ones; see :func:`_overriding` for those that are both.

        What *lists* name is held too. Raises OSError where one can't be read.
        """
        services, companies = with_companies(curated())
        known = {service.id: service for service in services}
        ids = {service.name.casefold(): service.id for service in known.values()}
        described = []
        for service in declared:
            of_name = ids.get(service.name.casefold(), service.id)
            same = known.get(service.id if service.id in known else of_name)
            described.append(same.id if same else service.id)
            known[described[-1]] = _overriding(service, same) if same else service
        read = [source.read() for source in lists]
        return cls(known.values(), read, described, companies.difference(described))

    def _matches(self, field: str, what: str) -> Iterable[tuple[str, Match]]:
        """What every service is recognised by, those first that are declared: what two claim is the owner's."""
        for service in self._in_order:
            for pattern in getattr(service, field):
                yield pattern, Match(service, service.purpose, f"{what} {pattern} of {service.name}")

    def held(self, match: Match | None, released: Released) -> bool:
        """Whether what *match* is about is held for a visitor with *released*."""
        if match is None or not match.holds:
            return False
        if match.service is None:
            return match.purpose is not Purpose.NECESSARY and match.purpose not in released.purposes
        return not released.allows(match.service)

    def cookie(self, name: str) -> Match | None:
        """What is known of the cookie *name*: its service, that sites need it, or what the wide facts say."""
        if (match := self._cookies.find(name)) is not None:
            return match
        if (pattern := self._necessary.find(name)) is not None:
            return Match(None, Purpose.NECESSARY, f"{pattern} is a name that sites need", holds=False)
        return _described("cookie", wide.cookie(name))

    def storage(self, key: str) -> Match | None:
        """The service whose storage key *key* is."""
        return self._storage.find(key)

    def parameter(self, name: str) -> Match | None:
        """The service whose link parameter *name* is."""
        return self._parameters.find(name)

    def inline(self, script: str) -> Match | None:
        """The service of an inline script, by the first signature in what runs; by any, where it can't be read."""
        found = self._scripts.find(script)
        if found is None:
            return None
        runs = without_text(script)
        return found if runs is None else self._scripts.find(runs)

    def listed(self, host: str, own_host: str) -> Purpose | None:
        """What everything on *host* (lower-case ASCII) is held for by the owner's lists, on a page of *own_host*.

        None too where a service is known by that host: what holds then is what is known of the service.
        """
        return self._remembered_host(host, own_host)

    def _listed(self, host: str, own_host: str) -> Purpose | None:
        known = self._hosts.find(host, "/")
        if known is not None and not self._at_home(known, own_host):
            return None
        return next((one.purpose for one in self._lists if one.find_host(host, own_host)), None)

    def clears(self, host: str) -> bool:
        """Whether no path on *host* (lower-case ASCII) can be held."""
        return not self._lists and not self._hosts.knows(host)

    def url(self, url: str, *, own_host: str = "") -> Match | None:
        """The service whose address *url* is. On *own_host* (``host`` or ``host:port``) only the paths of services
        count: a site that is itself on a vendor's host must work.
        """
        return (self._remembered_url if len(url) < _LONG else self._url)(url, own_host)

    def _url(self, url: str, own_host: str) -> Match | None:
        address = urls.parse(url)
        if address is None:
            return None
        path = address.path.encode("utf-8", "replace")
        if own_host and urls.is_at(address, own_host):
            own = self.own_path(path, address.query.encode("utf-8", "replace"))
            return own.match if own is not None and own.needs_body is None else None
        for form in urls.forms(path):
            if (match := self._hosts.find(address.host, form)) is not None and not self._at_home(
                match, own_host
            ):
                return match
        for one in self._lists:
            if rule := one.find(address, own_host):
                return Match(None, one.purpose, f"{one.name} {rule}")
        return _described("host", wide.address(address.host, address.path))

    def _at_home(self, match: Match, own_host: str) -> bool:
        """Whether the page is one of the company's own, where its other hosts are no third parties."""
        if not own_host or match.service is None or match.service.id not in self._companies:
            return False
        own = self._hosts.find(urls.without_port(own_host), "/")
        return own is not None and own.service is match.service

    def own_path(self, path: bytes, query: bytes) -> OwnMatch | None:
        """The service whose endpoint *path* with *query* on the site's own host is, or may be."""
        return (self._remembered_own if len(path) + len(query) < _LONG else self._own_path)(path, query)

    def _own_path(self, path: bytes, query: bytes) -> OwnMatch | None:
        forms = urls.forms(path)
        for form in forms:
            if form.startswith(self._prefixes):
                for prefix, match in self._paths:
                    if form == prefix or form.startswith(f"{prefix}/"):
                        return OwnMatch((match,))
        known = [
            (endpoint.body, self._endpoint(endpoint))
            for endpoint in own_paths.endpoints(forms, query)
            if endpoint.service in self.services
        ]
        if not known:
            return None
        candidates = tuple(match for _, match in known)
        if known[0][0] is None:
            return OwnMatch(candidates)
        return OwnMatch(
            candidates, lambda body: next((match for test, match in known if test and test(body)), None)
        )

    def _endpoint(self, endpoint: own_paths.Endpoint) -> Match:
        service = self.services[endpoint.service]
        return Match(service, service.purpose, f"endpoint {endpoint.tail} of {service.name}")

    def guard_facts(self, released: Released) -> GuardFacts:
        """What the guard needs of everything that is held for a visitor with *released*."""
        return self._guard_facts(released)


_LONG = 1024
"""Longer addresses are not remembered: a page may be full of ``data:``, and memory is bounded."""


def _edition(services: Iterable[Service], lists: Iterable[FilterList]) -> str:
    rules = [asdict(service) for service in services]
    return json.dumps([rules, [one.digest for one in lists]], sort_keys=True)


def _described(what: str, fact: wide.Fact | None) -> Match | None:
    if fact is None:
        return None
    return Match(None, fact.purpose, f"{what} {fact.pattern}, said to be of {fact.whose}", holds=False)
