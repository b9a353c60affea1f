"""A site that can be had in two ways, as a server of its own and as an ASGI application, with the same answers."""

import gzip
import json

from starlette.types import Receive, Scope, Send

from .recording import Reply, Request

PAGE = b"""<!doctype html><html><head><title>Shop</title>
<link rel="preconnect" href="https://tracker.test"><script src="https://tracker.test/a.js"></script>
<script>acme('init')</script><script src="/own.js"></script></head>
<body><img src="//tracker.test/p.gif"><iframe srcdoc="<img src='https://tracker.test/x'>"></iframe>
<a href="https://tracker.test/">a link stays</a></body></html>"""
HTML = ("Content-Type", "text/html; charset=utf-8")
JSON = ("Content-Type", "application/json")
PNG = ("Content-Type", "image/png")
TRACKED = [
    ("Set-Cookie", "acme_id=1; Path=/; HttpOnly"),
    ("Set-Cookie", "sessionid=s; Path=/; HttpOnly"),
    ("Set-Cookie", "lang=en"),
    ("Set-Cookie", "acme_id=2; Domain=site.test"),
]
TOLD = (
    "cookie",
    "sec-gpc",
    "x-holdback-purposes",
    "x-forwarded-for",
    "x-forwarded-proto",
    "range",
    "if-none-match",
)

PAGES = {
    "/": Reply(PAGE, lines=[HTML, *TRACKED]),
    "/kept": Reply(PAGE, lines=[HTML, ("ETag", '"v1"'), ("Cache-Control", "public, max-age=600")]),
    "/old": Reply(b"", 302, [("Location", "/"), *TRACKED]),
    "/nothing": Reply(b"", 204, TRACKED),
    "/lost": Reply(PAGE, 404, [HTML]),
    "/picture.png": Reply(b"\x89PNG....", lines=[PNG, *TRACKED]),
    "/part.png": Reply(b"PNG", 206, [PNG, ("Content-Range", "bytes 1-3/8")]),
    "/hints": Reply(
        PAGE,
        lines=[
            HTML,
            (
                "Link",
                "<https://tracker.test/a.js>; rel=preload; as=script, </own.css>; rel=preload; as=style",
            ),
            ("Refresh", "3; url=https://tracker.test/"),
            ("Reporting-Endpoints", 'main="https://tracker.test/r"'),
        ],
    ),
    "/policy": Reply(PAGE, lines=[HTML, ("Content-Security-Policy", "default-src 'self' 'nonce-abc'")]),
    "/coded": Reply(gzip.compress(PAGE, mtime=0), lines=[HTML, ("Content-Encoding", "gzip")]),
    "/unreadable": Reply(b"\x01\x02", lines=[HTML, ("Content-Encoding", "exotic")]),
    "/wide": Reply(b"\xff\xfe" + PAGE.decode().encode("utf-16-le"), lines=[HTML]),
    "/xhtml": Reply(
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
        b'<body><img src="https://tracker.test/p.gif"/></body></html>',
        lines=[("Content-Type", "application/xhtml+xml")],
    ),
    "/unlabelled": Reply(PAGE),
    "/fragment": Reply(b'<li><img src="https://tracker.test/p.gif"></li>', lines=[HTML]),
    "/data.json": Reply(
        b'{"html": "<script src=\'https://tracker.test/a.js\'>"}',
        lines=[("Content-Type", "application/json")],
    ),
    "/download": Reply(PAGE, lines=[HTML, ("Content-Disposition", "attachment; filename=page.html")]),
}


def answer(request: Request) -> Reply:
    """The page of that path; elsewhere what of the request reached the site."""
    page = PAGES.get(request.path)
    if (
        page is not None
        and page.lines
        and ("ETag", '"v1"') in page.lines
        and request.get("if-none-match") == '"v1"'
    ):
        return Reply(b"", 304, [line for line in page.lines if line[0] == "ETag"])
    if page is not None:
        return page
    told = {name: request.get(name) for name in TOLD}
    body = {"method": request.method, "target": request.target, "body": len(request.body), **told}
    return Reply(json.dumps(body).encode(), lines=[JSON])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The same site in process."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    told = dict(headers)
    reply = answer(
        Request(scope["method"], told.get("host", ""), scope["raw_path"].decode() + query, headers, body)
    )
    lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.lines]
    if reply.status not in (204, 304):
        lines.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
