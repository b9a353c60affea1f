"""The gate around an application that is already Python: Starlette, FastAPI, Django, anything that speaks ASGI.

    app = HoldbackMiddleware(app, data="holdback-data")
    app.add_middleware(HoldbackMiddleware, data="holdback-data")    # Starlette, FastAPI

It takes the settings of ``holdback.toml`` as keywords; ``upstream`` and ``listen`` mean nothing here.
"""

from typing import Any

from ..assembly.assembly import Assembly, assemble
from ..exchange.exchange import Exchange
from ..gate.body.document_kinds import Kind
from ..gate.decisions import Forward, Local
from ..gate.messages import BrokenBody
from ..http.headers import Header, Headers
from ..settings.model import Settings
from ..upstream.errors import VisitorGone
from .request_body import RequestBody, announced
from .reverse import BrokenTransfer
from .scopes import head_of, of_own_page, with_headers
from .sent import Sent
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
        self._assembly: Assembly | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what the exchange says is ours to answer, and let the application serve the rest."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        assembly = self._assembly
        if assembly is None:
            assembly = self._assembly = assemble(self._settings)
            assembly.start()
        exchange = assembly.exchanges.begin(head_of(scope))
        step = exchange.step
        if scope["type"] == "websocket":
            await self._websocket(exchange, scope, receive, send)
        elif isinstance(step, Forward):
            await self._forward(exchange, step, scope, receive, send)
        elif isinstance(step, Local):
            await assembly.banner_app(of_own_page(scope, step), receive, send)
        else:
            await Sent(send).answer(step)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The process's life, to its clean end: what was counted and not written yet is written then."""
        heard = answered = False

        async def hearing() -> Message:
            nonlocal heard
            heard = True
            return await receive()

        async def answering(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            try:
                await self.app(scope, hearing, answering)
            except Exception:
                if answered:
                    raise
            if not answered:
                # An application may know nothing of this and raise (ASGI, "Lifespan Protocol"); we still have an end.
                if not heard:
                    await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
        finally:
            if self._assembly is not None:
                await self._assembly.close()
        if not answered:
            await send({"type": "lifespan.shutdown.complete"})

    async def _forward(
        self, exchange: Exchange, step: Forward, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if exchange.wants:
            body = RequestBody(receive, announced(step.headers, scope["http_version"]))
            try:
                quiet = exchange.beginning(await body.start(exchange.wants))
            except VisitorGone:
                return
            if quiet is not None:
                await Sent(send).answer(quiet)
                return
            receive = body.again
        inner = with_headers(scope, step.headers)
        inner["query_string"] = step.target.partition(b"?")[2]
        if step.visit.kind is not Kind.ASSET:
            extensions = scope.get("extensions") or {}
            inner["extensions"] = {name: value for name, value in extensions.items() if name not in _BYPASSES}
        await self.app(inner, receive, _Response(exchange, send).send)

    async def _websocket(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        step = exchange.step
        if not isinstance(step, Forward):
            await receive()
            await send({"type": "websocket.close"})
            return
        refused = _Response(exchange, send, "websocket.http.response")

        async def answered(message: Message) -> None:
            if message["type"] == "websocket.accept":
                exchange.answered(101, _lowered(message.get("headers", [])))
                message = {**message, "headers": exchange.start()[1]}
                await send(message)
            else:
                await refused.send(message)

        await self.app(with_headers(scope, step.headers), receive, answered)


class _Response:
    """One response of the application on its way to the visitor; its head waits until the exchange can tell it.

    *kind* is how ASGI calls its messages: an upgrade that is refused is answered under another name.
    """

    def __init__(self, exchange: Exchange, send: Send, kind: str = "http.response") -> None:
        self._exchange = exchange
        self._send = send
        self._head, self._body = f"{kind}.start", f"{kind}.body"
        self._rewritten = False
        self._started = False

    async def send(self, message: Message) -> None:
        """What the application sends."""
        if message["type"] == self._head:
            self._rewritten = self._exchange.answered(message["status"], _lowered(message.get("headers", [])))
            if not self._rewritten:
                status, headers = self._exchange.start()
                await self._send({**message, "status": status, "headers": headers})
        elif message["type"] == self._body and self._rewritten:
            await self._rewrite(message.get("body", b""), last=not message.get("more_body", False))
        else:
            await self._send(message)

    async def _rewrite(self, data: bytes, *, last: bool) -> None:
        try:
            data = b"".join(self._exchange.body(data, last))
        except BrokenBody as error:
            raise BrokenTransfer(str(error)) from error
        if not self._started:
            if not data and not last:
                return
            self._started = True
            status, headers = self._exchange.start(len(data) if last else None)
            await self._send({"type": self._head, "status": status, "headers": headers})
        if data or last:
            await self._send({"type": self._body, "body": data, "more_body": not last})


def _lowered(headers: list[Header]) -> Headers:
    return [(name.lower(), value) for name, value in headers]
