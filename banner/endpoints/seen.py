"""``POST …/seen``: what a page's scripts asked for and what they keep, as the guard in a visitor's browser saw it.

A report is a list of names: hosts, ``storage:KEY`` and ``cookie:NAME``, the last with how long the cookie lasts, as it
is written (``; max-age=3600``). What workers ask for and keep is in it, too: they tell the site's pages.

A browser may lie, and it is one person's. So a thing counts once browsers in three networks have named it, nothing but
its name is taken, and who named it is forgotten then. One that no rule knows is shown to the owner as *reported*, and
changes nothing by itself. On loopback one browser is enough: it is the owner's. In private networks it is for a host,
but not for what is kept, because a key may name a colleague. A name that has a visitor's number in it is either named
by nobody else or, where it looks like one, kept without it.
"""

import hashlib
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from ...proxy.rules.sighting import Kind, general
from ..consent.standing import Standing
from . import replies
from .context import Context
from .posted import Malformed, json_body
from .rate_limit import PerMinute, is_here, is_near
from .same_site import foreign

_NEEDED = 3
"""Networks that must have named a thing."""
_MOST = 100
"""Things in a report: 50 hosts, and 50 that are kept."""
_MOST_WAITING = 4096
"""Things that wait for more networks to name them."""
_PER_MINUTE = 20
_PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""What a proxy adds to what it passes on."""
_LONGEST_HOST = 253
_LONGEST = 200
"""Characters of a key or a cookie's name."""
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
"""The name of a host as a browser's URL parser writes it. An address in brackets has no name to look up."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a script keeps: a storage key, or a cookie with its attributes."""

    kind: Kind
    name: str
    attributes: bytes = b""

    @classmethod
    def of(cls, told: str) -> "_Kept | None":
        """What was *told*, if it is such a thing."""
        word, colon, name = told.partition(":")
        attributes = ""
        if word == Kind.COOKIE:
            name, semicolon, attributes = name.partition(";")
            attributes = semicolon + attributes
        elif word != Kind.STORAGE:
            return None
        if not colon or not 0 < len(name) <= _LONGEST or not name.isprintable():
            return None
        return cls(Kind(word), name, attributes.encode("latin-1", "replace"))


class Reporters:
    """Counts in how many networks a thing was named; of each only a hash is kept, with a key that nobody keeps."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._waiting: OrderedDict[str, set[bytes]] = OrderedDict()

    def are_enough(self, thing: str, prefix: str) -> bool:
        """Whether *thing* was named in enough networks, now that it was named in *prefix*."""
        named = self._waiting.pop(thing, set())
        named.add(hashlib.blake2b(prefix.encode(), key=self._key, digest_size=8).digest())
        if len(named) >= _NEEDED:
            return True
        self._waiting[thing] = named
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)
        return False


class Reports:
    """The endpoint. One instance serves all visitors."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reporters = Reporters()
        self._limit = PerMinute(_PER_MINUTE)

    async def take(self, request: Request) -> Response:
        """Take one report; 204 whatever becomes of it."""
        standing: Standing = request.scope["holdback.standing"]
        if foreign(request.headers, standing):
            return replies.data({"error": "reports must come from a page of this site"}, 403)
        if wait := self._limit.wait(standing.address_prefix, self._context.clock()):
            return replies.data({"error": "too many reports"}, 429, {"retry-after": str(wait)})
        try:
            things = await json_body(request)
        except Malformed as error:
            return replies.data({"error": str(error)}, 400)
        if not isinstance(things, list) or len(things) > _MOST:
            return replies.data({"error": f"a report is a list of at most {_MOST} names"}, 400)
        passed_on = any(name in request.headers for name in _PASSED_ON)
        for thing in dict.fromkeys(thing for thing in things if isinstance(thing, str)):
            self._take(thing, standing, passed_on=passed_on)
        return Response(status_code=204)

    def _take(self, thing: str, standing: Standing, *, passed_on: bool) -> None:
        """Take one thing. Where the report was *passed_on*, by a proxy that the settings do not name, the visitor's
        prefix is that proxy's, and says nothing.
        """
        context, prefix = self._context, standing.address_prefix
        kept = _Kept.of(thing)
        if kept is not None:
            name = f"{kept.kind}:{general(kept.name)}"
            if (is_here(prefix) and not passed_on) or self._reporters.are_enough(name, prefix):
                known = context.rulebook.cookie if kept.kind is Kind.COOKIE else context.rulebook.storage
                context.kept(kept.kind, kept.name, kept.attributes, known(kept.name), context.clock())
        elif _is_host(thing) and (
            (is_near(prefix) and not passed_on) or self._reporters.are_enough(thing, prefix)
        ):
            match = context.rulebook.url(f"https://{thing}/", own_host=standing.host)
            context.called(thing, standing.host, match)


def _is_host(thing: str) -> bool:
    return len(thing) <= _LONGEST_HOST and _NAME.fullmatch(thing) is not None
