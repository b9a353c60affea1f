"""The proxy with a gate that holds nothing: what is left is the wire.

Run as a program it serves like ``holdback serve`` does: ``python passing.py '{"upstream": …, "listen": …}'``.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from holdback.banner.consent.standing import Standing
from holdback.proxy.asgi.reverse import Reverse
from holdback.proxy.asgi.types import Receive, Scope, Send
from holdback.proxy.exchange.exchange import Exchanges
from holdback.proxy.gate.decisions import Decision, Forward, Local, Refuse, Reply
from holdback.proxy.gate.messages import BrokenBody, RequestHead, ResponsePlan
from holdback.proxy.gate.request import framing
from holdback.proxy.gate.request.trusted_hops import client, is_trusted, request_headers, response_headers
from holdback.proxy.gate.visit import Visit
from holdback.proxy.http.headers import Headers
from holdback.proxy.serving.server import serve
from holdback.proxy.serving.worker import Running
from holdback.proxy.settings.model import Settings
from holdback.proxy.upstream.client import Upstream
from holdback.proxy.upstream.pool import Timeouts

from .processes import Process, free_port


class Shouting:
    """A body filter: capital letters. A ``!`` can't be rewritten."""

    def steps(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        if b"!" in chunk:
            raise BrokenBody("a ! in the body")
        yield chunk.upper() + (b"." if last else b"")


class PassingVisit:
    """A visit whose response goes through; ``X-Shout: 1`` from the site asks for a rewritten body."""

    def response(self, status: int, headers: Headers) -> ResponsePlan:
        headers = response_headers(headers)
        if (b"x-shout", b"1") not in headers:
            return ResponsePlan(status, headers)
        return ResponsePlan(
            status, [pair for pair in headers if pair[0] not in (b"content-length", b"x-shout")], Shouting()
        )

    def page_view(self) -> None:
        return None


class PassingGate:
    """Refuses bad framing, answers ``/quiet`` itself, hands ``/_hb/`` over, and forwards all else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, head: RequestHead, now: float) -> Decision:
        limits = self._settings.limits
        refusal = framing.refusal(
            head.method,
            head.target,
            head.http_version,
            head.headers,
            framing.Limits(limits.target_bytes, limits.head_bytes, limits.header_count),
        )
        if refusal is not None:
            return Refuse(refusal.status, refusal.reason)
        if head.target.startswith(b"/_hb/"):
            return Local(cast(Standing, "standing"), head.headers)
        if head.target == b"/quiet":
            return Reply(200, [(b"content-type", b"text/plain")], b"quiet")
        who = client(head.peer, head.scheme, head.headers, self._settings.trusted_hops)
        headers = [pair for pair in request_headers(head.headers, who) if pair[0] != b"cookie"]
        sniff = _sniff if head.target == b"/sniff" else None
        return Forward(cast(Visit, PassingVisit()), head.target, headers, sniff)


def _sniff(start: bytes) -> Reply | None:
    return Reply(200, [], b"held") if b"track" in start else None


async def _local(scope: Scope, receive: Receive, send: Send) -> None:
    body = str(scope["holdback.standing"]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def build(settings: Settings) -> Running:
    """One process's worth."""
    limits = settings.limits
    timeouts = Timeouts(
        connect=limits.connect_timeout, first_byte=limits.first_byte_timeout, idle=limits.idle_timeout
    )
    upstream = Upstream(
        settings.upstream,
        timeouts=timeouts,
        shared=lambda address: is_trusted(address, settings.trusted_hops),
    )

    async def close() -> None:
        upstream.close()

    return Running(
        Reverse(
            Exchanges(PassingGate(settings)),
            upstream,
            _local,
            in_flight=limits.in_flight,
            patience=limits.idle_timeout,
        ),
        close,
    )


@contextmanager
def passing(
    upstream: str, env: dict[str, str] | None = None, **settings: Any
) -> Iterator[tuple[int, Process]]:
    """Serve *upstream* until the block ends; gives the port and the process."""
    port = free_port()
    told = {"upstream": upstream, "listen": f"127.0.0.1:{port}", **settings}
    program = "from tests.support.passing import main; main()"
    root = Path(__file__).parents[2]
    with Process(
        [sys.executable, "-c", program, json.dumps(told, default=str)], cwd=root, env=env
    ) as process:
        process.ready(lambda: "Holdback listens" in process.output)
        yield port, process


def main() -> None:
    """Serve with the settings of the first argument."""
    serve(Settings(**json.loads(sys.argv[1])), build)
