"""Between ASGI's scope and the gate's request head."""

from ..gate.decisions import Local
from ..gate.messages import RequestHead
from ..http.headers import Headers
from .types import Scope

_SECURE = frozenset({"https", "wss"})
_VERSIONS = {"1": "1.0"}


def head_of(scope: Scope) -> RequestHead:
    """The request's head as the server received it. The headers are copied: Uvicorn appends trailers to its list."""
    query = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    version: str = scope["http_version"]
    return RequestHead(
        scope.get("method", "GET").encode("latin-1"),
        path + b"?" + query if query else path,
        list(scope["headers"]),
        "https" if scope["scheme"] in _SECURE else "http",
        client[0] if client else "",
        _VERSIONS.get(version, version),
        client if version[0] == "1" else None,
    )


def with_headers(scope: Scope, headers: Headers) -> Scope:
    """A copy of *scope* for an application that is to see *headers*."""
    return {**scope, "headers": headers}


def of_own_page(scope: Scope, step: Local) -> Scope:
    """A copy of *scope* for our own pages."""
    return {**scope, "headers": step.headers, "holdback.standing": step.standing}
