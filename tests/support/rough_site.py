"""A site for soaks, at the level of bytes: each answer says whose it is, and some go wrong on purpose."""

import asyncio
import gzip
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PAGE = (
    "<!doctype html><html><head><title>{name}</title><script src='https://www.googletagmanager.com/gtag/js?id=G-1'>"
    "</script></head><body><h1>{name}</h1>{filler}<svg><path d='M1 1z'></path><!-- icon --></svg></body></html>"
)


def asset(name: str) -> bytes:
    """The bytes of the asset called *name*: as many as its hash says, up to 200 kB."""
    digest = hashlib.sha256(name.encode()).digest()
    return (digest * 6400)[: int.from_bytes(digest[:2]) * 3 + 1]


def page(name: str) -> bytes:
    """The page called *name*; no two are alike."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    paragraphs = int(digest[:2], 16) % 64 + 1
    return PAGE.format(name=name, filler=f"<p class='{digest}'>{digest}</p>" * paragraphs).encode()


class RoughSite:
    """The site. ``faults`` counts the answers that were meant to be none."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while await self._one(reader, writer):
                await writer.drain()
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ", 2)[1].decode("latin-1")
        kind = target.split("/")[1]
        if kind == "deaf":  # does not read what is sent
            self.faults[kind] += 1
            await asyncio.sleep(1)
            return False
        body = await self._body(head, reader)
        if kind == "slow":
            await asyncio.sleep(0.3)
        name = b"x-name: %b\r\n" % target.encode("latin-1")
        if kind in ("page", "slow"):
            html, coded = page(target), b""
            if b"gzip" in head:
                html, coded = gzip.compress(html, 1), b"content-encoding: gzip\r\n"
            writer.write(_answer(html, b"content-type: text/html\r\n" + coded + name))
        elif kind == "asset":
            writer.write(_answer(asset(target), b"content-type: application/octet-stream\r\n" + name))
        elif kind == "echo":
            writer.write(
                _answer(hashlib.sha256(body).hexdigest().encode(), b"content-type: text/plain\r\n" + name)
            )
        elif kind == "stream":
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n"
                + name
                + b"\r\n"
            )
            html = page(target)
            for start in range(0, len(html), 500):
                piece = html[start : start + 500]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await asyncio.sleep(0.001)
            writer.write(b"0\r\n\r\n")
        else:
            return await self._wrong(kind, target, writer)
        return True

    async def _wrong(self, kind: str, target: str, writer: asyncio.StreamWriter) -> bool:
        self.faults[kind] += 1
        if kind == "busy":
            writer.write(b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy")
            return True
        if kind == "cut":
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 99999\r\n\r\n" + page(target)
            )
        elif kind == "garbage":
            writer.write(b"\x16\x03\x01 nothing of HTTP\r\n\r\n")
        elif kind == "bomb":
            writer.write(
                _answer(
                    gzip.compress(bytes(30_000_000), 9),
                    b"content-type: text/html\r\ncontent-encoding: gzip\r\n",
                )
            )
            return True
        elif kind == "links":
            writer.write(_answer(b"x", b"link: <a>;" + b"a= ;" * 500 + b'"\r\ncontent-type: text/html\r\n'))
            return True
        await writer.drain()
        return False

    @staticmethod
    async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
        if length := re.search(rb"(?i)\r\ncontent-length: (\d+)", head):
            return await reader.readexactly(int(length[1]))
        if not re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
            return b""
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:size]
        await reader.readuntil(b"\r\n")
        return body


def _answer(body: bytes, lines: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n\r\n%b" % (lines, len(body), body)


@asynccontextmanager
async def rough_site() -> AsyncIterator[RoughSite]:
    """The site on a free port until the block ends."""
    site = RoughSite()
    server = await asyncio.start_server(site, "127.0.0.1", 0, backlog=512)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        server.close_clients()  # type: ignore[attr-defined]  # new in Python 3.13
        await server.wait_closed()
