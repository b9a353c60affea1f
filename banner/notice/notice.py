"""The notice: what the visitor is shown, under which hash it is kept, and how it gets into a page.

A notice exists once for each language, regime and state of the GPC signal (and, where the owner gave the site no
name, for each host). Its hash is that of the whole text that a visitor can reach: the first layer in the page and the
second, which lists every service. All that differs between visitors is filled into slots of the finished markup, which
is cheap enough for every page.

What the guard may rely on inside the closed shadow root: ``section[data-state]`` is ``none``, ``some`` or ``all`` and
``.s`` holds the words for it; ``details.n`` is the notice, closed or open, or ``a.o`` is a link that opens it; there is
one form, its boxes are ``input[name=purpose]``, and every button that submits it is ``button[name=action]``.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Protocol

from markupsafe import Markup

from ...proxy.rules.model import ASKED, Purpose, Regime, Released, Service
from ...store.site.editions import Edition
from ..consent.signed_choice import bare_host
from .languages import LANGUAGES, negotiate
from .listing import Listing
from .second_layer import SecondLayer
from .site import SiteInfo
from .templating import environment, stylesheet

STYLE = stylesheet("notice.css")
"""The style of the first layer."""
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
    edition: Edition
    listed: frozenset[str]
    second: SecondLayer
    site: str
    _first: tuple[str, ...]
    _control: tuple[str, ...]
    _new: tuple[str, ...]
    _labels: Mapping[str, str]

    def status(self, state: Released) -> str:
        """``none``, ``some`` or ``all``: how much of what this notice lists is released."""
        allowed, all_ = len(self.listed & state.services), len(self.listed)
        if self.second.counts_alone:
            allowed, all_ = allowed + (Purpose.ANALYTICS in state.purposes), all_ + 1
        if not allowed:
            return "none"
        return "all" if allowed == all_ else "some"

    def allowed(self, state: Released) -> tuple[Purpose, ...]:
        """The purposes that are allowed whole: a box is not ticked for what the visitor was not asked about yet."""
        return tuple(
            group.purpose
            for group in self.second.asked
            if group.purpose in state.purposes and state.services.issuperset(one.id for one in group.services)
        )

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
        answered: bool = False,
        nonce: str | None = None,
        new: Collection[str] = (),
        sheet: str = "",
    ) -> bytes:
        """The first layer as markup for a page's body: ASCII, so that it is right in every charset.

        *action* is the absolute address of ``…/choice`` (a page's ``<base>`` must not send a choice elsewhere). *open*
        shows the notice; otherwise only the control that opens it. Whoever has *answered* gets the control alone: a
        link to the second layer, which the guard makes open the notice, and the button that takes all back. *nonce* is
        the site policy's, for the style. *new* are the names of services that were added since the visitor
        answered. With *sheet*, the path of the style as a file, the guard brings the style, and shows the notice then;
        without JavaScript the file does.

        Nothing of the request is in it. What a visitor's address says, compressed beside a secret of the site's, would
        tell the secret by its length (BREACH); and a page that was seen before is the same for all who may see it.
        """
        values = {
            "action": action,
            "choices": f"{action.removesuffix('/choice')}/choices",
            "label": self.label(state),
            "hidden": "",
            "new": "",
            "open": "",
            "origin": "/".join(action.split("/", 3)[:3]),
            "site": self.site,
            "status": self.status(state),
            "token": token,
        }
        escaped = {name: escape(value) for name, value in values.items()}
        escaped["open"] = " open" if open else ""
        if new:
            escaped["new"] = _filled(self._new, {"names": escape(", ".join(new))})
        if sheet:
            escaped["style"] = (
                f'<noscript><link rel="stylesheet" href="{escape(values["origin"] + sheet)}"></noscript>'
            )
            escaped["hidden"] = " hidden"
        else:
            mark = f' nonce="{escape(nonce)}"' if nonce else ""
            escaped["style"] = f"<style{mark}>{STYLE}</style>"
        allowed = self.allowed(state)
        for purpose in ASKED:
            escaped[f"on_{purpose}"] = " checked" if purpose in allowed else ""
        return _filled(self._control if answered else self._first, escaped).encode(
            "ascii", "xmlcharrefreplace"
        )


class Notices:
    """Every notice that this proxy can show."""

    def __init__(self, site: SiteInfo, rulebook: Known, listing: Listing, prefix: str = "/_hb") -> None:
        self._site = site
        self._services = rulebook.services
        self._prefix = prefix
        self.listing = listing
        self._text = lru_cache(maxsize=256)(self._render)
        self._notice = lru_cache(maxsize=256)(self._of_host)

    def negotiate(self, accepted: bytes) -> str:
        """The language for an ``Accept-Language`` value."""
        return negotiate(accepted)

    def pick(
        self, language: str, regime: Regime, gpc: bool, host: str, edition: Edition | None = None
    ) -> Notice:
        """The notice for a visitor of *host*, which names the site where the owner gave it no name.

        It lists what *edition* does, else what the one in force does.
        """
        name = self._site.name or bare_host(host)
        known = language if language in LANGUAGES else LANGUAGES[0]
        return self._notice(known, regime, gpc, name, edition or self.listing.current)

    def all(self, host: str) -> list[Notice]:
        """Every variant for *host*: what a lint reads, and what is kept before the first visitor comes."""
        return [
            self.pick(language, regime, gpc, host)
            for language in LANGUAGES
            for regime in Regime
            for gpc in (False, True)
        ]

    def names(self, services: Collection[str]) -> tuple[str, ...]:
        """What visitors know the services of these ids by."""
        return tuple(
            sorted((self._services[id_].name for id_ in services if id_ in self._services), key=str.casefold)
        )

    def _of_host(self, language: str, regime: Regime, gpc: bool, name: str, edition: Edition) -> Notice:
        made = self._text(language, regime, gpc, edition)
        html = _filled(made.whole, {"site": escape(name)}).encode()
        return Notice(
            hash=hashlib.sha256(html).hexdigest(),
            html=html,
            language=language,
            regime=regime,
            gpc=gpc,
            edition=edition,
            listed=frozenset(service.id for group in made.second.asked for service in group.services),
            second=made.second,
            site=name,
            _first=made.first,
            _control=made.control,
            _new=made.new,
            _labels=made.second.states,
        )

    def _render(self, language: str, regime: Regime, gpc: bool, edition: Edition) -> "_Text":
        services = [self._services[service] for service in edition.services if service in self._services]
        second = SecondLayer(self._site, services, language, regime, gpc)
        policy = self._site.privacy_policy
        terms = {
            "site": _slot("site"),
            "regime": regime.value,
            "gpc": gpc,
            "alone": second.alone,
            "slot": _slot,
            "policy": _slot("origin") + policy if policy.startswith("/") else policy,
            "asked": [(group.purpose.value, [one.name for one in group.services]) for group in second.asked],
        }
        first, control = (
            _pieces("".join(line.strip() for line in markup.splitlines()))
            for markup in (
                environment(language).get_template(f"{name}.html").render(terms)
                for name in ("fragment", "control")
            )
        )
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
            "style": f"<style>{STYLE}</style>",
        }
        whole = _pieces(page.replace("</body>", f"{_filled(first, blank)}\n</body>"))
        return _Text(first, control, whole, _pieces(second.added(_slot("names"))), second)


@dataclass(frozen=True, slots=True)
class _Text:
    """What is rendered once for all hosts: the first layer, its control alone, both layers as they are kept, and the
    line on what is new."""

    first: tuple[str, ...]
    control: tuple[str, ...]
    whole: tuple[str, ...]
    new: tuple[str, ...]
    second: SecondLayer


def _slot(name: str) -> Markup:
    """A place in finished markup. No text that comes from outside can hold a NUL: TOML and HTTP forbid it."""
    return Markup(f"\0{name}\0")  # noqa: S704


def _pieces(markup: str) -> tuple[str, ...]:
    """Literal text and the names of slots, by turns."""
    return tuple(_SLOT.split(markup))


def _filled(pieces: tuple[str, ...], values: Mapping[str, str]) -> str:
    return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))
