"""What the guard in a visitor's page knows, and the tag that carries guard and knowledge into the page.

The knowledge is about a thousand host names, which as text would outweigh the guard three times over. So each *place*
(``example.com``, ``example.com/tr``, ``/acme/collect`` on the site's own host, ``*/2/httpapi`` for an ending of a path
there) is a digest of 42 bits. With 1,000 places held, one look-up in four thousand million is held by mistake: a site
that calls a hundred hosts would have to be run ten million times to see it once. Names of cookies and storage keys stay
text: they are short, and have wildcards.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import NamedTuple, Protocol

from .digests import encoded, outlined

_MOST_CARRIED = 40


class HeldService(Protocol):
    """What there is to know of one held service; patterns as in ``proxy.rules.model.Service``."""

    @property
    def hosts(self) -> Sequence[str]:
        """Host patterns, each with an optional path prefix."""

    @property
    def paths(self) -> Sequence[str]:
        """Path prefixes on the site's own host; ``*/…`` is an ending that may follow any prefix."""

    @property
    def cookies(self) -> Sequence[str]:
        """Cookie names with ``*`` as wildcard."""

    @property
    def storage(self) -> Sequence[str]:
        """Names of storage keys and databases with ``*`` as wildcard."""

    @property
    def id(self) -> str:
        """The service's id, by which held markup names it."""


class GuardFacts(Protocol):
    """Everything that is held for one visitor."""

    def __hash__(self) -> int:
        """What is made of the same facts is made once."""

    @property
    def services(self) -> Sequence[HeldService]:
        """The held services."""

    @property
    def granted(self) -> Sequence[str]:
        """Purposes that a released service is told of; empty where there is none."""

    @property
    def counts(self) -> bool:
        """Whether what the visitor looks at may be counted."""

    @property
    def free_cookies(self) -> Sequence[str]:
        """Cookie names that are not held though a held pattern covers them."""

    @property
    def free_storage(self) -> Sequence[str]:
        """The same of storage keys."""


class Listed(NamedTuple):
    """What a page is told of the owner's lists; see :class:`~.lists.Lists`."""

    path: str = ""
    """What the guard puts before a host to ask about it; empty: it asks nobody."""
    judged: str = ""
    """What the lists say of some hosts: for each a digest of 24 bits in four letters, and 1 if it is held."""


NO_LISTS = Listed()


@dataclass(frozen=True, slots=True)
class GuardConfig:
    """The guard's configuration for one visitor.

    *exempt* are host patterns that are not held though they lie below one that is (a released
    ``maps.example.com`` under a held ``example.com``). *ask* says that the visitor has still to answer: only then are
    held calls kept in the page's memory for the case that they agree. *links* are the link parameters in the page's own
    address that are held: scripts don't get to see them. *unsure* has the guard ask where the visitor stands, since the
    request for the page could not say it; they are asked only if they have still to answer. *carried* are the held
    cookies that came with the request: a guard with an outline need not look them up. *lists* is what the
    guard is told of the owner's lists.
    """

    prefix: str
    facts: GuardFacts
    exempt: tuple[str, ...] = ()
    ask: bool = True
    links: tuple[str, ...] = ()
    unsure: bool = False
    carried: tuple[str, ...] = ()
    lists: Listed = NO_LISTS

    def value(self) -> dict[str, object]:
        """The configuration as the guard reads it; the ``guard`` member of an answer to a choice."""
        services = self.facts.services
        return {
            **self._without_names(),
            "cookies": _lines(name for service in services for name in service.cookies),
            "storage": _lines(name for service in services for name in service.storage),
            **({"freeCookies": _lines(self.facts.free_cookies)} if self.facts.free_cookies else {}),
            **({"freeStorage": _lines(self.facts.free_storage)} if self.facts.free_storage else {}),
        }

    def _without_names(self) -> dict[str, object]:
        """All but the names of cookies and storage keys."""
        places, exempt, has_paths = _known(self.facts, self.exempt)
        return {
            "prefix": self.prefix,
            "places": places,
            "exempt": exempt,
            "paths": has_paths,
            "ask": self.ask,
            **({"granted": list(self.facts.granted)} if self.facts.granted else {}),
            **({"counts": True} if self.facts.counts else {}),
            **({"links": list(self.links)} if self.links else {}),
            **({"unsure": True} if self.unsure else {}),
            **({"lists": self.lists} if any(self.lists) else {}),
        }

    def outlined(self) -> dict[str, object]:
        """The configuration with an outline in the place of most of it, for a guard that brings the rest from a file.

        The outline has 18 bits for each host below which something is held, and for each name of a cookie or a storage
        key. For each pattern of names it has what the pattern begins with, and the first characters of that. Its *no*
        is certain. Its *yes* is wrong once in some hundreds of look-ups, and then the file says what is true.
        """
        paths, outline = _outline(self.facts)
        return {
            **self._without_names(),
            "places": paths,
            "exempt": encoded(()),
            **({"carried": list(self.carried[:_MOST_CARRIED])} if self.carried else {}),
            "outline": outline,
        }


