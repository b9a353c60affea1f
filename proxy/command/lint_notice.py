"""What ``holdback check`` finds in the notice, in every language, regime and state of the GPC signal.

The text is read as a browser would read it, so that the check holds for the markup that visitors get and not for
the template that it is made from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from ...banner.notice.listing import Listing
from ...banner.notice.notice import Notice, Notices
from ...banner.notice.site import SiteInfo
from ..rules.model import ASKED, Released
from ..rules.rulebook import Rulebook
from ..settings.model import Settings
from .lint import Finding, fault

_HOST = "site.example"
_ACTIONS = ("accept-all", "reject-all")
# EDPB Guidelines 03/2022, "emotional steering" and "ambiguous wording". The words of the translations are their
# translators' to add: a check that knows no language reports nothing in it.
_STEERING = {
    "en": (
        "improve your experience",
        "enhance your experience",
        "we value your privacy",
        "unfortunately",
        "love",
    ),
    "de": ("ihr erlebnis verbessern", "ihre privatsphäre ist uns wichtig", "leider"),
    "fr": ("améliorer votre expérience", "votre vie privée nous tient à cœur", "malheureusement"),
}


@dataclass
class _Read(HTMLParser):
    """The controls and the words of a piece of markup, once it was fed."""

    language: str = ""
    buttons: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    boxes: list[dict[str, str | None]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _silent: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._silent = tag in ("style", "script")
        self.language = self.language or given.get("lang") or ""
        if given.get("name") == "action":
            kinds = self.buttons.setdefault(given.get("value") or "", set())
            kinds.add((tag, given.get("class") or ""))
        if given.get("type") == "checkbox":
            self.boxes.append(given)
        if tag == "a":
            self.links.append(given.get("href") or "")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @cached_property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words)).casefold()


def notice_findings(settings: Settings) -> list[Finding]:
    """Every finding of every variant of the notice, each once."""
    rulebook = Rulebook.load(settings.declared_services())
    site = SiteInfo(
        settings.site.name,
        settings.site.privacy_policy,
        settings.site.contact,
        declared=(*rulebook.declared, *settings.site.uses, *_one_of_each(rulebook)),
    )
    notices = Notices(site, rulebook, Listing(site, rulebook.services), settings.prefix)
    found: dict[Finding, None] = {}
    for notice in notices.all(_HOST):
        found.update(dict.fromkeys(_variant(settings, rulebook, notice)))
    return list(found)


def _one_of_each(rulebook: Rulebook) -> list[str]:
    """The id of a known service for each purpose: what a site turns out to use is listed like these."""
    return [
        next(id_ for id_, service in rulebook.services.items() if service.purpose is purpose)
        for purpose in ASKED
    ]


def _variant(settings: Settings, rulebook: Rulebook, notice: Notice) -> Iterator[Finding]:
    where = f"notice ({notice.language})"
    first = _read(_first_layer(settings, notice))
    whole = _read(notice.html)
    yield from _equal_answers(where, first)
    yield from _nothing_ticked(where, first, whole)
    if not any(f"{settings.prefix}/choices" in link for link in first.links):
        yield fault(where, "The first layer does not lead to the list of services.", "C13")
    unlisted = [service.name for id_, service in rulebook.services.items() if id_ in notice.listed]
    missing = [name for name in unlisted if name.casefold() not in whole.text]
    if missing:
        yield fault(
            where, f"{len(missing)} services are asked for and not listed, {missing[0]} among them.", "C13"
        )
    if settings.site.privacy_policy and not any(settings.site.privacy_policy in link for link in first.links):
        yield fault(where, "The first layer does not lead to the privacy policy.", "C13")
    if whole.language.partition("-")[0] != notice.language.partition("-")[0]:
        yield fault(where, f'The notice does not say its language (it says "{whole.language}").', "C22")
    for words in _STEERING.get(notice.language.partition("-")[0], ()):
        if re.search(rf"\b{re.escape(words)}\b", first.text):
            yield fault(where, f'The first layer steers: it says "{words}".', "C23")


def _first_layer(settings: Settings, notice: Notice) -> bytes:
    action = f"https://{_HOST}{settings.prefix}/choice"
    return notice.fragment(action=action, token="", state=Released(), open=True)


def _read(markup: bytes) -> _Read:
    reader = _Read()
    reader.feed(markup.decode())
    reader.close()
    return reader


def _equal_answers(where: str, first: _Read) -> Iterator[Finding]:
    accept, reject = (first.buttons.get(action, set()) for action in _ACTIONS)
    if not accept or not reject:
        yield fault(where, "The first layer does not offer both to accept and to reject everything.", "C05")
    elif not accept & reject:
        yield fault(where, "To accept and to reject are not the same kind of button.", "C05")


def _nothing_ticked(where: str, first: _Read, whole: _Read) -> Iterator[Finding]:
    for box in (*first.boxes, *whole.boxes):
        if "checked" in box and "disabled" not in box:
            yield fault(where, f'"{box.get("value")}" is ticked before the visitor did so.', "C07")
    offered = {box.get("value") for box in (*first.boxes, *whole.boxes)}
    for purpose in ASKED:
        if purpose.value not in offered:
            yield fault(where, f"The visitor can't choose {purpose.value} by itself.", "C12")
