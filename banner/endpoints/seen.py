"""``POST …/seen``: the hosts that a page's scripts asked for, as the guard in a visitor's browser saw them.

A browser may lie, and it is one person's. So a host counts once browsers in three networks have named it (on loopback
and in private networks one is enough), nothing but its name is taken, and who named it is forgotten then. One that no
rule knows is shown to the owner as *reported*, and changes nothing by itself.
"""

import hashlib
import re
import secrets
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import Response

from ..consent.standing import Standing
from . import replies
from .context import Context
from .posted import Malformed, json_body
from .rate_limit import PerMinute, is_near
from .same_site import foreign

_NEEDED = 3
"""Networks that must have named a host."""
_MOST_HOSTS = 50
"""Hosts in a report."""
_MOST_WAITING = 4096
"""Hosts that wait for more networks to name them."""
_PER_MINUTE = 20
_PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""What a proxy adds to what it passes on."""
_LONGEST = 253
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
"""The name of a host as a browser's URL parser writes it. An address in brackets has no name to look up."""


class Reporters:
    """Counts in how many networks a host was named; of each only a hash is kept, with a key that nobody keeps."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._waiting: OrderedDict[str, set[bytes]] = OrderedDict()

    def are_enough(self, host: str, prefix: str, *, passed_on: bool) -> bool:
        """Whether *host* was named in enough networks, now that it was named in *prefix*.

        Where the report was *passed_on*, by a proxy that the settings do not name, *prefix* is that proxy's.
        """
        if is_near(prefix) and not passed_on:
            return True
        named = self._waiting.pop(host, set())
        named.add(hashlib.blake2b(prefix.encode(), key=self._key, digest_size=8).digest())
        if len(named) >= _NEEDED:
            return True
        self._waiting[host] = named
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
            hosts = await json_body(request)
        except Malformed as error:
            return replies.data({"error": str(error)}, 400)
        if not isinstance(hosts, list) or len(hosts) > _MOST_HOSTS:
            return replies.data({"error": f"a report is a list of at most {_MOST_HOSTS} hosts"}, 400)
        passed_on = any(name in request.headers for name in _PASSED_ON)
        for host in dict.fromkeys(host for host in hosts if _is_name(host)):
            if self._reporters.are_enough(host, standing.address_prefix, passed_on=passed_on):
                match = self._context.rulebook.url(f"https://{host}/", own_host=standing.host)
                self._context.called(host, standing.host, match)
        return Response(status_code=204)


def _is_name(host: object) -> bool:
    return isinstance(host, str) and len(host) <= _LONGEST and _NAME.fullmatch(host) is not None
