"""Which attributes make a browser fetch or run something without the visitor, and what is done to them.

Links and forms are the visitor's own acts and stay as they are. Everything that fires by itself is asked about. Where
it is held, the attribute is renamed from ``X`` to ``data-hb-X``, and its value stays. The element gets ``data-hb`` with
the services, so that the guard can undo it when they are released. A preload loses its ``rel`` with its address.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..reading import passing
from ..reading.attributes import Attribute
from .judge import Judge
from .live import LiveValue, live
from .styles import may_fetch

_IDLE_RELS = frozenset(
    b"alternate author bookmark canonical edituri external help license me nofollow noopener noreferrer pingback "
    b"privacy-policy profile publisher search self shortlink tag terms-of-service webmention wlwmanifest".split()
)
"""What a ``<link>`` can be that a browser does not fetch. Of any other relation it is assumed that it does."""


@dataclass(slots=True)
class Finding:
    """What is held about one start tag."""

    services: list[str] = field(default_factory=list)
    renamed: list[Attribute] = field(default_factory=list)

    def add(self, services: Iterable[str]) -> None:
        """Note services, each once."""
        self.services += [service for service in services if service not in self.services]


def inspect(judge: Judge, element: bytes, found: list[Attribute], *, foreign: bool) -> Finding:
    """What of a start tag is held. ``srcdoc`` is not looked at here, nor is an element's content."""
    finding = Finding()
    for attribute in found:
        kind = live(element, attribute.name, foreign=foreign)
        if kind is None:
            continue
        services = _QUESTIONS[kind](judge, attribute.value)
        if not services:
            continue
        if element == b"link" and attribute.name == b"href" and not _fetches(judge, found):
            continue
        if attribute.repeated:
            # Ignored by browsers. It is renamed where the first is, lest it take its place, or to be on the safe side.
            finding.renamed.append(attribute)
            continue
        finding.add(services)
        finding.renamed.append(attribute)
    if element == b"meta":
        _inspect_meta(judge, found, finding)
    if element == b"link" and finding.renamed:
        finding.renamed += _preloads(judge, found)
    _rename_repeated(found, finding)
    return finding


def held_in_passing(judge: Judge, kind: int, raw: bytes) -> list[str]:
    """The held services of an attribute's value or a script's text, of a kind that :mod:`..reading.passing` names."""
    if kind == passing.TEXT_OF_SCRIPT:
        return judge.code(judge.decode(raw))
    return _ASKED[kind](judge, raw)


def value_of(judge: Judge, found: list[Attribute], name: bytes) -> str | None:
    """The decoded value of the attribute called *name* that a browser goes by."""
    for attribute in found:
        if attribute.name == name:
            return judge.text(attribute.value)
    return None


def _rename_repeated(found: list[Attribute], finding: Finding) -> None:
    names = {attribute.name for attribute in finding.renamed if not attribute.repeated}
    places = {attribute.start for attribute in finding.renamed}
    finding.renamed = [
        attribute for attribute in found if attribute.name in names or attribute.start in places
    ]


def _inspect_meta(judge: Judge, found: list[Attribute], finding: Finding) -> None:
    if (value_of(judge, found, b"http-equiv") or "").strip().lower() != "refresh":
        return
    for attribute in found:
        if attribute.name == b"content" and (service := judge.refresh(judge.text(attribute.value))):
            finding.add([service])
            finding.renamed.append(attribute)
            return


def _fetches(judge: Judge, found: list[Attribute]) -> bool:
    rels = (value_of(judge, found, b"rel") or "").lower().split()
    return "stylesheet" in rels or any(rel.encode() not in _IDLE_RELS for rel in rels)


def _preloads(judge: Judge, found: list[Attribute]) -> list[Attribute]:
    """What makes a link a preload: browsers warn of one without an address."""
    return [
        attribute
        for attribute in found
        if attribute.name == b"rel" and "preload" in judge.text(attribute.value).lower()
    ]


def _url(judge: Judge, raw: bytes) -> list[str]:
    service = judge.url(judge.text(raw)) if judge.may_be_held(raw) else None
    return [service] if service else []


def _urls(judge: Judge, raw: bytes) -> list[str]:
    return judge.urls(judge.text(raw).split()) if judge.may_be_held(raw) else []


def _animation(judge: Judge, raw: bytes) -> list[str]:
    return judge.urls(judge.text(raw).split(";")) if judge.may_be_held(raw) else []


def _srcset(judge: Judge, raw: bytes) -> list[str]:
    return judge.srcset(judge.text(raw)) if judge.may_be_held(raw) else []


def _css(judge: Judge, raw: bytes) -> list[str]:
    return judge.css(judge.text(raw)) if b"&" in raw or may_fetch(raw) else []


def _code(judge: Judge, raw: bytes) -> list[str]:
    return judge.code(judge.text(raw))


_QUESTIONS: dict[LiveValue, Callable[[Judge, bytes], list[str]]] = {
    LiveValue.URL: _url,
    LiveValue.URLS: _urls,
    LiveValue.ANIMATION: _animation,
    LiveValue.SRCSET: _srcset,
    LiveValue.CSS: _css,
    LiveValue.CODE: _code,
}

_ASKED = {passing.ADDRESS: _url, passing.ADDRESSES: _srcset, passing.CSS: _css, passing.CODE: _code}
