"""What would happen to a thing that an owner has seen, and which rule says so."""

import re
from dataclasses import dataclass
from typing import Literal

from .model import Purpose, Released
from .rulebook import Match, Rulebook

type Kind = Literal["address", "path on the site's own host", "cookie", "storage key", "link parameter"]

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+(:\d+)?(/.*)?")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way to read a thing, and what the rules say of it so read.

    ``needs_body`` tells that only the body of a request shows whether it is the service's or the site's own.
    """

    thing: str
    kind: Kind
    match: Match | None
    held: bool = False
    needs_body: bool = False

    @property
    def verdict(self) -> str:
        """The same in words."""
        if self.match is None:
            return "passes: nothing is known of it"
        if not self.held:
            why = "it is necessary" if self.match.purpose is Purpose.NECESSARY else "the rule only describes"
            return f"passes: {why}"
        until = f"held until the visitor agrees to {self.match.purpose}"
        return f"{until}, where the body of the request shows that it is one" if self.needs_body else until


def explain(rulebook: Rulebook, thing: str) -> list[Explanation]:
    """Every way in which *thing* can be read: an address, a path of the site's own, a name of something.

    A visitor is assumed who has agreed to nothing.
    """
    if "://" in thing or thing.startswith("//"):
        return [_explained(rulebook, thing, "address", rulebook.url(thing))]
    if thing.startswith("/"):
        path, _, query = thing.partition("?")
        own = rulebook.own_path(path.encode(), query.encode())
        kind: Kind = "path on the site's own host"
        if own is None:
            return [_explained(rulebook, thing, kind, None)]
        return [_explained(rulebook, thing, kind, own.match, needs_body=own.needs_body is not None)]
    readings = [
        _explained(rulebook, thing, "cookie", rulebook.cookie(thing)),
        _explained(rulebook, thing, "storage key", rulebook.storage(thing)),
        _explained(rulebook, thing, "link parameter", rulebook.parameter(thing)),
    ]
    if _HOST.fullmatch(thing):
        readings.insert(0, _explained(rulebook, thing, "address", rulebook.url(f"https://{thing}")))
    known = [reading for reading in readings if reading.match is not None]
    return known or readings[:1]


def _explained(
    rulebook: Rulebook, thing: str, kind: Kind, match: Match | None, *, needs_body: bool = False
) -> Explanation:
    return Explanation(thing, kind, match, rulebook.held(match, Released()), needs_body)
