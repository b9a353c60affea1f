"""The wide facts: many names and hosts from public collections. They describe, and hold nothing.

A collection of that size has names in it that sites need (``sessionid`` under marketing), patterns that are far too
wide (``_s*``), and among its advertisers newspapers, portals and sign-in pages. So what it says is for reports and for
whoever classifies; see ``build_wide.py`` for how it is made. What of it holds was looked at host by host:
:mod:`.companies`.
"""

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


@cache
def _cookies() -> NameTable[Fact]:
    return NameTable((fact.pattern, fact) for fact in read(_DATA / "wide-cookies.tsv"))


@cache
def _hosts() -> HostTable[Fact]:
    return HostTable((fact.pattern, fact) for fact in read(_DATA / "wide-hosts.tsv"))


def read(file: Path) -> list[Fact]:
    """The facts in a file of this kind."""
    purposes = {str(purpose): purpose for purpose in Purpose}
    lines = (line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [Fact(pattern, purposes[purpose], whose) for pattern, purpose, whose in lines]
