"""The notice: what the visitor is shown, under which hash it is kept, and how it gets into a page.

A notice exists once for each language, regime and state of the GPC signal (and, where the owner gave the site no
name, for each host). Its hash is that of the whole text that a visitor can reach: the first layer in the page and the
second, which lists every service. All that differs between visitors is filled into slots of the finished markup, which
is cheap enough for every page.

What the guard may rely on inside the closed shadow root: ``section[data-state]`` is ``none``, ``some`` or ``all`` and
``.s`` holds the words for it; ``details.n`` is the notice, closed or open; ``form#f`` is the one form, its boxes are
``input[name=purpose]``, and every button that submits it is ``button[name=action]``.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Protocol

from markupsafe import Markup

from ..proxy.rules.model import ASKED, Purpose, Regime, Released, Service
from .languages import LANGUAGES, negotiate
from .second_layer import SecondLayer
from .signed import Choice, bare_host
from .site import SiteInfo
from .templating import environment, stylesheet

_SLOT = re.compile("\0([a-z_]+)\0")


class Known(Protocol):
    """What the notice needs of the rulebook."""

    @property
    def services(self) -> Mapping[str, Service]:
        """Every service by its id."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as it is shown. ``html`` is the exact text behind ``hash``; ``listed`` are the services in it."""

    hash: str
    html: bytes
    language: str
    regime: Regime
    gpc: bool
    edition: str
    listed: frozenset[str]
    second: SecondLayer
    site: str
    _first: tuple[str, ...]
    _labels: Mapping[str, str]

    def status(self, state: Released) -> str:
        """``none``, ``some`` or ``all``: how much of what this notice lists is released."""
        allowed = len(self.listed & state.services)
        if not allowed:
            return "none"
        return "all" if allowed == len(self.listed) else "some"

    def label(self, state: Released) -> str:
        """The same in the notice's language."""
        return self._labels[self.status(state)]

    def fragment(
        self,
        *,
        action: str,
        token: str,
        state: Released,
        open: bool,
        nonce: str | None = None,
    ) -> bytes:
        """The first layer as markup for a page's body: ASCII, so that it is right in every charset.

        *action* is the absolute address of ``…/choice`` (a page's ``<base>`` must not send a choice elsewhere). *open*
        shows the notice; otherwise only the control that opens it. *nonce* is the site policy's, for the style.

        Nothing of the request is in it. What a visitor's address says, compressed beside a secret of the site's, would
        tell the secret by its length (BREACH); and a page that was seen before is the same for all who may see it.
        """
        values = {
            "action": action,
            "choices": f"{action.removesuffix('/choice')}/choices",
            "label": self.label(state),
            "nonce": "",
            "open": "",
            "origin": "/".join(action.split("/", 3)[:3]),
            "site": self.site,
            "status": self.status(state),
            "token": token,
        }
        escaped = {name: escape(value) for name, value in values.items()}
        escaped["open"] = " open" if open else ""
        escaped["nonce"] = f' nonce="{escape(nonce)}"' if nonce else ""
        for purpose in ASKED:
            escaped[f"on_{purpose}"] = " checked" if purpose in state.purposes else ""
        return _filled(self._first, escaped).encode("ascii", "xmlcharrefreplace")


class Notices:
    """Every notice that this proxy can show."""

    def __init__(self, site: SiteInfo, rulebook: Known, prefix: str = "/_hb") -> None:
        self._site = site
        self._services = rulebook.services
        self._prefix = prefix
        self.listed = frozenset(
            service.id for service in self._services.values() if service.purpose is not Purpose.NECESSARY
        )
        self.edition = _edition(site, self._services)
        self._text = lru_cache(maxsize=None)(self._render)
        self._notice = lru_cache(maxsize=256)(self._of_host)

    def negotiate(self, accepted: bytes) -> str:
        """The language for an ``Accept-Language`` value."""
        return negotiate(accepted)

    def pick(self, language: str, regime: Regime, gpc: bool, host: str) -> Notice:
        """The notice for a visitor of *host*, which names the site where the owner gave it no name."""
        name = self._site.name or bare_host(host)
        return self._notice(language if language in LANGUAGES else LANGUAGES[0], regime, gpc, name)

    def all(self, host: str) -> list[Notice]:
        """Every variant for *host*: what a lint reads, and what is kept before the first visitor comes."""
        return [
            self.pick(language, regime, gpc, host)
            for language in LANGUAGES
            for regime in Regime
            for gpc in (False, True)
        ]

    def due(self, choice: Choice | None) -> bool:
        """Whether the visitor is to be asked: there is no choice, or what is asked about has changed since.

        A new service among hundreds of curated ones is held without a question; one that the owner declared, another
        purpose or another controller is a material change.
        """
        return choice is None or choice.edition != self.edition

    def _of_host(self, language: str, regime: Regime, gpc: bool, name: str) -> Notice:
        made = self._text(language, regime, gpc)
        html = _filled(made.whole, {"site": escape(name)}).encode()
        return Notice(
            hash=hashlib.sha256(html).hexdigest(),
            html=html,
            language=language,
            regime=regime,
            gpc=gpc,
            edition=self.edition,
            listed=self.listed,
            second=made.second,
            site=name,
            _first=made.first,
            _labels=made.second.states,
        )

    def _render(self, language: str, regime: Regime, gpc: bool) -> "_Text":
        second = SecondLayer(self._site, self._services, language, regime, gpc)
        policy = self._site.privacy_policy
        markup = (
            environment(language)
            .get_template("fragment.html")
            .render(
                site=_slot("site"),
                regime=regime.value,
                gpc=gpc,
                css=stylesheet("notice.css"),
                slot=_slot,
                policy=_slot("origin") + policy if policy.startswith("/") else policy,
                counted=[(group.purpose.value, len(group.services)) for group in second.asked],
            )
        )
        first = _pieces("".join(line.strip() for line in markup.splitlines()))
        address = f"{self._prefix}/choice"
        page = second.render(site=_slot("site"), action=address, token="", return_path="/", state=Released())
        blank = dict.fromkeys(first[1::2], "") | {
            "action": address,
            "choices": f"{self._prefix}/choices",
            "label": second.states["none"],
            "open": " open",
            "return": "/",
            "site": _slot("site"),
            "status": "none",
        }
        return _Text(first, _pieces(page.replace("</body>", f"{_filled(first, blank)}\n</body>")), second)


@dataclass(frozen=True, slots=True)
class _Text:
    """What is rendered once for all hosts: the first layer, and both layers as they are kept."""

    first: tuple[str, ...]
    whole: tuple[str, ...]
    second: SecondLayer


def _slot(name: str) -> Markup:
    """A place in finished markup. No text that comes from outside can hold a NUL: TOML and HTTP forbid it."""
    return Markup(f"\0{name}\0")  # noqa: S704


def _pieces(markup: str) -> tuple[str, ...]:
    """Literal text and the names of slots, by turns."""
    return tuple(_SLOT.split(markup))


def _filled(pieces: tuple[str, ...], values: Mapping[str, str]) -> str:
    return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _edition(site: SiteInfo, services: Mapping[str, Service]) -> str:
    """A short hash of what makes asking again material: controller, purposes, declared services."""
    declared = [
        [service, services[service].purpose] for service in sorted(site.declared) if service in services
    ]
    asked = [purpose for purpose in ASKED if any(service.purpose is purpose for service in services.values())]
    return hashlib.sha256(json.dumps([site.name, asked, declared]).encode()).hexdigest()[:16]