@lru_cache(64)
def _known(facts: GuardFacts, exempt: tuple[str, ...]) -> tuple[str, str, bool]:
    """The places that are held, those that are exempt, and whether any is a path of the site's own: 4 ms of digests."""
    places = {_place(host) for service in facts.services for host in service.hosts}
    paths = {_path(path) for service in facts.services for path in service.paths}
    # "host/" says that a host has places below it, which saves the guard most look-ups.
    above = {f"{place.partition('/')[0]}/" for place in (*places, *map(_place, exempt)) if "/" in place}
    return encoded(places | paths | above), encoded({_place(host) for host in exempt}), bool(paths)


@lru_cache(64)
def _outline(facts: GuardFacts) -> tuple[str, dict[str, object]]:
    """What :meth:`GuardConfig.outlined` says of paths, and of hosts and names: 8 ms of digests."""
    paths = {_path(path) for service in facts.services for path in service.paths}
    hosts = {_place(host).partition("/")[0] for service in facts.services for host in service.hosts}
    names = {name for service in facts.services for name in (*service.cookies, *service.storage)}
    beginnings = {name.partition("*")[0] for name in names if "*" in name}
    lengths = {len(beginning) for beginning in beginnings} or {0}
    heads = {f"{beginning[: min(lengths)]}?" for beginning in beginnings}
    exact = {name for name in names if "*" not in name}
    outline = {
        "hosts": outlined(hosts),
        "names": outlined(exact | heads | {f"{beginning}*" for beginning in beginnings}),
        "shortest": min(lengths),
        "longest": max(lengths),
    }
    return encoded(paths), outline


def guard_tag(
    config: GuardConfig,
    *,
    nonce: str | None = None,
    file: str = "",
    outline: bool = False,
    marks: Collection[str] = (),
) -> bytes:
    """The element that goes first into ``<head>``, as ASCII.

    *nonce* is that of the site's own policy. *file* is the path of the file that later pages name instead: the guard
    fetches it while the page is idle. With *outline* the element has an outline of what is known, and the guard brings
    the rest from there when somebody asks for it. *marks* are what the guard is to do: ``tell`` which hosts the page's
    scripts asked for, say that the page is looked at (``view``), bring the visitor's choice back (``again="…"``).
    """
    mark = f' nonce="{escape(nonce)}"' if nonce else ""
    opening = f"<script{marked(marks)}{mark}>".encode("ascii", "xmlcharrefreplace")
    return opening + guard_script(config, file=file, outline=outline) + b"</script>"


def marked(marks: Collection[str]) -> str:
    """*marks* as attributes of the guard's element."""
    return "".join(f" data-{mark}" for mark in marks)


@lru_cache(128)
def guard_script(config: GuardConfig, *, file: str = "", outline: bool = False) -> bytes:
    """The guard with its configuration: the text of an inline script, as for :func:`guard_tag`."""
    value = config.outlined() if outline else config.value()
    if file:
        value["file"] = file
    arguments = [_literal(value)] if outline else [_literal(value), b"0", _rest()]
    return b"!" + _guard() + b"(" + b",".join(arguments) + b")"


def guard_file(config: GuardConfig, sheet: str) -> bytes:
    """The text of the guard's file, which begins the guard, or gives what it knows to one that has begun (file.js).

    *sheet* is the notice's style, which the guard brings.
    """
    arguments = b",".join((_literal(config.value()), _literal(sheet), _rest()))
    return b"(globalThis.document?.currentScript?.hb??" + _guard() + b")(" + arguments + b")"


def _guard() -> bytes:
    """What a page needs at once, as a function.

    A page's own ``var self`` takes the place of the browser's, so that the guard keeps the one that it began with.
    """
    return b"function HOLDBACK(HELD,SHEET,REST,self=globalThis){" + _built("guard.min.js") + b"}"


@lru_cache
def _rest() -> bytes:
    """What can wait, as a function that makes it.

    The build is a module: what it exports is what the function returns.
    """
    code, exports = _built("rest.min.js").rsplit(b"export{", 1)
    names = (one.split(b" as ") for one in exports.rstrip(b";}").split(b","))
    return (
        b"function(PARTS,self){"
        + code
        + b"return{"
        + b",".join(b":".join(one[::-1]) for one in names)
        + b"}}"
    )


def _literal(value: object) -> bytes:
    # "<" can't end the script from inside a JSON string, nor begin a comment in it.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").encode("ascii")


@lru_cache
def _built(name: str) -> bytes:
    code = (Path(__file__).parents[1] / "static" / name).read_bytes().strip()
    # Only template literals have line ends here. The page's lines keep their numbers, which errors and reports name.
    return code.replace(b"\n", b"\\n")


def _place(host: str) -> str:
    """A host pattern as the guard looks it up: lower-case, without wildcard, the path kept without its last slash."""
    name, slash, path = host.removeprefix("*.").partition("/")
    return f"{name.lower().rstrip('.')}{slash}{path}".rstrip("/")


def _path(path: str) -> str:
    return path.rstrip("/") or "/"


def _lines(names: Iterable[str]) -> str:
    return "\n".join(sorted(set(names)))
