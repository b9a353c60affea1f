"""``GET …/listed-EDITION/PURPOSES/HOST``: whether a list of the owner's holds everything of a host; ``1`` or ``0``.

The guard asks it about hosts of which nothing stands in the page (:mod:`..guard.lists`). *PURPOSES* are those that are
still held for the visitor (``analytics+marketing``). Nothing is noted: what a site uses is in the guard's reports.
"""

from starlette.requests import Request
from starlette.responses import Response

from ...proxy.rules.rulebook import Rulebook
from ..consent.standing import Standing
from ..guard.lists import Lists

_A_DAY = "private, max-age=86400"
_LONGEST = 253
"""Letters of a host name (RFC 1035 §2.3.4)."""


class Listed:
    """The endpoint. One instance serves all visitors."""

    def __init__(self, rulebook: Rulebook, lists: Lists) -> None:
        self._rulebook = rulebook
        self._lists = lists

    async def tell(self, request: Request) -> Response:
        """Tell it. A page that was made with older rules is answered by those in force, and asks again next time."""
        standing: Standing = request.scope["holdback.standing"]
        asked = request.path_params
        host = asked["host"].lower().rstrip(".")
        purpose = self._rulebook.listed(host, standing.host) if len(host) <= _LONGEST else None
        is_held = purpose is not None and purpose.value in asked["purposes"].split("+")
        lasts = _A_DAY if asked["edition"] == self._lists.edition else "no-store"
        headers = {"cache-control": lasts, "x-content-type-options": "nosniff"}
        return Response(b"1" if is_held else b"0", 200, headers, "text/plain")
