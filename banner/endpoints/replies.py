"""How the banner's own endpoints answer: nothing is cached, nothing is framed, nothing may be loaded."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from ..notice.templating import stylesheet
from .packed import packed

SCRIPT = "text/javascript; charset=utf-8"
_PRIVATE = {
    "cache-control": "private, no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_OWN = {**_PRIVATE, "cache-control": "private, no-cache"}


@cache
def _policy(css: str, framed_by: str) -> str:
    """A page of ours runs no script and loads nothing."""
    style = base64.b64encode(hashlib.sha256(stylesheet(css).encode()).digest()).decode("ascii")
    closed = ("default-src 'none'", "base-uri 'none'", "form-action 'self'", f"frame-ancestors {framed_by}")
    return "; ".join([*closed, f"style-src 'sha256-{style}'"])


def page(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page of ours. Framed, it could be clicked without being seen."""
    policy = _policy("page.css", "'none'")
    own = {"content-security-policy": policy, "x-frame-options": "DENY", "vary": "Accept, Accept-Language"}
    return HTMLResponse(html, status, {**_PRIVATE, **own, **(headers or {})})


def placeholder(html: str) -> Response:
    """What stands in a frame of the site's own page, and in nobody else's."""
    own = {"content-security-policy": _policy("embed.css", "'self'"), "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(html, 200, {**_PRIVATE, **own, "vary": "Accept-Language"})


def data(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer for a program."""
    return JSONResponse(content, status, {**_PRIVATE, **(headers or {})})


def plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """One sentence."""
    return PlainTextResponse(f"{text}\n", status, {**_PRIVATE, **(headers or {})})


def nothing() -> Response:
    """All is well, and there is nothing to say."""
    return Response(status_code=204, headers=_PRIVATE)


def redirect(path: str) -> Response:
    """Back to a page of the site, by GET (RFC 9110 §15.4.4)."""
    return RedirectResponse(path, 303, _PRIVATE)


async def told(request: Request, text: bytes) -> Response:
    """An answer for a program, in JSON, that many get alike."""
    return await packed(request, text, "application/json", _PRIVATE)


async def guard(request: Request, code: bytes) -> Response:
    """The guard for one visitor's page."""
    return await packed(request, code, SCRIPT, _OWN, lasts=True)


def script(code: bytes) -> Response:
    """A script for one visitor's page."""
    return Response(code, 200, _OWN, SCRIPT)


def by_script(request: Request) -> bool:
    """Whether a script asks: it sends JSON, or accepts JSON and no page. Otherwise pages and redirects are sent."""
    if "json" in request.headers.get("content-type", "").lower():
        return True
    accept = request.headers.get("accept", "").lower()
    return "json" in accept and "text/html" not in accept


def by_browser(request: Request) -> bool:
    """Whether a browser navigates: only then does ``Accept`` name HTML."""
    return "text/html" in request.headers.get("accept", "").lower()
