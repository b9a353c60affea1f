"""The guard as a file: the same for all for whom the same is held, so that a browser fetches it once.

Its name is that of its content, so it may be kept for ever. The first page of a visit has the guard inside and fetches
the file while it is idle; later pages name the file. What differs from page to page stands beside the name.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Protocol

from ...proxy.rules.guard_facts import GuardFacts
from ...proxy.rules.model import Released
from ..notice.notice import STYLE
from .config import NO_LISTS, GuardConfig, Listed, guard_file, marked

_MISSING = (
    b"(s=>{let p=s.previousElementSibling;s.remove();p?.dataset.here&&(stop(),"
    b"performance.getEntriesByType('navigation')[0]?.type=='reload'||location.reload())})(document.currentScript)"
)
"""Runs behind the file's element, which the guard takes away. Where that is still there, there is no guard: nothing of
the page may run, and reloading brings a page with the guard inside. A browser whose reload brought the file again shows
an empty page rather than reload for ever."""


class Facts(Protocol):
    """What is needed of the rulebook."""

    def guard_facts(self, released: Released) -> GuardFacts:
        """What the guard needs of everything that is held for a visitor with *released*."""


@dataclass(frozen=True, slots=True)
class GuardFile:
    """One file: its path, with the prefix, and its text."""

    path: str
    code: bytes


class GuardFiles:
    """The files that there are, by what is released for a visitor."""

    def __init__(self, prefix: str, rulebook: Facts) -> None:
        self._prefix = prefix
        self._rulebook = rulebook
        self.of = lru_cache(64)(self._made)
        self.sheet = f"{prefix}/notice-{hashlib.sha256(STYLE.encode()).hexdigest()[:16]}.css"
        """The path of the notice's style, for visitors without JavaScript."""

    def _made(self, released: Released) -> GuardFile:
        facts = self._rulebook.guard_facts(released)
        code = guard_file(GuardConfig(self._prefix, facts, facts.exempt, ask=False), STYLE)
        return GuardFile(f"{self._prefix}/guard-{hashlib.sha256(code).hexdigest()[:16]}.js", code)

    def tag(
        self,
        released: Released,
        *,
        ask: bool,
        links: tuple[str, ...],
        nonce: str | None,
        marks: Collection[str] = (),
        lists: Listed = NO_LISTS,
    ) -> bytes:
        """The elements that go first into ``<head>``, as ASCII: the file, and what runs if it could not be had.

        *nonce* and *marks* are as for :func:`.config.guard_tag`, the others as in :class:`.config.GuardConfig`.
        """
        here = {
            "ask": ask,
            **({"links": list(links)} if links else {}),
            **({"lists": lists} if any(lists) else {}),
        }
        mark = f' nonce="{escape(nonce)}"' if nonce else ""
        told = escape(json.dumps(here, separators=(",", ":")))
        about = f'data-here="{told}"{marked(marks)}{mark}'
        file = f'<script src="{escape(self.of(released).path)}" {about}></script><script{mark}>'
        return file.encode("ascii", "xmlcharrefreplace") + _MISSING + b"</script>"
