"""WebSockets: an exchange for the upgrade, then messages both ways until either side has enough.

ASGI hands over whole messages and answers pings itself, so both legs keep themselves alive. One message is under way
in each direction at a time: who reads slowly slows the other side down.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from ..exchange.answers import Answer
from ..exchange.exchange import Exchange
from ..gate.decisions import Forward
from ..http.headers import Headers, without
from ..upstream.errors import UpstreamError
from ..upstream.handshake import Refused
from ..upstream.websocket import Closed, SiteSocket
from .types import Receive, Scope, Send

type Connect = Callable[[bytes, Headers], Awaitable[SiteSocket]]

_LENGTH = frozenset({b"content-length", b"transfer-encoding"})
_RESPONSE = "websocket.http.response"
_FAILED = 1011
_UNSENDABLE = frozenset({1004, 1005, 1006, 1015})


async def tunnel(exchange: Exchange, scope: Scope, receive: Receive, send: Send, connect: Connect) -> None:
    """Serve one WebSocket: *exchange* began with its upgrade request, and *connect* opens one to the site."""
    await receive()  # websocket.connect
    step = exchange.step
    if not isinstance(step, Forward):
        await _refuse(scope, send, step.status if isinstance(step, Answer) else 404)
        return
    try:
        site = await connect(step.target, step.headers)
    except Refused as refused:
        if refused.status < 300:
            await _refuse(scope, send, 502)
            return
        exchange.answered(refused.status, refused.headers)
        body = b"".join(exchange.body(refused.body, last=True))
        status, headers = exchange.start()
        await _refuse(scope, send, status, without(headers, _LENGTH), body)
        return
    except UpstreamError as error:
        await _refuse(scope, send, error.status)
        return
    try:
        exchange.answered(101, site.headers)
        _, headers = exchange.start()
        await send({"type": "websocket.accept", "subprotocol": site.subprotocol, "headers": headers})
        await _relay(site, receive, send)
        await site.finish()
    finally:
        site.abort()


_GOING_AWAY = Closed(1001)
_open: dict[asyncio.Future[None], asyncio.Task[Any] | None] = {}
"""For each WebSocket that is open in this process: what ends it when it is done, and the task that serves it."""


async def close_all(within: float = 2.0) -> None:
    """Say goodbye on every open WebSocket of this process, to visitors and site (1001: going away, RFC 6455 §7.4.1).

    Returns when they are closed, or after *within* seconds.
    """
    serving = [task for task in _open.values() if task is not None]
    for leaving in _open:
        if not leaving.done():
            leaving.set_result(None)
    if serving:
        await asyncio.wait(serving, timeout=within)


async def _relay(site: SiteSocket, receive: Receive, send: Send) -> None:
    to_visitor = asyncio.create_task(_to_visitor(site, send))
    to_site = asyncio.create_task(_to_site(site, receive))
    leaving = asyncio.get_running_loop().create_future()
    _open[leaving] = asyncio.current_task()
    try:
        await asyncio.wait((to_visitor, to_site, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        to_visitor.cancel()
        to_site.cancel()
        del _open[leaving]
    # Granian sends no close while somebody still waits in receive().
    await asyncio.wait((to_site,))
    if leaving.done():
        site.close(_GOING_AWAY)
        await send({"type": "websocket.close", **_closing(_GOING_AWAY)})
        return
    if not to_visitor.cancelled() and to_visitor.done() and to_visitor.exception() is None:
        await send({"type": "websocket.close", **_closing(to_visitor.result())})


async def _to_visitor(site: SiteSocket, send: Send) -> Closed:
    """Pass on the site's messages until it closes."""
    while True:
        message = await site.receive()
        if isinstance(message, Closed):
            return message
        kind = "text" if isinstance(message, str) else "bytes"
        await send({"type": "websocket.send", kind: message})


async def _to_site(site: SiteSocket, receive: Receive) -> None:
    """Pass on the visitor's messages until they close."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            site.close(Closed(message.get("code") or 1005, message.get("reason") or ""))
            return
        text = message.get("text")
        await site.send(text if text is not None else message["bytes"])


def _closing(end: Closed) -> dict[str, Any]:
    """The end of the site's WebSocket in ASGI's words; an end without a goodbye is our own failure to the visitor."""
    if end.code == 1006:
        return {"code": _FAILED, "reason": ""}
    return {"code": 1000 if end.code in _UNSENDABLE else end.code, "reason": end.reason}


async def _refuse(
    scope: Scope, send: Send, status: int, headers: Headers | None = None, body: bytes | None = None
) -> None:
    """Answer the upgrade with *status*, where the server can; ASGI's own word for it is 403."""
    if _RESPONSE not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    if body is None:
        body = f"{status} {HTTPStatus(status).phrase}\n".encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": f"{_RESPONSE}.start", "status": status, "headers": headers or []})
    await send({"type": f"{_RESPONSE}.body", "body": body})
