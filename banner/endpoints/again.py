"""``…/again``: a choice that the site's own ``Clear-Site-Data`` took away with its cookies is set again.

A logout may clear all cookies of a site, and the choice is one of them; a ``Set-Cookie`` beside that line is lost. So
the gate sends what is signed along: in the redirect that the answer is, or to the guard of the page that it is. Who
comes with it gets the very choice back, for a minute, if it still stands. It is not taken from another site's page,
which could bring somebody else's.
"""

from starlette.requests import Request
from starlette.responses import Response

from ..consent.signed_choice import set_cookie
from ..consent.standing import Standing
from . import replies
from .context import Context
from .same_site import foreign, return_path


class Again:
    """The endpoint. One instance serves all visitors."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def take(self, request: Request) -> Response:
        """Set the choice that ``as`` names. A browser that was redirected goes on to ``to``."""
        is_led = request.method == "GET"
        response = (
            replies.redirect(return_path(request.query_params.get("to"))) if is_led else replies.nothing()
        )
        standing: Standing = request.scope["holdback.standing"]
        if standing.choice is None and _comes_from_here(request, standing):
            self._set(request.query_params.get("as", ""), standing, response)
        return response

    def _set(self, token: str, standing: Standing, response: Response) -> None:
        context, now = self._context, self._context.clock()
        value = context.tokens.read_renewal(token, now)
        choice = context.signer.read(value, standing.host) if value else None
        if choice is None or choice.expired(now, context.lifetime) or context.recorded.voids(choice):
            return
        response.headers.append("set-cookie", set_cookie(value, standing.scheme, context.lifetime))


def _comes_from_here(request: Request, standing: Standing) -> bool:
    """Whether the browser says that a page of this site asked. One that says nothing may come from anywhere."""
    said = request.headers.get("sec-fetch-site") or request.headers.get("origin", "null") != "null"
    return bool(said) and foreign(request.headers, standing) is None
