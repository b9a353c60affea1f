"""The wide facts: many names and hosts from public collections. They describe; only :func:`tracker` holds.

A collection of that size has names in it that sites need (``sessionid`` under marketing), patterns that are far too
wide (``_s*``), and among its advertisers newspapers, portals and sign-in pages. So what it says is for reports and for
whoever classifies; see ``build_wide.py`` for how it is made. What holds was looked at host by host
(``data/tracker-hosts.tsv``): companies for advertising and measurement that are nothing else to a site.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .matchers import HostTable, NameTable
from .model import Purpose

_DATA = Path(__file__).parent / "data"


class Fact(NamedTuple):
    """One line: the pattern, what it is for, and whose it is said to be."""

    pattern: str
    purpose: Purpose
    whose: str


def cookie(name: str) -> Fact | None:
    """What is said of a cookie called *name*."""
    return _cookies().find(name)


def address(host: str, path: str) -> Fact | None:
    """What is said of *host* (lower-case ASCII)."""
    return _hosts().find(host, path)


def tracker(host: str, path: str, own_host: str) -> Fact | None:
    """The company for advertising or measurement that *host* (lower-case ASCII) with *path* belongs to.

    None on a page of its own: *own_host* is the page's, without a port.
    """
    fact = _trackers().find(host, path)
    return None if fact is None or fact is _trackers().find(own_host, path) else fact


def trackers() -> Iterator[Fact]:
    """Everything that :func:`tracker` knows."""
    return iter(_trackers_listed())


def has_trackers(host: str) -> bool:
    """Whether :func:`tracker` may know any path on *host*."""
    return _trackers().knows(host)


@cache
def tracker_digest() -> str:
    """SHA-256 (hex) of what :func:`tracker` knows."""
    return hashlib.sha256((_DATA / "tracker-hosts.tsv").read_bytes()).hexdigest()


@cache
def _trackers() -> HostTable[Fact]:
    return HostTable((fact.pattern, fact) for fact in _trackers_listed())


@cache
def _trackers_listed() -> list[Fact]:
    return _read(_DATA / "tracker-hosts.tsv")


@cache
def _cookies() -> NameTable[Fact]:
    return NameTable((fact.pattern, fact) for fact in _read(_DATA / "wide-cookies.tsv"))


@cache
def _hosts() -> HostTable[Fact]:
    return HostTable((fact.pattern, fact) for fact in _read(_DATA / "wide-hosts.tsv"))


def _read(file: Path) -> list[Fact]:
    purposes = {str(purpose): purpose for purpose in Purpose}
    lines = (line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [Fact(pattern, purposes[purpose], whose) for pattern, purpose, whose in lines]
