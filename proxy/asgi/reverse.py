"""The reverse proxy: one ASGI callable that asks the gate, and moves bytes between the visitor and the site.

This is the hot path. An asset costs one wait for the site and two messages to the server; tasks and timers are made
only for what takes long.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Protocol

from ..audit.leak_audit import LeakAudit
from ..gate.decisions import SNIFFED, Decision, Forward, Local, Refuse, Reply
from ..gate.messages import BrokenBody, Fault, RequestHead, ResponsePlan, Unreadable
from ..http.headers import Headers
from ..upstream.client import Upstream
from ..upstream.errors import UpstreamError, VisitorGone
from ..upstream.response import Response
from . import answers
from .bodies import RequestBody, announced
from .scopes import head_of, with_headers
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


class GateLike(Protocol):
    """What the reverse proxy needs of a gate."""

    def request(self, head: RequestHead, now: float) -> Decision:
        """What becomes of *head*."""


class Reverse:
    """*gate* in front of the site that *upstream* reaches; *local* serves our own pages.

    At most *in_flight* requests are served at once by one process. An upload of which nothing comes for *patience*
    seconds ends with 408, and earlier where others need its place. *viewed* gets what a visit tells of a page view, and
    must return at once. *audit* is shown what goes out on both sides.
    """

    def __init__(
        self,
        gate: GateLike,
        upstream: Upstream,
        local: App,
        *,
        in_flight: int = 1024,
        patience: float = 300,
        viewed: Callable[[Any], None] | None = None,
        audit: LeakAudit | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._gate = gate
        self._upstream = upstream
        self._local = local
        self._viewed = viewed
        self._audit = audit
        self._clock = clock
        self._watch = Watch(in_flight, patience)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one WebSocket."""
        head = head_of(scope)
        if scope["type"] == "websocket":
            decision = self._gate.request(head, self._clock())
            await tunnel(decision, head, scope, receive, send, self._upstream.websocket)
            return
        if not self._watch.has_room():
            await _tell_trouble(send, 503, head)
            return
        decision = self._gate.request(head, self._clock())
        expected = announced(head.headers, head.http_version)
        body = RequestBody(receive, expected)
        watched = Watched(receive, body)
        sent = Sent(send)
        self._watch.add(watched)
        try:
            if isinstance(decision, Forward):
                if self._audit is not None:
                    released = decision.visit.standing.released
                    self._audit.asked(head.headers, head.target, decision.headers, decision.target, released)
                await self._forward(decision, head, body, sent)
            else:
                await self._answer(decision, head, scope, receive, sent)
        except asyncio.CancelledError:
            if not watched.gone and not watched.late:
                raise
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            if watched.late and not sent.status:
                slow = Refuse(408, "The request took too long to come.")
                await answers.refuse(sent, slow, head.headers, head.http_version)
            elif watched.late:
                raise BrokenTransfer("the request took too long to come") from None
        except BrokenTransfer:
            raise
        except Exception as error:
            self._fault(head, error)
            if sent.status:
                raise BrokenTransfer(str(error)) from error
            await _tell_trouble(sent, 503, head)
        finally:
            self._watch.remove(watched)

    def _fault(self, head: RequestHead, error: Exception) -> None:
        if self._audit is not None:
            path = head.target.partition(b"?")[0].decode("latin-1")
            self._audit.fault(Fault("request", path, error))

    async def _answer(
        self, decision: Refuse | Reply | Local, head: RequestHead, scope: Scope, receive: Receive, send: Sent
    ) -> None:
        if isinstance(decision, Local):
            scope = with_headers(scope, decision.headers)
            scope["holdback.standing"] = decision.standing
            await self._local(scope, receive, send)
        elif isinstance(decision, Reply):
            if self._audit is not None:
                self._audit.quiet(head.target)
            await answers.answer(send, decision, is_head=head.method == b"HEAD")
        else:
            await answers.refuse(send, decision, head.headers, head.http_version)

    async def _forward(
        self,
        decision: Forward,
        head: RequestHead,
        body: RequestBody,
        send: Sent,
    ) -> None:
        try:
            if body.possible:
                response = await self._send_body(decision, head, body, send)
                if response is None:
                    return
            else:
                response = await self._upstream.request(
                    head.method, decision.target, decision.headers, visitor=head.connection
                )
        except VisitorGone:
            # Not everybody who sends a broken body has left.
            cut = Refuse(400, "The request's body was cut short.")
            await answers.refuse(send, cut, head.headers, head.http_version)
            return
        except UpstreamError as error:
            await _tell_trouble(send, error.status, head)
            return
        try:
            await self._relay(decision.visit, head, response, send)
        except VisitorGone:
            return
        except (UpstreamError, BrokenBody) as error:
            if not send.status:
                await _tell_trouble(send, 502, head)
                return
            raise BrokenTransfer(str(error)) from error
        finally:
            response.abort()

    async def _send_body(
        self,
        decision: Forward,
        head: RequestHead,
        body: RequestBody,
        send: Sent,
    ) -> Response | None:
        """Send the request with its body; None where what the body says was answered by the gate."""
        if decision.sniff is not None:
            reply = decision.sniff(await body.start(SNIFFED))
            if reply is not None:
                if self._audit is not None:
                    self._audit.quiet(head.target)
                await answers.answer(send, reply, is_head=False)
                return None
        if body.length is not None and body.length <= WHOLE_BODY:
            whole = await body.start(body.length)
            if len(whole) != body.length:
                raise VisitorGone
            return await self._upstream.request(
                head.method, decision.target, decision.headers, whole, visitor=head.connection
            )
        if body.length is None and not head.http_version.startswith("1"):
            # An HTTP/2 request tells by its first frame whether it has a body.
            await body.start(1)
            if body.empty:
                return await self._upstream.request(
                    head.method, decision.target, decision.headers, visitor=head.connection
                )
        return await self._upstream.request(
            head.method,
            decision.target,
            decision.headers,
            body.pieces(),
            length=body.length,
            visitor=head.connection,
        )

    async def _relay(self, visit: Any, head: RequestHead, response: Response, send: Sent) -> None:
        plan: ResponsePlan = visit.response(response.status, response.headers)
        if self._viewed is not None and (view := visit.page_view()) is not None:
            self._viewed(view)
        body = plan.body
        if self._audit is not None:
            self._audit.answered(response.headers, plan.headers, visit.standing.released)
        if response.ended:
            data = response.take()
            if body is not None and response.has_body:
                try:
                    data = b"".join([out async for out in _paced(body.steps(data, True)) if out])
                except Unreadable as unread:
                    plan = plan.as_it_is()
                    await send.whole(plan.status, plan.headers, unread.raw)
                    return
            await send.whole(plan.status, _measured(plan, response, data), data)
            return
        if body is None:
            # Not every server sends the head before it has a piece of the body; an event stream may have none for long.
            await send.start(plan.status, plan.headers)
            await send.more(response.take())
        await _stream(plan, response, send)


