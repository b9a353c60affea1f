"""``GET …/embed``: what a visitor sees in the place of a video, a map or a post that is held.

It stands in the very frame, so nothing on the page moves, and it works without script: a link that loads this one, and
a form that allows the service from now on.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ...proxy.rules.model import Purpose, Service
from ..consent.standing import Standing
from . import replies
from .context import Context
from .same_site import page_around


class Embeds:
    """The endpoint. One instance serves all visitors."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def show(self, request: Request) -> Response:
        """The placeholder for the address in ``url``; 404 unless a service for media is known by it."""
        standing: Standing = request.scope["holdback.standing"]
        url = request.query_params.get("url", "")
        service = self._service(url, standing)
        if service is None:
            raise HTTPException(404, "no media service is known by this address")
        return replies.placeholder(self._page(request, standing, service, url))

    def _service(self, url: str, standing: Standing) -> Service | None:
        """The service whose *url* it is. It becomes a link in a page of ours, so nothing but a known medium may be
        behind it.
        """
        if not url.lower().startswith(("http://", "https://")):
            return None
        match = self._context.rulebook.url(url, own_host=standing.host)
        service = match.service if match else None
        return service if service is not None and service.purpose is Purpose.MEDIA else None

    def _page(self, request: Request, standing: Standing, service: Service, url: str) -> str:
        context = self._context
        return context.notice(standing).second.embed(
            service=service,
            url=url,
            loads_once=not context.strict,
            action=f"{context.prefix}/choice",
            choices=f"{context.prefix}/choices",
            token=context.token(standing, service.id),
            return_path=page_around(request.headers, standing.host),
        )
