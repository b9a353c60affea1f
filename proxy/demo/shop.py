"""The shop: an ordinary site that knows nothing of Holdback.

It keeps a basket in a session cookie, carries the tags of five trackers, and sets one tracking cookie itself,
out of reach of every script (HttpOnly), as server-side tag managers do.
"""

import secrets
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from .goods import GOODS, euros
from .received import Entry, Received
from .scenery import Scenery

_HERE = Path(__file__).parent
_TRACKING_COOKIES = ("FPID", "_ga", "_fbp")
_THIRTEEN_MONTHS = 395 * 86_400


def create_shop(scenery: Scenery, received: Received) -> Starlette:
    """The shop's application; what its own server gets to know of visitors goes to *received*."""
    shop = _Shop(scenery, received)
    return Starlette(
        routes=[
            Route("/", shop.window),
            Route("/goods/{id}", shop.good),
            Route("/basket", shop.basket),
            Route("/basket", shop.put, methods=["POST"]),
            Route("/workshop", shop.workshop),
            Route("/privacy", shop.privacy),
            Route("/insights/collect", shop.collect, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[
            Middleware(
                SessionMiddleware, secret_key=secrets.token_hex(), session_cookie="session", max_age=None
            )
        ],
    )


class _Shop:
    def __init__(self, scenery: Scenery, received: Received) -> None:
        self._scenery = scenery
        self._received = received
        self._pages = Jinja2Templates(_HERE / "pages")
        self._pages.env.globals.update(tracker=scenery.tracker, euros=euros, goods=GOODS)

    async def window(self, request: Request) -> Response:
        return self._page(request, "window.html", title="Fern & Clay")

    async def good(self, request: Request) -> Response:
        good = GOODS.get(request.path_params["id"])
        if good is None:
            return self._page(request, "missing.html", status=404, title="Not here")
        return self._page(request, "good.html", title=good.name, good=good)

    async def basket(self, request: Request) -> Response:
        counts: dict[str, int] = request.session.get("basket", {})
        lines = [(GOODS[id_], count) for id_, count in counts.items() if id_ in GOODS]
        total = sum(good.price * count for good, count in lines)
        return self._page(request, "basket.html", title="Your basket", lines=lines, total=total)

    async def put(self, request: Request) -> Response:
        form = await request.form()
        basket = dict(request.session.get("basket", {}))
        if (id_ := str(form.get("good"))) in GOODS:
            basket[id_] = basket.get(id_, 0) + 1
        if "empty" in form:
            basket = {}
        request.session["basket"] = basket
        return RedirectResponse("/basket", 303)

    async def workshop(self, request: Request) -> Response:
        return self._page(request, "workshop.html", title="The workshop")

    async def privacy(self, request: Request) -> Response:
        return self._page(request, "privacy.html", title="Privacy")

    async def collect(self, request: Request) -> Response:
        """The tag manager's endpoint on the shop's own host: no third party is in sight of the browser."""
        body = (await request.body()).decode("utf-8", "replace")
        self._heard(request, "Shop insights", "event on the shop's own host", {"body": body[:200]})
        return Response(status_code=204)

    def _page(self, request: Request, name: str, *, status: int = 200, **context: Any) -> Response:
        count = sum(request.session.get("basket", {}).values())
        response = self._pages.TemplateResponse(request, name, {"count": count, **context}, status)
        if sent := {name: request.cookies[name] for name in _TRACKING_COOKIES if name in request.cookies}:
            self._heard(request, "Shop insights", f"cookies with the request for {request.url.path}", sent)
        if "FPID" not in request.cookies:
            id_ = f"FPID2.2.{secrets.token_urlsafe(18)}"
            response.set_cookie("FPID", id_, max_age=_THIRTEEN_MONTHS, httponly=True, samesite="lax")
        return response

    def _heard(self, request: Request, tracker: str, what: str, details: dict[str, str]) -> None:
        behind = self._scenery.behind(request.headers.get("host", ""))
        self._received.add(Entry(tracker, what, behind, details))