async def _stream(plan: ResponsePlan, response: Response, send: Sent) -> None:
    """What is still to come of a body, as it comes; the head too, if the first bytes were to be seen before it."""
    waiting, last, came = b"", False, False
    while not last:
        if came and not send.status:
            data = await _read_soon(response)
        else:
            data = await response.read()
        came = bool(data)
        last = response.over
        if plan.body is None:
            waiting = data
        else:
            try:
                async for out in _paced(plan.body.steps(data, last)):
                    if waiting and out:
                        await _send_more(plan, waiting, send)
                    waiting = out or waiting
            except Unreadable as unread:
                plan, waiting = plan.as_it_is(), unread.raw
        if waiting and not last:
            await _send_more(plan, waiting, send)
            waiting = b""
    if not send.status:
        await send.start(plan.status, plan.headers)
    await send.last(waiting)


async def _read_soon(response: Response) -> bytes:
    """What has arrived; empty where nothing comes for a while: what reads the page need not wait for its charset.

    Browsers don't either, and a page that is written slowly is to be seen as it is written.
    """
    try:
        return await asyncio.wait_for(response.read(), _PATIENCE)
    except TimeoutError:
        return b""


async def _send_more(plan: ResponsePlan, data: bytes, send: Sent) -> None:
    if not send.status:
        await send.start(plan.status, plan.headers)
    await send.more(data)


async def _paced(steps: Iterator[bytes]) -> AsyncGenerator[bytes]:
    """*steps*, with others served in between: a long page must not make everybody wait."""
    began = time.perf_counter()
    for out in steps:
        yield out
        if time.perf_counter() - began > _TURN:
            await asyncio.sleep(0)
            began = time.perf_counter()


async def _tell_trouble(send: Send, status: int, head: RequestHead) -> None:
    headers, page = answers.trouble(status, head.headers)
    await answers.reply(send, status, headers, page, is_head=head.method == b"HEAD")


def _measured(plan: ResponsePlan, response: Response, data: bytes) -> Headers:
    """The head's lines with the length of a body that was rewritten whole."""
    if plan.body is None or not response.has_body:
        return plan.headers
    return [*plan.headers, (b"content-length", str(len(data)).encode())]
