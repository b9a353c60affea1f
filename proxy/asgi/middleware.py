"""The gate around an application that is already Python: Starlette, FastAPI, Django, anything that speaks ASGI.

    app = HoldbackMiddleware(app, data="holdback-data")
    app.add_middleware(HoldbackMiddleware, data="holdback-data")    # Starlette, FastAPI

It takes the settings of ``holdback.toml`` as keywords; ``upstream`` and ``listen`` mean nothing here.
"""

import time
from typing import Any

from ..assembly.assembly import Assembly, assemble
from ..gate.body.document_kinds import Kind
from ..gate.body.filters import fed
from ..gate.decisions import SNIFFED, Decision, Forward, Local, Reply
from ..gate.messages import BrokenBody, ResponsePlan, Unreadable
from ..http.headers import Header, Headers, first
from ..settings.model import Settings
from ..upstream.errors import VisitorGone
from . import answers
from .bodies import RequestBody, announced
from .reverse import BrokenTransfer
from .scopes import head_of, with_headers
from .types import App, Message, Receive, Scope, Send

_BYPASSES = frozenset(
    {"http.response.pathsend", "http.response.zerocopysend", "http.response.early_hint", "http.response.push"}
)
"""Extensions by which an application would answer past us."""


class HoldbackMiddleware:
    """*app* behind the gate. The store is opened at the first event in the process, so that forked workers are safe.

    Raises ``pydantic.ValidationError`` for a setting that won't do.
    """

    def __init__(self, app: App, **settings: Any) -> None:
        self.app = app
        self._settings = Settings(**settings)
        self._built: Assembly | None = None

    @property
    def assembly(self) -> Assembly:
        """The gate and what belongs to it; built when it is asked for first."""
        if self._built is None:
            self._built = assemble(self._settings)
        return self._built

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what the gate answers itself, and let the application serve the rest."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        head = head_of(scope)
        decision = self.assembly.gate.request(head, time.time())
        if scope["type"] == "websocket":
            await self._websocket(decision, scope, receive, send)
        elif isinstance(decision, Forward):
            await self._forward(decision, scope, receive, send)
        elif isinstance(decision, Local):
            scope = with_headers(scope, decision.headers)
            scope["holdback.standing"] = decision.standing
            await self.assembly.banner_app(scope, receive, send)
        elif isinstance(decision, Reply):
            await answers.answer(send, decision, is_head=head.method == b"HEAD")
        else:
            await answers.refuse(send, decision, head.headers, head.http_version)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if self._built is not None:
                await self._built.close()

    async def _forward(self, decision: Forward, scope: Scope, receive: Receive, send: Send) -> None:
        if decision.sniff is not None:
            body = RequestBody(receive, announced(decision.headers, scope["http_version"]))
            try:
                reply = decision.sniff(await body.start(SNIFFED))
            except VisitorGone:
                return
            if reply is not None:
                await answers.answer(send, reply, is_head=False)
                return
            receive = body.again
        inner = with_headers(scope, decision.headers)
        inner["query_string"] = decision.target.partition(b"?")[2]
        if decision.visit.kind is not Kind.ASSET:
            extensions = scope.get("extensions") or {}
            inner["extensions"] = {name: value for name, value in extensions.items() if name not in _BYPASSES}
        held = _Response(decision, scope, self.assembly, send)
        await self.app(inner, receive, held.send)

    async def _websocket(self, decision: Decision, scope: Scope, receive: Receive, send: Send) -> None:
        if not isinstance(decision, Forward):
            await receive()
            await send({"type": "websocket.close"})
            return

        async def answered(message: Message) -> None:
            if message["type"] == "websocket.accept":
                headers = _lowered(message.get("headers", []))
                message = {**message, "headers": decision.visit.response(101, headers).headers}
            await send(message)

        await self.app(with_headers(scope, decision.headers), receive, answered)


class _Response:
    """One response of the application on its way through the gate; its head is held until the gate has decided."""

    def __init__(self, decision: Forward, scope: Scope, assembly: Assembly, send: Send) -> None:
        self._visit = decision.visit
        self._scope = scope
        self._assembly = assembly
        self._send = send
        self._plan: ResponsePlan | None = None
        self._started = False

    async def send(self, message: Message) -> None:
        """What the application sends."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body" and self._plan is not None:
            await self._rewrite(
                self._plan, message.get("body", b""), last=not message.get("more_body", False)
            )
        else:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        plan = self._visit.response(message["status"], _lowered(message.get("headers", [])))
        if (view := self._visit.page_view()) is not None:
            self._assembly.viewed(view)
        if plan.body is None or self._scope["method"] == "HEAD":
            await self._send({**message, "status": plan.status, "headers": plan.headers})
        else:
            self._plan = plan

    async def _rewrite(self, plan: ResponsePlan, data: bytes, *, last: bool) -> None:
        try:
            if plan.body is not None:
                data = fed(plan.body, data, last)
        except Unreadable as unread:
            plan = self._plan = plan.as_it_is()
            data = unread.raw
        except BrokenBody as error:
            raise BrokenTransfer(str(error)) from error
        if not self._started:
            if not data and not last:
                return
            self._started = True
            headers = plan.headers
            if last and first(headers, b"content-length") is None:
                headers = [*headers, (b"content-length", str(len(data)).encode())]
            await self._send({"type": "http.response.start", "status": plan.status, "headers": headers})
        if data or last:
            await self._send({"type": "http.response.body", "body": data, "more_body": not last})


def _lowered(headers: list[Header]) -> Headers:
    return [(name.lower(), value) for name, value in headers]
