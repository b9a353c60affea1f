"""What of our own pages fails: told to the visitor as something that passes, and to the owner in one line."""

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .replies import plain

_log = logging.getLogger("holdback")


class Calm:
    """Makes 400 of a body that was cut short, and 503 of whatever else *app* fails over: never a 500 of ours.

    After an answer began, what failed is raised on: it must not look whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        began = False

        async def noting(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            if not began:
                cut = plain(400, "The request was cut short.", {"connection": "close"})
                await cut(scope, receive, send)
        except Exception as error:
            _log.warning("failed over %s: %s: %s", scope.get("path"), type(error).__name__, error)
            if began:
                raise
            await plain(503, "Please try again.", {"retry-after": "5"})(scope, receive, send)
