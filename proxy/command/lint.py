"""What ``holdback check`` finds in the settings.

A fault is something by which visitors are asked wrongly, or not held back as the owner means; a warning is
something that the owner has to know. ``rule`` names the check (C01 to C38) that a finding belongs to, where it
belongs to one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Literal

import maxminddb

from ..rules.catalogue import curated
from ..rules.model import Purpose
from ..rules.rulebook import Rulebook
from ..settings.model import Settings
from ..settings.tables import DeclaredService

_HALF_A_YEAR = 180
_THIRTEEN_MONTHS = 395
_BLOCKED_WORDS = re.compile("cookie|consent|gdpr|banner", re.IGNORECASE)
_WHAT_HOLDS = ("hosts", "paths", "cookies", "storage", "scripts")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: its weight, the key or place, and one sentence."""

    level: Literal["fault", "warning"]
    where: str
    sentence: str
    rule: str = ""


fault = partial(Finding, "fault")
warning = partial(Finding, "warning")


def settings_findings(settings: Settings) -> list[Finding]:
    """Everything that can be said of *settings* without a visitor."""
    return [
        *_site(settings),
        *_network(settings),
        *_choices(settings),
        *(
            finding
            for number, service in enumerate(settings.service, 1)
            for finding in _service(number, service)
        ),
    ]


def site_warnings(settings: Settings) -> list[str]:
    """What ``serve`` says of ``[site]`` when it starts."""
    return [finding.sentence for finding in _site(settings)]


def _site(settings: Settings) -> Iterator[Finding]:
    missing = [
        words
        for words, value in (
            ("a controller (site.name)", settings.site.name),
            ("a privacy policy (site.privacy_policy)", settings.site.privacy_policy),
        )
        if not value
    ]
    if missing:
        yield warning(
            "site",
            f"{' and '.join(missing).capitalize()} {'are' if len(missing) > 1 else 'is'} missing: the notice names "
            "the host instead, and every record says so.",
            "C13",
        )


def _network(settings: Settings) -> Iterator[Finding]:
    if settings.region_header and not settings.trusted_hops:
        yield fault(
            "region_header",
            "region_header is only believed from trusted_hops, and there are none: every visitor's country is unknown.",
            "C32",
        )
    if settings.geo_database is not None:
        try:
            maxminddb.open_database(settings.geo_database).close()
        except (OSError, ValueError, maxminddb.InvalidDatabaseError):
            yield fault(
                "geo_database",
                f"{settings.geo_database} can't be read as an MMDB file: every visitor gets the strictest regime.",
                "C32",
            )
    if not _is_loopback(settings.listen_host) and settings.scheme == "http" and not settings.trusted_hops:
        yield warning(
            "listen",
            "Visitors reach this address without TLS: give tls_certificate and tls_key, or name the proxy that ends "
            "TLS in trusted_hops.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _choices(settings: Settings) -> Iterator[Finding]:
    if settings.choice_days < _HALF_A_YEAR:
        yield fault(
            "choice_days",
            f"A refusal would be asked again after {settings.choice_days} days: Italy's and France's authorities want "
            f"{_HALF_A_YEAR} or more.",
            "C19",
        )
    if settings.choice_days > _THIRTEEN_MONTHS:
        yield warning(
            "choice_days",
            f"A grant would stand for {settings.choice_days} days: {_THIRTEEN_MONTHS} is the most that is commonly "
            "accepted.",
            "C20",
        )
    if word := _BLOCKED_WORDS.search(settings.prefix):
        yield fault(
            "prefix",
            f'Blockers hide what has "{word[0]}" in its address: visitors would not be asked.',
            "C05",
        )


def _service(number: int, service: DeclaredService) -> Iterator[Finding]:
    where = f"service[{number}]"
    said = service.service()
    if said.purpose is Purpose.NECESSARY:
        yield from _necessary(where, service)
        return
    if not any(getattr(service, key) for key in _WHAT_HOLDS):
        yield fault(
            where, f"{service.name} has none of {', '.join(_WHAT_HOLDS)}: nothing of it can be held.", "C03"
        )
    if service.cookies and not service.retention:
        yield warning(where, f"{service.name} sets cookies, and retention does not say for how long.", "C14")
    if not service.vendor:
        yield warning(
            where, f"{service.name} has no vendor: the notice can't say who receives the data.", "C13"
        )


def _necessary(where: str, service: DeclaredService) -> Iterator[Finding]:
    said = service.service()
    rulebook = Rulebook.load([])
    below = {
        match.service.id
        for host in said.hosts
        if (match := rulebook.url(f"https://{host.removeprefix('*.')}", own_host="")) and match.service
    }
    for known in curated():
        same = known.id == said.id or known.name.casefold() == said.name.casefold()
        shared = set(known.cookies) & set(said.cookies) or known.id in below
        if known.purpose is not Purpose.NECESSARY and (same or shared):
            yield fault(
                where,
                f"{service.name} is declared necessary, but what it names is known as {known.name}, which is for "
                f"{known.purpose}: it would run and keep cookies without being asked about.",
                "C01",
            )
            return
