"""The reverse proxy: one ASGI callable that moves bytes between the visitor and the site, as the exchange says.

This is the hot path. An asset costs one wait for the site and two messages to the server; tasks and timers are made
only for what takes long.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator

from ..exchange.answers import trouble
from ..exchange.exchange import Exchange, Exchanges
from ..gate.decisions import Forward, Local
from ..gate.messages import BrokenBody, RequestHead
from ..upstream.client import Upstream
from ..upstream.errors import UpstreamError, VisitorGone
from ..upstream.response import Response
from .request_body import RequestBody, announced
from .scopes import head_of, of_own_page
from .sent import Sent
from .types import App, Receive, Scope, Send
from .watch import Watch, Watched
from .websocket import tunnel

WHOLE_BODY = 64 * 1024
"""A request's body of at most this many announced bytes is sent to the site in one piece with its head."""


_PATIENCE = 0.1
"""Seconds that the beginning of a page may wait for more of it."""
_TURN = 0.004
"""Seconds of work on one body after which others have their turn."""


class BrokenTransfer(Exception):
    """Raised into the server after an answer began that can't be finished: it must break the connection off."""


class Reverse:
    """*exchanges* in front of the site that *upstream* reaches; *local* serves our own pages.

    At most *in_flight* requests are served at once by one process. An upload of which nothing comes for *patience*
    seconds ends with 408, and earlier where others need its place.
    """

    def __init__(
        self,
        exchanges: Exchanges,
        upstream: Upstream,
        local: App,
        *,
        in_flight: int = 1024,
        patience: float = 300,
    ) -> None:
        self._exchanges = exchanges
        self._upstream = upstream
        self._local = local
        self._watch = Watch(in_flight, patience)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one WebSocket."""
        head = head_of(scope)
        if scope["type"] == "websocket":
            await tunnel(self._exchanges.begin(head), scope, receive, send, self._upstream.websocket)
            return
        sent = Sent(send)
        if not self._watch.has_room():
            await sent.answer(trouble(head, 503))
            return
        exchange = self._exchanges.begin(head)
        body = RequestBody(receive, announced(head.headers, head.http_version))
        watched = Watched(receive, body)
        self._watch.add(watched)
        try:
            step = exchange.step
            if isinstance(step, Forward):
                await self._forward(exchange, step, head, body, sent)
            elif isinstance(step, Local):
                await self._local(of_own_page(scope, step), receive, sent)
            else:
                await sent.answer(step)
        except asyncio.CancelledError:
            if not watched.gone and not watched.late:
                raise
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            if watched.late and not sent.status:
                await sent.answer(exchange.refusal(408, "The request took too long to come."))
            elif watched.late:
                raise BrokenTransfer("the request took too long to come") from None
        except BrokenTransfer:
            raise
        except Exception as error:
            answer = exchange.failed(error)
            if sent.status:
                raise BrokenTransfer(str(error)) from error
            await sent.answer(answer)
        finally:
            self._watch.remove(watched)

    async def _forward(
        self, exchange: Exchange, step: Forward, head: RequestHead, body: RequestBody, sent: Sent
    ) -> None:
        try:
            if exchange.wants and (quiet := exchange.beginning(await body.start(exchange.wants))) is not None:
                await sent.answer(quiet)
                return
            response = await self._ask(step, head, body)
        except VisitorGone:
            # Not everybody who sends a broken body has left.
            await sent.answer(exchange.refusal(400, "The request's body was cut short."))
            return
        except UpstreamError as error:
            await sent.answer(exchange.trouble(error.status))
            return
        try:
            await _relay(exchange, response, sent)
        except VisitorGone:
            return
        except (UpstreamError, BrokenBody) as error:
            if sent.status:
                raise BrokenTransfer(str(error)) from error
            await sent.answer(exchange.trouble(502))
        finally:
            response.abort()

    async def _ask(self, step: Forward, head: RequestHead, body: RequestBody) -> Response:
        """Send the request, with its body if there is one, and wait for the head of the site's answer."""
        whole: bytes | AsyncGenerator[bytes] = b""
        length = body.length
        if body.possible and length is not None and length <= WHOLE_BODY:
            whole = await body.start(length)
            if len(whole) != length:
                raise VisitorGone
        elif body.possible:
            untold = length is None and not head.http_version.startswith("1")
            if untold:
                await body.start(1)  # a request of HTTP/2 tells by its first frame whether it has a body
            if not untold or not body.empty:
                whole = body.pieces()
        return await self._upstream.request(
            head.method, step.target, step.headers, whole, length=length, visitor=head.connection
        )


async def _relay(exchange: Exchange, response: Response, sent: Sent) -> None:
    """Pass the site's answer on."""
    rewritten = exchange.answered(response.status, response.headers)
    if response.ended:
        data = response.take()
        length = None
        if rewritten:
            data = b"".join([out async for out in _paced(exchange.body(data, True)) if out])
            length = len(data)
        status, headers = exchange.start(length)
        await sent.whole(status, headers, data)
        return
    if not rewritten:
        # Not every server sends the head before it has a piece of the body; an event stream may have none for long.
        await sent.start(*exchange.start())
        await sent.more(response.take())
    await _stream(exchange, response, sent, rewritten=rewritten)


async def _stream(exchange: Exchange, response: Response, sent: Sent, *, rewritten: bool) -> None:
    """What is still to come of a body, as it comes; the head too, if the first bytes were to be seen before it."""
    waiting, last, came = b"", False, False
    while not last:
        if came and not sent.status:
            data = await _read_soon(response)
        else:
            data = await response.read()
        came = bool(data)
        last = response.over
        if rewritten:
            async for out in _paced(exchange.body(data, last)):
                if waiting and out:
                    await _send_more(exchange, waiting, sent)
                waiting = out or waiting
        else:
            waiting = data
        if waiting and not last:
            await _send_more(exchange, waiting, sent)
            waiting = b""
    if not sent.status:
        await sent.start(*exchange.start())
    await sent.last(waiting)


async def _read_soon(response: Response) -> bytes:
    """What has arrived; empty where nothing comes for a while: what reads the page need not wait for its charset.

    Browsers don't either, and a page that is written slowly is to be seen as it is written.
    """
    try:
        return await asyncio.wait_for(response.read(), _PATIENCE)
    except TimeoutError:
        return b""


async def _send_more(exchange: Exchange, data: bytes, sent: Sent) -> None:
    if not sent.status:
        await sent.start(*exchange.start())
    await sent.more(data)


async def _paced(steps: Iterator[bytes]) -> AsyncGenerator[bytes]:
    """*steps*, with others served in between: a long page must not make everybody wait."""
    began = time.perf_counter()
    for out in steps:
        yield out
        if time.perf_counter() - began > _TURN:
            await asyncio.sleep(0)
            began = time.perf_counter()
