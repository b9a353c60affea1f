"""What a site is seen to use, thing by thing. Of such sightings its inventory is made; none is about a visitor."""

import re
from dataclasses import dataclass
from enum import StrEnum

_CHANGING = re.compile(r"[0-9a-fA-F]{8,}|[0-9]{5,}")
"""A part of a name that may be a visitor's number."""


class Kind(StrEnum):
    """What was seen. A ``path`` is one on the site's own host; a ``script`` is one inside a page."""

    HOST = "host"
    PATH = "path"
    SCRIPT = "script"
    COOKIE = "cookie"
    STORAGE = "storage"
    """A key of local or session storage, a database or a cache: what scripts keep besides cookies."""


class How(StrEnum):
    """Where it was seen: in a page, in a header of the site's, in a call that a script made.

    What only a visitor's browser says is ``reported``: it may be a lie.
    """

    MARKUP = "markup"
    HEADER = "header"
    CALL = "call"
    REPORTED = "reported"


def general(name: str) -> str:
    """*name* (a cookie's, a key's, a path) with ``*`` in the place of what may be a visitor's number."""
    return _CHANGING.sub("*", name)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that was seen. ``service`` is the id of the service that it belongs to, empty where none is known.

    ``seconds`` is how long a cookie was set for; None for what ends with the browser, and for all that is no cookie.
    """

    kind: Kind
    name: str
    how: How
    service: str = ""
    seconds: int | None = None
