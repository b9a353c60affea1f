"""Bodies of the banner's own endpoints: never longer than the limit, and read as what they say they are."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_FIELDS = 2000

# It warns of each form that it can't read: with that anybody could fill the owner's log. The visitor is told.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


class Malformed(ValueError):
    """A body that can't be read; the text says what would be right."""


class Capped:
    """Refuses a body of more than *most* bytes, whether or not its length was announced; *larger* says for which paths,
    by how they begin, it may be more.

    It stands inside Starlette's handling of ``HTTPException``, which makes the 413 of what is raised here.
    """

    def __init__(self, app: ASGIApp, most: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._most = most
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; reading more than it may raises ``HTTPException``."""
        path = scope.get("path", "")
        most = next((size for start, size in self._larger.items() if path.startswith(start)), self._most)
        left = most if _announced(scope) <= most else -1

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"the body must not be longer than {most} bytes")
            return message

        await self._app(scope, counted, send)


def _announced(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a form, however it was sent: a single value by name, or all of them."""

    _values: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        """The first value of *name*; empty where there is none."""
        return next(iter(self.every(name)), "")

    def every(self, name: str) -> list[str]:
        """Every value of *name*, in order."""
        return self._values.get(name, [])


async def fields(request: Request) -> Fields:
    """The fields of a form (urlencoded or multipart, without files) or of a JSON object. Raises :class:`Malformed`."""
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if essence == "application/json":
        body = await json_body(request)
        if not isinstance(body, dict):
            raise Malformed("the body must be a JSON object")
        return Fields({name: _strings(value) for name, value in body.items()})
    if essence == "multipart/form-data":
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    else:
        pairs = _pairs(await request.body())
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return Fields(values)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Malformed("the body must be a form") from None


async def json_body(request: Request) -> Any:
    """The body as JSON, whatever type it claims: a beacon can only say ``text/plain``. Raises :class:`Malformed`."""
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Malformed("the body must be JSON") from None


def _strings(value: object) -> list[str]:
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, str)]
