"""Complete answers of our own: what the gate replies and refuses, and pages for when the site can't be shown."""

import html
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from string import Template

from ..gate.messages import RequestHead
from ..http.headers import Headers, first

_PAGES = Path(__file__).parent / "pages"
_PAGE = Template((_PAGES / "trouble.html").read_text("utf-8"))
RETRY_AFTER = 5
"""Seconds after which it makes sense to try again."""
_UNMEASURED = (204, 304)
"""Statuses whose answers have no length (RFC 9110 §8.6)."""

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


@dataclass(slots=True)
class Answer:
    """An answer to send as it is: its ``headers`` tell its length, and the ``body`` of one to HEAD is empty."""

    status: int
    headers: Headers
    body: bytes


def answer(head: RequestHead, status: int, headers: Headers, body: bytes) -> Answer:
    """The answer to *head* that has *body* where a body may be."""
    if status not in _UNMEASURED and first(headers, b"content-length") is None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    return Answer(status, headers, b"" if head.method == b"HEAD" else body)


def refusal(head: RequestHead, status: int, sentence: str) -> Answer:
    """*head* is refused; the connection is closed, for nobody can say where the next request begins."""
    refused = trouble(head, status, sentence)
    if head.http_version.startswith("1"):
        refused.headers.append((b"connection", b"close"))
    return refused


def trouble(head: RequestHead, status: int, sentence: str = "") -> Answer:
    """What tells *status* to whoever sent *head*: a page to browsers, a line to programs."""
    sentence = sentence or _SENTENCES.get(status, "")
    title = HTTPStatus(status).phrase
    headers: Headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    temporary = status in (502, 503, 504)
    if temporary:
        headers.append((b"retry-after", str(RETRY_AFTER).encode()))
    if b"text/html" not in (first(head.headers, b"accept") or b""):
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
        return answer(head, status, headers, f"{status} {title}. {sentence}\n".encode())
    headers.append((b"content-type", b"text/html; charset=utf-8"))
    headers.append((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"))
    again = f"Please try again in {RETRY_AFTER} seconds." if temporary else ""
    page = _PAGE.substitute(
        status=status, title=html.escape(title), sentence=html.escape(sentence), again=again
    )
    return answer(head, status, headers, page.encode())
