"""``…/posthog/``, ``…/mixpanel/`` and ``…/amplitude/``: what an SDK sends when its host is set to one of them.

It is stored when, and only when, analytics is released for the visitor who sends it; what the site's own server sends,
when it is for whom it is about (:mod:`.server_side`). Without that the SDK gets the very same thanks: anything else
makes it try again, or tell the visitor's console. What is no event is answered so that nothing fails.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...proxy.rules.model import Purpose
from ...store.engine.errors import StoreUnavailable
from ...store.events.event import OF_A_SERVER, Circumstances, Event
from ...store.events.events import Events
from ..consent.standing import Standing
from ..endpoints import replies
from ..endpoints.context import Context
from ..endpoints.posted import Malformed
from ..endpoints.same_site import foreign
from . import amplitude, mixpanel, posthog
from .decoding import decoded, form_fields
from .events import Told
from .server_side import Kept, ServerSide, is_server

PATHS = ("posthog", "mixpanel", "amplitude")
"""Below the prefix."""
MOST_BYTES = 4 * 1024 * 1024
"""Of a body as it is sent."""
_AT_ONCE = 500
"""Events that are looked up and written together, so that one long batch keeps nobody waiting."""
_RETRY = {"retry-after": "5"}


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of an SDK: where below its own path, what it said, in how many bytes, and when it was made.

    ``query`` has what it asks for beside, in the address or in a form.
    """

    path: str
    query: dict[str, str]
    said: Any
    size: int
    received: datetime


class Sdks:
    """The endpoints. One instance serves all visitors."""

    def __init__(self, context: Context, events: Events) -> None:
        self._context = context
        self._events = events
        self._server_side = ServerSide(context, events)

    def routes(self) -> list[Route]:
        """A route for each SDK."""
        takers = {"posthog": self._posthog, "mixpanel": self._mixpanel, "amplitude": self._amplitude}
        return [
            Route(f"{self._context.prefix}/{name}/{{path:path}}", takers[name], methods=["GET", "POST"])
            for name in PATHS
        ]

    async def _posthog(self, request: Request) -> Response:
        path = request.path_params["path"]
        if not posthog.CAPTURE.fullmatch(path):
            found = posthog.answer(path)
            if isinstance(found, bytes):
                return replies.script(found)
            return replies.data(
                {"error": "there is nothing here"} if found is None else found, 404 if found is None else 200
            )

        def refused(reason: str, status: int) -> Any:
            return {"type": "validation_error", "code": str(status), "detail": reason}

        return await self._taken(
            request,
            lambda call: posthog.events(call.said, call.received),
            lambda call, told, kept: posthog.taken(call.path, told, kept),
            refused,
        )

    async def _mixpanel(self, request: Request) -> Response:
        path, query = request.path_params["path"], dict(request.query_params)
        if not mixpanel.TRACK.fullmatch(path):
            return replies.data(mixpanel.answer(path, query))
        return await self._taken(
            request,
            lambda call: mixpanel.events(call.path, call.said, call.received),
            lambda call, _told, _kept: mixpanel.answer(call.path, call.query),
            lambda reason, _status: mixpanel.refusal(reason),
        )

    async def _amplitude(self, request: Request) -> Response:
        if not amplitude.TRACK.fullmatch(request.path_params["path"]):
            return replies.data({"code": 404, "error": "there is nothing here"}, 404)
        return await self._taken(
            request,
            lambda call: amplitude.events(call.said, call.received),
            lambda call, told, _kept: amplitude.thanks(
                len(told), call.size, int(self._context.clock() * 1000)
            ),
            amplitude.refusal,
        )

    async def _taken(
        self,
        request: Request,
        events: Callable[[_Call], Iterator[Told]],
        thanks: Callable[[_Call, Sequence[Told], set[str]], Any],
        refusal: Callable[[str, int], Any],
    ) -> Response:
        """Read, store where analytics is released, and answer in the SDK's own words."""
        standing: Standing = request.scope["holdback.standing"]
        if why := foreign(request.headers, standing):
            return replies.data(refusal(why, 403), 403)
        try:
            call, told = await self._read(request, events)
        except Malformed as error:
            return replies.data(refusal(str(error), 400), 400)
        source = request.url.path.removeprefix(self._context.prefix + "/").partition("/")[0]
        stored: set[str] = set()
        try:
            for at in range(0, len(told), _AT_ONCE):
                kept = await self._allowed(request, standing, source, told[at : at + _AT_ONCE])
                await self._events.add([_event(one, source, request, standing) for one in kept])
                stored.update(one.told.id for one in kept)
        except StoreUnavailable:
            return replies.data(refusal("events can't be kept just now", 503), 503, _RETRY)
        return replies.data(thanks(call, told, stored))

    async def _allowed(
        self, request: Request, standing: Standing, source: str, told: Sequence[Told]
    ) -> list[Kept]:
        """What of *told* may be stored. What is held of a server's is counted: nobody else sees that it is missing."""
        if is_server(request):
            kept = await self._server_side.allowed(told)
            self._context.of_server(source, len(kept), len(told) - len(kept))
            return kept
        if Purpose.ANALYTICS not in standing.released.purposes:
            return []
        visitor = standing.choice.id if standing.choice else None
        return [Kept(one, visitor) for one in told]

    async def _read(
        self, request: Request, events: Callable[[_Call], Iterator[Told]]
    ) -> tuple[_Call, list[Told]]:
        body, query = await request.body(), dict(request.query_params)
        coding = request.headers.get("content-encoding", "")
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        received = datetime.fromtimestamp(self._context.clock(), UTC) - _waited(request)

        def read() -> tuple[_Call, list[Told]]:
            said = decoded(body, coding, query)
            asked = form_fields(body) | query if is_form else query
            call = _Call(request.path_params["path"], asked, said, len(body), received)
            return call, list(events(call))

        return await asyncio.to_thread(read)


def _waited(request: Request) -> timedelta:
    """How long the guard has kept the call in the page's memory until the visitor agreed (``core/queue.js``)."""
    text = request.headers.get("hb-waited", "")
    return timedelta(milliseconds=int(text)) if re.fullmatch(r"[0-9]{1,8}", text) else timedelta()


def _event(kept: Kept, source: str, request: Request, standing: Standing) -> Event:
    told, by_server = kept.told, is_server(request)
    called = told.person or (told.aliases[0] if by_server and told.aliases else "")
    return Event(
        name=told.name,
        time=told.time,
        properties=told.properties,
        visitor=kept.visitor,
        path=told.path,
        uid=f"{source}:{told.id}" if told.id else None,
        person=called,
        aliases=() if by_server else told.aliases,
        seen=OF_A_SERVER
        if by_server
        else Circumstances.of(
            page=told.page,
            referrer=told.referrer,
            host=standing.host,
            agent=request.headers.get("user-agent", ""),
            country=standing.country,
        ),
    )
