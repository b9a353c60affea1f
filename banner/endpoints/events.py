"""``POST …/events``: the project's own events, kept when, and only when, analytics is released for the visitor who
sends them.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ...proxy.rules.model import Purpose
from ...store.events.event import VIEW, Circumstances, Event
from ...store.events.events import Events
from ...store.log.ledger import StoreUnavailable
from ..consent.standing import Standing
from . import replies
from .context import Context
from .posted import Malformed, json_body
from .posted_events import Incoming, incoming
from .same_site import foreign

_RETRY = {"retry-after": "5"}


class Collecting:
    """The endpoint. 200 says that everything is on disk, 202 that nothing was kept and nothing is wrong."""

    def __init__(self, context: Context, events: Events) -> None:
        self._context = context
        self._events = events

    async def collect(self, request: Request) -> Response:
        """Keep one event or a list of them. A page needs no answer to tell what the visitor chose: 202 is as quiet."""
        standing: Standing = request.scope["holdback.standing"]
        if foreign(request.headers, standing):
            return replies.data({"error": "events must come from a page of this site"}, 403)
        try:
            taken = incoming(await json_body(request), self._context.clock())
        except Malformed as error:
            return replies.data({"error": str(error)}, 400)
        if Purpose.ANALYTICS not in standing.released.purposes:
            return replies.data({"stored": 0}, 202)
        visitor = standing.choice.id if standing.choice else None
        page = _page(request, standing)
        agent = request.headers.get("user-agent", "")
        kept = [
            Event(
                name=one.name,
                time=one.time,
                properties=one.properties,
                visitor=visitor,
                path=urlsplit(page).path[:2048],
                uid=f"own:{one.uuid}" if one.uuid else None,
                seen=Circumstances.of(
                    page=page,
                    referrer=_came_from(one),
                    host=standing.host,
                    agent=agent,
                    country=standing.country,
                ),
            )
            for one in taken
        ]
        try:
            await self._events.add(kept)
        except StoreUnavailable:
            return replies.data({"error": "events can't be kept just now"}, 503, _RETRY)
        return replies.data({"stored": len(taken)})


def _came_from(one: Incoming) -> str:
    """What led to a page that a visitor looks at, as their browser says."""
    said = one.properties.get("referrer", "")
    return said if one.name == VIEW and isinstance(said, str) else ""


def _page(request: Request, standing: Standing) -> str:
    """The address of the page that sent it; empty where that is not known, or none of this site's."""
    address = request.headers.get("referer", "")
    try:
        return address if urlsplit(address).netloc == standing.host else ""
    except ValueError:
        return ""
