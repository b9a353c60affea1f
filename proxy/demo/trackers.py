"""Stand-ins for well-known trackers, each on an origin of its own.

They behave as the real ones do in what matters here: a script from their host, ids in first-party cookies
that this script writes, messages back to their host, and a cookie of their own where they are framed. The
difference: what they get to know is shown to you, and goes nowhere else.
"""

import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Host, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import ASGIApp

from .received import Entry, Received
from .scenery import Scenery

_HERE = Path(__file__).parent
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")
_PAGES = Jinja2Templates(_HERE / "pages")


def create_stage(scenery: Scenery, received: Received, shop: ASGIApp) -> Starlette:
    """Everything that Holdback does not serve, told apart by Host; an unknown Host gets the shop."""
    crew = _Trackers(scenery, received)
    apps: dict[str, list[BaseRoute]] = {
        "gaggle": [
            Route("/gtag/js", crew.gaggle_script),
            Route("/g/collect", crew.gaggle, methods=["GET", "POST"]),
        ],
        "metta": [Route("/en_US/mtevents.js", crew.metta_script), Route("/tr", crew.metta)],
        "warmjar": [
            Route("/warmjar.js", crew.warmjar_script),
            Route("/record", crew.warmjar, methods=["POST"]),
        ],
        "viewtube": [Route("/embed/{film}", crew.film)],
        "trackers": [
            Route("/", crew.board),
            Route("/stream", crew.stream),
            Route("/entries", crew.entries),
            Route("/clear", crew.clear, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
    }
    hosts = [Host(f"{name}.localhost", Starlette(routes=routes)) for name, routes in apps.items()]
    return Starlette(routes=[*hosts, Mount("/", shop)])


class _Trackers:
    def __init__(self, scenery: Scenery, received: Received) -> None:
        self._scenery = scenery
        self._received = received

    def _heard(
        self, request: Request, tracker: str, what: str, details: dict[str, str] | None = None
    ) -> None:
        page = urlsplit(request.headers.get("origin") or request.headers.get("referer") or "")
        facts = {
            "page": f"{page.scheme}://{page.netloc}",
            "address": request.client.host if request.client else "",
        }
        self._received.add(
            Entry(tracker, what, self._scenery.behind(page.netloc), {**facts, **(details or {})})
        )

    async def gaggle_script(self, request: Request) -> Response:
        self._heard(request, "Gaggle Analytics", "script asked for")
        return FileResponse(_HERE / "static" / "gaggle.js", headers=_UNCACHED)

    async def gaggle(self, request: Request) -> Response:
        query = request.query_params
        kept = {name: query[name] for name in ("cid", "dl", "dt") if name in query}
        self._heard(request, "Gaggle Analytics", query.get("en", "event").replace("_", " "), kept)
        return Response(status_code=204, headers=_open_to(request))

    async def metta_script(self, request: Request) -> Response:
        self._heard(request, "Metta Pixel", "script asked for")
        return FileResponse(_HERE / "static" / "metta.js", headers=_UNCACHED)

    async def metta(self, request: Request) -> Response:
        query = request.query_params
        kept = {name: query[name] for name in ("fbp", "dl", "content") if name in query}
        self._heard(request, "Metta Pixel", query.get("ev", "event"), kept)
        return Response(_PIXEL, media_type="image/gif", headers=_UNCACHED)

    async def warmjar_script(self, request: Request) -> Response:
        self._heard(request, "Warmjar", "script asked for")
        return FileResponse(_HERE / "static" / "warmjar.js", headers=_UNCACHED)

    async def warmjar(self, request: Request) -> Response:
        try:
            said = json.loads(await request.body())
            moves, clicks = len(said["moves"]), len(said["clicks"])
            kept = {"session": str(said["session"]), "pointer": f"{moves} positions, {clicks} clicks"}
        except (ValueError, KeyError, TypeError):
            return Response(status_code=400, headers=_open_to(request))
        self._heard(request, "Warmjar", "recording of the pointer", kept)
        return Response(status_code=204, headers=_open_to(request))

    async def film(self, request: Request) -> Response:
        viewer = request.cookies.get("viewer") or secrets.token_urlsafe(9)
        film = request.path_params["film"]
        self._heard(request, "ViewTube", f"player opened: {film}", {"viewer": viewer})
        response = _PAGES.TemplateResponse(request, "film.html", {"film": film.replace("-", " ")})
        response.set_cookie(
            "viewer", viewer, max_age=180 * 86_400, httponly=True, secure=True, samesite="none"
        )
        return response

    async def board(self, request: Request) -> HTMLResponse:
        return _PAGES.TemplateResponse(request, "received.html", {"scenery": self._scenery})

    async def stream(self, request: Request) -> Response:
        return StreamingResponse(self._received.stream(), media_type="text/event-stream", headers=_UNCACHED)

    async def entries(self, request: Request) -> Response:
        return JSONResponse(self._received.entries())

    async def clear(self, request: Request) -> Response:
        self._received.clear()
        return Response(status_code=204)


_UNCACHED = {"Cache-Control": "no-store"}


def _open_to(request: Request) -> dict[str, str]:
    origin = request.headers.get("origin")
    return (
        {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"} if origin else {}
    )
