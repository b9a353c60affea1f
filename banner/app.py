"""The banner's own pages: an ASGI application for everything under the prefix, and for the GPC support file.

The gate hands it a request together with where the visitor stands, in ``scope["holdback.standing"]``. Nothing here
is proxied, and nothing here is for the site's owner: the console has a port of its own.
"""

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..store.store import Store
from .consent.standing import Standing
from .endpoints import replies
from .endpoints.again import Again
from .endpoints.choice import Choosing
from .endpoints.context import Context
from .endpoints.embed import Embeds
from .endpoints.events import Collecting
from .endpoints.failing import Calm
from .endpoints.listed import Listed
from .endpoints.packed import packed
from .endpoints.posted import Capped
from .endpoints.rate_limit import PerMinute
from .endpoints.receipt import Receipts
from .endpoints.same_site import page_around, return_path
from .endpoints.seen import Reports
from .notice.notice import STYLE
from .notice.site import SiteInfo
from .sdks.endpoint import MOST_BYTES, PATHS, Sdks

_GPC_SINCE = "2026-11-23"
"""When what we say about GPC last changed (the specification's ``lastUpdate``)."""

_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True, slots=True)
class AppLimits:
    """What one client may ask for: choices in a minute, bytes in a body."""

    choices_per_minute: int = 30
    body_bytes: int = 65_536


def create_app(
    context: Context,
    store: Store,
    site: SiteInfo,
    *,
    limits: AppLimits = AppLimits(),
) -> Starlette:
    """The application for *context*, on *store*; *site* is named in receipts."""
    pages = _Pages(context, store)
    prefix = context.prefix
    routes = [
        Route(
            f"{prefix}/choice", Choosing(context, PerMinute(limits.choices_per_minute)).take, methods=["POST"]
        ),
        Route(f"{prefix}/choices", pages.choices),
        Route(f"{prefix}/notice", pages.notice),
        Route(f"{prefix}/again", Again(context).take, methods=["GET", "POST"]),
        Route(f"{prefix}/embed", Embeds(context).show),
        Route(f"{prefix}/receipt", Receipts(context, site).show),
        Route(f"{prefix}/events", Collecting(context, store.events).collect, methods=["POST"]),
        *Sdks(context, store.events).routes(),
        Route(f"{prefix}/seen", Reports(context).take, methods=["POST"]),
        Route(
            f"{context.lists.place}{{edition}}/{{purposes}}/{{host}}",
            Listed(context.rulebook, context.lists).tell,
        ),
        Route(f"{prefix}/log/checkpoint", pages.checkpoint),
        Route(f"{prefix}/log/rotations", pages.rotations),
        Route(f"{prefix}/log/tile/{{tile:path}}", pages.tile),
        Route(f"{prefix}/guard-{{digest}}.js", pages.guard_file),
        Route(context.files.sheet, pages.sheet),
        Route(f"{prefix}/healthz", pages.alive),
        Route(f"{prefix}/readyz", pages.ready),
        Route("/.well-known/gpc.json", pages.signal_support),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Calm),
            Middleware(GZipMiddleware, compresslevel=6),
            Middleware(
                Capped, most=limits.body_bytes, larger={f"{prefix}/{name}/": MOST_BYTES for name in PATHS}
            ),
        ],
        exception_handlers={HTTPException: _told},
    )


async def _told(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return replies.plain(error.status_code, error.detail, error.headers)


class _Pages:
    """The endpoints that only read."""

    def __init__(self, context: Context, store: Store) -> None:
        self._context = context
        self._store = store

    async def choices(self, request: Request) -> Response:
        """The second layer for a browser; for the guard, where the visitor stands."""
        standing: Standing = request.scope["holdback.standing"]
        if replies.by_script(request):
            ask = self._context.notices.listing.is_due(standing.choice)
            return await replies.told(request, self._context.state(standing, standing.released, ask=ask))
        asked = request.query_params.get("return")
        back_to = return_path(asked) if asked else page_around(request.headers, standing.host)
        return replies.page(self._context.second_layer(standing, back_to))

    async def notice(self, request: Request) -> Response:
        """The first layer, for the control of a visitor who has answered."""
        return replies.page(self._context.first_layer(request.scope["holdback.standing"]))

    async def guard_file(self, request: Request) -> Response:
        """The guard as a file that may be kept. To a visitor with another choice than its name says, theirs is sent."""
        standing: Standing = request.scope["holdback.standing"]
        file = self._context.files.of(standing.released)
        if request.url.path == file.path:
            return await packed(request, file.code, replies.SCRIPT, _FOREVER, lasts=True)
        return await replies.guard(request, file.code)

    async def sheet(self, _request: Request) -> Response:
        """The style of the notice."""
        return Response(STYLE, 200, _FOREVER, "text/css; charset=utf-8")

    async def checkpoint(self, _request: Request) -> Response:
        """The newest signed tree head (C2SP tlog-checkpoint)."""
        return replies.plain(200, (await self._store.ledger.checkpoint()).removesuffix("\n"))

    async def rotations(self, _request: Request) -> Response:
        """Each exchange of the key that signs checkpoints, a line of JSON; none of them says anything of a person."""
        lines = await self._store.ledger.rotations()
        return replies.plain(200, "\n".join(lines))

    async def tile(self, request: Request) -> Response:
        """One tile of hashes (C2SP tlog-tiles); tiles never change, so they may be kept for ever."""
        tile = await self._store.ledger.tile(f"tile/{request.path_params['tile']}")
        if tile is None:
            raise HTTPException(404, "the log has no such tile")
        return Response(tile, 200, _FOREVER, "application/octet-stream")

    async def alive(self, _request: Request) -> Response:
        """This process answers."""
        return replies.plain(200, "ok")

    async def ready(self, _request: Request) -> Response:
        """Choices can be recorded; 503 with the reason where they can't."""
        reason = await self._store.ready()
        return replies.plain(503, reason) if reason else replies.plain(200, "ready")

    async def signal_support(self, _request: Request) -> Response:
        """That GPC is honoured here (GPC specification, "GPC Support Representation")."""
        support = {"gpc": True, "lastUpdate": _GPC_SINCE}
        return replies.data(support, headers={"cache-control": "public, max-age=86400"})
