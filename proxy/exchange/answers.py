"""Answers that we give ourselves: what the gate replies and refuses, and pages for when the site can't be shown."""

import html
from http import HTTPStatus
from pathlib import Path
from string import Template

from ..gate.decisions import Refuse, Reply
from ..http.headers import Headers, first
from .types import Send

_PAGES = Path(__file__).parent / "pages"
_PAGE = Template((_PAGES / "trouble.html").read_text("utf-8"))
RETRY_AFTER = 5
"""Seconds after which it makes sense to try again."""

_SENTENCES = {
    400: "Your browser sent a request that can't be understood safely.",
    413: "What was sent is larger than this site takes.",
    414: "The address is too long.",
    417: "The request expects something that is not done here.",
    431: "The request's header lines are too long.",
    502: "The site behind this address could not be reached, or answered with nonsense.",
    503: "Too many visitors are being served at this moment.",
    504: "The site behind this address took too long to answer.",
}


async def reply(send: Send, status: int, headers: Headers, body: bytes, *, is_head: bool = False) -> None:
    """A complete answer."""
    if status not in (204, 304) and first(headers, b"content-length") is None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})


async def answer(send: Send, told: Reply, *, is_head: bool) -> None:
    """What the gate replies in the site's place."""
    await reply(send, told.status, told.headers, told.body, is_head=is_head)


async def refuse(send: Send, refused: Refuse, request: Headers, http_version: str) -> None:
    """What the gate refuses; the connection is closed, for nobody can say where the next request begins."""
    headers, body = trouble(refused.status, request, refused.reason)
    if http_version.startswith("1"):
        headers.append((b"connection", b"close"))
    await reply(send, refused.status, headers, body)


def trouble(status: int, request: Headers, sentence: str = "") -> tuple[Headers, bytes]:
    """The headers and the body that tell *status* to whoever sent *request*: a page to browsers, a line to programs."""
    sentence = sentence or _SENTENCES.get(status, "")
    title = HTTPStatus(status).phrase
    headers: Headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    temporary = status in (502, 503, 504)
    if temporary:
        headers.append((b"retry-after", str(RETRY_AFTER).encode()))
    if b"text/html" not in (first(request, b"accept") or b""):
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
        return headers, f"{status} {title}. {sentence}\n".encode()
    headers.append((b"content-type", b"text/html; charset=utf-8"))
    headers.append((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"))
    again = f"Please try again in {RETRY_AFTER} seconds." if temporary else ""
    page = _PAGE.substitute(
        status=status, title=html.escape(title), sentence=html.escape(sentence), again=again
    )
    return headers, page.encode()
