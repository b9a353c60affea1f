"""The gate as a mitmproxy addon.

mitmproxy's events are the gate's questions: ``requestheaders`` asks about the request, ``request`` answers what
needs the body (our own pages, a call that only its body gives away), ``responseheaders`` asks about the response,
and the body streams through the filter that the answer names.
"""

import logging
import time
from collections.abc import Callable

from mitmproxy import http

from ..asgi.answers import trouble
from ..assembly.assembly import Assembly
from ..gate.body.filters import fed
from ..gate.decisions import SNIFFED, Forward, Local, Refuse, Reply
from ..gate.messages import BodyFilter, BrokenBody, RequestHead, Unreadable
from ..http.headers import Headers, every, first
from .local import ask, scope_for
from .mapping import Mapping

_KEY = "holdback"
_VERSIONS = {"HTTP/1.0": "1.0", "HTTP/2.0": "2", "HTTP/3": "3"}
_BODILESS = frozenset({204, 205, 304})
_log = logging.getLogger(__name__)


class GateAddon:
    """Runs the gate on every flow. *mapping* is given where Host is rewritten, as in a preview."""

    def __init__(self, assembly: Assembly, mapping: Mapping | None = None) -> None:
        self._assembly = assembly
        self._mapping = mapping

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Ask the gate about the request's head."""
        head = _head(flow)
        decision = self._assembly.gate.request(head, time.time())
        flow.metadata[_KEY] = decision
        match decision:
            case Refuse():
                flow.response = _refused(decision, head.headers)
            case Reply():
                flow.response = _response(decision.status, decision.headers, decision.body)
            case Forward():
                self._forward(flow, head, decision)

    def _forward(self, flow: http.HTTPFlow, head: RequestHead, decision: Forward) -> None:
        headers = decision.headers
        if self._mapping is not None:
            headers = self._mapping.request(headers)
        flow.request.data.path = decision.target
        flow.request.headers = http.Headers([*headers, *_connection(head.headers)])
        flow.request.stream = decision.sniff is None

    async def request(self, flow: http.HTTPFlow) -> None:
        """Answer what could not be answered without the request's body."""
        decision = flow.metadata.get(_KEY)
        if isinstance(decision, Local):
            answer = await self._own_page(flow, decision)
            flow.response = _response(*answer)
        elif isinstance(decision, Forward) and decision.sniff is not None:
            reply = decision.sniff((flow.request.raw_content or b"")[:SNIFFED])
            if reply is not None:
                flow.metadata[_KEY] = reply
                flow.response = _response(reply.status, reply.headers, reply.body)

    async def _own_page(self, flow: http.HTTPFlow, decision: Local) -> tuple[int, Headers, bytes]:
        scope = scope_for(
            flow.request.data.method,
            flow.request.data.path,
            decision.headers,
            scheme=decision.standing.scheme,
            peer=_peer(flow),
            standing=decision.standing,
        )
        answer = await ask(self._assembly.banner_app, scope, flow.request.raw_content or b"")
        return answer.status, answer.headers, answer.body

    async def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Ask the gate about the response's head, and put the filter on its body."""
        decision, response = flow.metadata.get(_KEY), flow.response
        if not isinstance(decision, Forward) or response is None:
            return
        headers = _lower(response.headers)
        upgrade = first(headers, b"upgrade") if response.status_code == 101 else None
        mapped: Callable[[bytes, bool], bytes] | None = None
        if self._mapping is not None:
            mapped = self._mapping.filter() if self._mapping.rewrites(headers) else None
            headers = self._mapping.response(headers)
        plan = decision.visit.response(response.status_code, headers)
        response.status_code = plan.status
        framing = _framing(flow, plan.status, plan.headers, upgrade)
        response.headers = http.Headers([*plan.headers, *framing])
        response.stream = _stream(flow, mapped, plan.body)
        if (view := decision.visit.page_view()) is not None:
            self._assembly.viewed(view)


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
    flow: http.HTTPFlow, mapped: Callable[[bytes, bool], bytes] | None, body: BodyFilter | None
) -> bool | Callable[[bytes], list[bytes]]:
    """How the body passes. mitmproxy calls with an empty piece at the end, and would end the body on one of ours."""
    if mapped is None and body is None:
        return True

    def feed(chunk: bytes) -> list[bytes]:
        last = not chunk
        if mapped is not None:
            chunk = mapped(chunk, last)
        if body is not None:
            try:
                chunk = fed(body, chunk, last)
            except (BrokenBody, Unreadable) as error:  # the head is gone already
                _log.warning("%s: %s", flow.request.path.partition("?")[0], error)
                flow.kill()  # type: ignore[no-untyped-call]
                raise
        return [chunk] if chunk else []

    return feed


def _response(status: int, headers: Headers, body: bytes) -> http.Response:
    response = http.Response.make(status, body)
    fields = [pair for pair in headers if pair[0] != b"content-length"]
    if status not in _BODILESS:
        fields.append((b"content-length", b"%d" % len(body)))
    response.headers = http.Headers(fields)
    return response


def _refused(refuse: Refuse, request: Headers) -> http.Response:
    headers, body = trouble(refuse.status, request, refuse.reason)
    return _response(refuse.status, [*headers, (b"connection", b"close")], body)
