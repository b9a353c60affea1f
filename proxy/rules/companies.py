"""Companies for advertising and measurement that are nothing else to a site: each of their hosts was looked at.

They are services like the curated ones, but for all that is known of them: a host, a purpose and a name. Companies that
are curated too only add hosts to what is known there.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from . import wide
from .guard_facts import split_pattern
from .matchers import HostTable
from .model import Purpose, Service

_HOSTS = Path(__file__).parent / "data" / "tracker-hosts.tsv"


@cache
def with_companies(curated: tuple[Service, ...]) -> tuple[tuple[Service, ...], frozenset[str]]:
    """The *curated* services and the companies, by id; and the ids of those that are companies alone."""
    services = {service.id: service for service in curated}
    named = {(service.name.casefold(), service.purpose): service.id for service in curated}
    known = HostTable((host, host) for service in curated for host in service.hosts)
    alone: dict[str, Service] = {}
    for (name, purpose), hosts in _grouped(wide.read(_HOSTS), known).items():
        same = named.get((name.casefold(), purpose))
        if same is not None:
            services[same] = replace(services[same], hosts=(*services[same].hosts, *hosts))
            continue
        id_ = _slug(name)
        if id_ in services or id_ in alone:
            id_ = f"{id_}-{purpose}"
        alone[id_] = Service(id_, name, purpose, name, hosts, sources=("the hosts of tracker-hosts.tsv",))
    return tuple(sorted([*services.values(), *alone.values()], key=lambda one: one.id)), frozenset(alone)


def _grouped(facts: Iterable[wide.Fact], known: HostTable[str]) -> dict[tuple[str, Purpose], tuple[str, ...]]:
    """The hosts of each company and purpose that are not *known* already."""
    hosts: dict[tuple[str, Purpose], tuple[str, ...]] = {}
    for fact in _unknown(facts, known):
        key = fact.whose, fact.purpose
        hosts[key] = (*hosts.get(key, ()), fact.pattern)
    return hosts


def _unknown(facts: Iterable[wide.Fact], known: HostTable[str]) -> Iterator[wide.Fact]:
    return (fact for fact in facts if known.find(*split_pattern(fact.pattern)) is None)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
