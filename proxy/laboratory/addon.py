"""An exchange for each flow of mitmproxy, as an addon.

``requestheaders`` begins it, ``request`` answers what needs the request's body (our own pages, a call that only its
body gives away), ``responseheaders`` takes the head of the site's answer, and the body streams through.
"""

import logging
from collections.abc import Callable

from mitmproxy import http

from ..assembly.assembly import Assembly
from ..exchange.answers import Answer
from ..exchange.exchange import Exchange
from ..gate.decisions import Forward, Local
from ..gate.messages import BrokenBody, RequestHead
from ..http.headers import Headers, every, first
from .local import ask, scope_for
from .mapping import Mapping

_KEY = "holdback"
_VERSIONS = {"HTTP/1.0": "1.0", "HTTP/2.0": "2", "HTTP/3": "3"}
_BODILESS = frozenset({204, 205, 304})
_log = logging.getLogger(__name__)


class GateAddon:
    """Runs an exchange on every flow. *mapping* is given where Host is rewritten, as in a preview."""

    def __init__(self, assembly: Assembly, mapping: Mapping | None = None) -> None:
        self._assembly = assembly
        self._mapping = mapping

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Begin with the request's head."""
        head = _head(flow)
        exchange = self._assembly.exchanges.begin(head)
        flow.metadata[_KEY] = exchange
        step = exchange.step
        if isinstance(step, Answer):
            flow.response = _response(step)
        elif isinstance(step, Forward):
            headers = step.headers
            if self._mapping is not None:
                headers = self._mapping.request(headers)
            flow.request.data.path = step.target
            flow.request.headers = http.Headers([*headers, *_connection(head.headers)])
            flow.request.stream = not exchange.wants

    async def request(self, flow: http.HTTPFlow) -> None:
        """Answer what could not be answered without the request's body."""
        exchange: Exchange | None = flow.metadata.get(_KEY)
        if exchange is None:
            return
        body = flow.request.raw_content or b""
        if isinstance(exchange.step, Local):
            flow.response = _response(await self._own_page(flow, exchange.step, body))
        elif exchange.wants and (quiet := exchange.beginning(body[: exchange.wants])) is not None:
            flow.response = _response(quiet)

    async def _own_page(self, flow: http.HTTPFlow, step: Local, body: bytes) -> Answer:
        scope = scope_for(
            flow.request.data.method,
            flow.request.data.path,
            step.headers,
            scheme=step.standing.scheme,
            peer=_peer(flow),
            standing=step.standing,
        )
        return await ask(self._assembly.banner_app, scope, body)

    async def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Take the head of the site's answer, and send its body through the exchange."""
        exchange: Exchange | None = flow.metadata.get(_KEY)
        response = flow.response
        if exchange is None or response is None or not isinstance(exchange.step, Forward):
            return
        headers = _lower(response.headers)
        upgrade = first(headers, b"upgrade") if response.status_code == 101 else None
        mapped: Callable[[bytes, bool], bytes] | None = None
        if self._mapping is not None:
            mapped = self._mapping.filter() if self._mapping.rewrites(headers) else None
            headers = self._mapping.response(headers)
        rewritten = exchange.answered(response.status_code, headers)
        # mitmproxy sends the head before it has anything of the body.
        response.status_code, kept = exchange.start()
        framing = _framing(flow, response.status_code, kept, upgrade)
        response.headers = http.Headers([*kept, *framing])
        response.stream = _stream(flow, mapped, exchange) if rewritten or mapped is not None else True


def _head(flow: http.HTTPFlow) -> RequestHead:
    request = flow.request
    headers = _lower(request.headers)
    if request.is_http2 and not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", request.data.authority))
    return RequestHead(
        method=request.data.method,
        target=request.data.path,
        headers=headers,
        scheme="https" if flow.client_conn.tls else "http",
        peer=_peer(flow)[0],
        http_version=_VERSIONS.get(request.http_version, "1.1"),
    )


def _peer(flow: http.HTTPFlow) -> tuple[str, int]:
    address = flow.client_conn.peername
    return (address[0], address[1]) if address else ("", 0)


def _lower(headers: http.Headers) -> Headers:
    return [(name.lower(), value) for name, value in headers.fields]


def _connection(headers: Headers) -> Headers:
    """What the gate takes off as the hop's own and mitmproxy expects to find: framing and a genuine upgrade."""
    out: Headers = [(b"transfer-encoding", value) for value in every(headers, b"transfer-encoding")]
    upgrade = first(headers, b"upgrade")
    if upgrade is not None and upgrade.lower() == b"websocket":
        out += [(b"connection", b"Upgrade"), (b"upgrade", upgrade)]
    return out


def _framing(flow: http.HTTPFlow, status: int, headers: Headers, upgrade: bytes | None) -> Headers:
    if status == 101 and upgrade is not None:
        return [(b"connection", b"Upgrade"), (b"upgrade", upgrade)]
    bodiless = status in _BODILESS or status < 200 or flow.request.method == "HEAD"
    if bodiless or flow.request.http_version != "HTTP/1.1" or first(headers, b"content-length") is not None:
        return []
    return [(b"transfer-encoding", b"chunked")]


def _stream(
    flow: http.HTTPFlow, mapped: Callable[[bytes, bool], bytes] | None, exchange: Exchange
) -> Callable[[bytes], list[bytes]]:
    """How the body passes. mitmproxy calls with an empty piece at the end, and would end the body on one of ours."""

    def feed(chunk: bytes) -> list[bytes]:
        last = not chunk
        if mapped is not None:
            chunk = mapped(chunk, last)
        try:
            chunk = b"".join(exchange.body(chunk, last))
        except BrokenBody as error:
            _log.warning("%s: %s", flow.request.path.partition("?")[0], error)
            flow.kill()  # type: ignore[no-untyped-call]
            raise
        return [chunk] if chunk else []

    return feed


def _response(answer: Answer) -> http.Response:
    response = http.Response.make(answer.status, answer.body)
    response.headers = http.Headers(answer.headers)
    return response
