"""Visitors of all kinds for minutes, with faults on both sides: every answer belongs to its request, nothing grows.

The time that an ordinary visitor waits is held against the time that the site itself takes meanwhile, in the same run.
"""

import asyncio
import hashlib
import os
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.rough_site import asset, page, rough_site

pytestmark = pytest.mark.soak

VISITORS = 12
ADDED = 0.1
"""Seconds that the proxy may add for 99 of 100 requests of an ordinary visitor, on a machine of its own."""
STALL = 1.0
"""The same on a machine that other tests share: nobody may stop the worker."""
GROWTH = 24 * 1024
"""Kilobytes that all processes together may grow by after the first third."""
LIMITS = "[limits]\nidle_timeout = 5\nhead_timeout = 3\nfirst_byte_timeout = 10\n"
TOKEN = re.compile(rb'name="token" value="([^"]*)"')
NAVIGATION = b"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\n"


class Soak:
    """What is found, and the requests to the proxy."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self.port = port
        self.chance = chance
        self.wrong: list[str] = []
        self.done: Counter[str] = Counter()
        self._number = 0

    def name(self, kind: str) -> str:
        """A path that nobody asked for yet."""
        self._number += 1
        return f"/{kind}/{self._number}"

    async def ask(
        self, target: str, lines: bytes = b"", *, method: bytes = b"GET", body: bytes = b"", port: int = 0
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        """One request on a connection of its own; status 0 where the answer broke off."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.port)
        try:
            length = b"Content-Length: %d\r\n" % len(body) if body or method == b"POST" else b""
            start = b"%b %b HTTP/1.1\r\nHost: shop.test\r\n" % (method, target.encode())
            writer.write(start + lines + length + b"\r\n" + body)
            return await asyncio.wait_for(_answer(reader), 30)
        except (OSError, asyncio.IncompleteReadError):
            return 0, {}, b""
        finally:
            writer.close()

    def expect(self, holds: bool, what: str) -> None:
        """Note *what* where it does not hold."""
        if not holds and len(self.wrong) < 20:
            self.wrong.append(what)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[bytes, bytes], bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2] if b": " in line)
    if b"content-length" in lines:
        return status, lines, await reader.readexactly(int(lines[b"content-length"]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:size]
    return status, lines, body


# What visitors do.


async def reads(soak: Soak) -> None:
    kind = soak.chance.choice(["page", "page", "slow", "stream"])
    target = soak.name(kind)
    lines = NAVIGATION if soak.chance.random() < 0.7 else b"Sec-Fetch-Dest: empty\r\n"
    status, head, body = await soak.ask(target, lines)
    soak.expect(status == 200, f"{target}: {status}")
    soak.expect(head.get(b"x-name") == target.encode(), f"{target}: the answer of {head.get(b'x-name')!r}")
    own = page(target)
    soak.expect(own[own.index(b"<h1>") :] in body, f"{target}: another page")
    soak.expect(
        b"src='https://www.googletagmanager" not in body.replace(b"data-hb-src", b""), f"{target}: live"
    )
    soak.expect((b"<hb-notice" in body) == (lines is NAVIGATION), f"{target}: notice")


async def loads(soak: Soak) -> None:
    target = soak.name("asset")
    status, head, body = await soak.ask(target, b"Sec-Fetch-Dest: image\r\n")
    soak.expect((status, body) == (200, asset(target)), f"{target}: {status}, {len(body)} bytes")
    soak.expect(head.get(b"x-name") == target.encode(), f"{target}: the answer of {head.get(b'x-name')!r}")


async def sends(soak: Soak) -> None:
    target, body = soak.name("echo"), soak.chance.randbytes(soak.chance.choice([10, 5_000, 300_000]))
    status, _, answer = await soak.ask(target, method=b"POST", body=body)
    soak.expect(
        (status, answer) == (200, hashlib.sha256(body).hexdigest().encode()),
        f"{target}: {status} {answer[:80]!r}",
    )


async def chooses(soak: Soak) -> None:
    _, _, form = await soak.ask("/_hb/choices", b"Accept: text/html\r\n")
    token = TOKEN.search(form)
    soak.expect(token is not None, "a form without a token")
    if token is not None:
        lines = b"Content-Type: application/x-www-form-urlencoded\r\n"
        body = b"action=%b&token=%b" % (soak.chance.choice([b"accept-all", b"reject-all"]), token[1])
        status, _, _ = await soak.ask("/_hb/choice", lines, method=b"POST", body=body)
        soak.expect(status == 303, f"a choice: {status}")


async def meets_a_fault(soak: Soak) -> None:
    kind = soak.chance.choice(["busy", "cut", "garbage", "bomb", "links", "deaf"])
    status, _, _ = await soak.ask(soak.name(kind), NAVIGATION)
    soak.expect(
        status in {"busy": (503,), "cut": (0, 502), "links": (200,), "bomb": (0, 200)}.get(kind, (502,)),
        f"{kind}: {status}",
    )


async def misbehaves(soak: Soak) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", soak.port)
    post = b"POST /echo/x HTTP/1.1\r\nHost: a\r\n"
    writer.write(
        soak.chance.choice(
            [
                b"GET / HTTP/1.1\r\nHost: a\r\nX-",
                b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"a=1; " * 15_000 + b"\r\n\r\n",
                b"GET /asset/x HTTP/1.1\r\nHost: a\r\n\r\n",
                post + b"Content-Length: 100000\r\n\r\nx",
                post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                post + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
                b"POST /deaf/x HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + b"x" * 200_000,
                b"POST /_hb/events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n" + b"[" * 9,
                os.urandom(300),
            ]
        )
    )
    with suppress(OSError, TimeoutError):
        data = await asyncio.wait_for(reader.read(200), soak.chance.random())
        soak.expect(b" 500 " not in data[:20], f"misbehaviour: {data[:60]!r}")
    writer.close()


DOINGS: dict[Callable[[Soak], Awaitable[None]], int] = {
    reads: 10, loads: 8, sends: 4, chooses: 1, meets_a_fault: 3, misbehaves: 4,
}  # fmt: skip


async def visits(soak: Soak, until: float) -> None:
    while time.monotonic() < until:
        [doing] = soak.chance.choices([*DOINGS], weights=[*DOINGS.values()])
        await doing(soak)
        soak.done[doing.__name__] += 1
        await asyncio.sleep(0.02)


async def ordinary(soak: Soak, site: int, until: float) -> tuple[list[float], list[float]]:
    """How long an ordinary visitor waits for pages, through the proxy and from the site, by turns."""
    through: list[float] = []
    direct: list[float] = []
    while time.monotonic() < until:
        for port, times in ((soak.port, through), (site, direct)):
            began = time.monotonic()
            target = soak.name("page")
            status, _, _ = await soak.ask(target, NAVIGATION, port=port)
            times.append(time.monotonic() - began)
            soak.expect(status == 200, f"{target}, ordinary: {status}")
        await asyncio.sleep(0.05)
    return through, direct


def memory(pid: int) -> int:
    """Kilobytes that the processes below *pid* have resident."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if int(lines["PPid"]) == pid:
                total += int(lines.get("VmRSS", "0 kB").split()[0])
    return total


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


async def soaked(proxy: Holdback, site: int, seconds: float) -> tuple[Soak, dict[str, Any]]:
    soak = Soak(proxy.port, random.Random(20261125))
    until = time.monotonic() + seconds
    visitors = [asyncio.create_task(visits(soak, until)) for _ in range(VISITORS)]
    watching = asyncio.create_task(ordinary(soak, site, until))
    await asyncio.sleep(seconds / 3)
    early = memory(proxy.process.pid)
    through, direct = await watching
    await asyncio.gather(*visitors)
    await asyncio.sleep(6)  # what stalls is ended by now
    late = memory(proxy.process.pid)
    return soak, {
        "early": early,
        "late": late,
        "p99": percentile(through, 0.99),
        "direct": percentile(direct, 0.99),
    }


@pytest.mark.parametrize(
    ("seconds", "added"), [(15, STALL), pytest.param(3600, ADDED, marks=pytest.mark.long)]
)
async def test_soak(tmp_path: Path, seconds: int, added: float) -> None:
    async with rough_site() as site:
        with serving(f"http://127.0.0.1:{site.port}", tmp_path / "data", config=LIMITS) as proxy:
            soak, measured = await soaked(proxy, site.port, seconds)
            said = proxy.process.output
            verified = proxy.command("log", "verify")
    print(dict(soak.done), dict(site.faults), measured)
    assert soak.wrong == []
    assert "Traceback" not in said
    assert "failed over" not in said
    assert verified.returncode == 0, verified.stdout
    assert measured["late"] - measured["early"] < GROWTH, measured
    assert measured["p99"] - measured["direct"] < added, measured
