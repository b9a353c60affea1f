"""Our own pages, asked in process: one ASGI request with a body that is there already."""

from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Scope

from ..exchange.answers import Answer
from ..http.headers import Headers


async def ask(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """Run *app* on one request and collect what it answers."""
    answer = Answer(500, [], b"")
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


def scope_for(
    method: bytes, target: bytes, headers: Headers, *, scheme: str, peer: tuple[str, int], standing: Any
) -> Scope:
    """The ASGI scope of a request for one of our own pages (ASGI specification, HTTP connection scope)."""
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method.decode("ascii", "replace").upper(),
        "scheme": scheme,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": peer,
        "server": None,
        "holdback.standing": standing,
    }
