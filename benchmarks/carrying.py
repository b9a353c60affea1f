"""What one worker carries: choices and events a second, big bodies, idle connections, and the delay that it adds.

    python benchmarks/carrying.py [choices] [events] [bodies] [idle] [sockets] [delay]

Without a name, all of them run. The proxy has one core, load and origin the other. Durable means what it says: each
answered choice and event has been synced to the disk that holds the temporary folder (set TMPDIR to choose it).
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from proxying import LOAD_CORE, NAVIGATION, PROXY_CORE, free_port, holdback, nginx, page, running, wrk

GIB = 1 << 30
CHUNK = 1 << 18


class Worker:
    """A running Holdback: its port, and the resident memory of all of its processes in bytes."""

    def __init__(self, port: int, origin: int) -> None:
        self.port, self.origin = port, origin

    def memory(self) -> int:
        found = subprocess.run(
            ["pgrep", "-f", rf"holdback.*127\.0\.0\.1:{self.port}"], capture_output=True, text=True
        ).stdout
        return sum(_resident(int(number)) for number in found.split())


def _resident(process: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


@contextlib.contextmanager
def worker(origin_command: Callable[[Path, int], list[str]]) -> Iterator[Worker]:
    """Holdback with one worker in front of an origin, each on its own core."""
    with tempfile.TemporaryDirectory(prefix="holdback-bench-") as temporary:
        base = Path(temporary)
        base.chmod(0o755)
        (base / "www").mkdir()
        (base / "www/index.html").write_bytes(page())
        (base / "www/asset.png").write_bytes(os.urandom(10_000))
        (base / "origin").mkdir()
        origin, port = free_port(), free_port()
        os.environ["HOLDBACK_LIMITS__CHOICES_PER_MINUTE"] = "100000000"
        with (
            running(origin_command(base, origin), origin, LOAD_CORE),
            running(holdback(port, origin, base), port, PROXY_CORE),
        ):
            yield Worker(port, origin)


def files(base: Path, port: int) -> list[str]:
    """nginx with the page and the asset."""
    return nginx(base / "origin", port, f"root {base}/www;")


def this(what: str) -> Callable[[Path, int], list[str]]:
    """This program as an origin of *what*."""
    return lambda _, port: [sys.executable, __file__, f"origin-{what}", str(port)]


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _form(port: int) -> str:
    """The notice's form in the page, filled in for "accept all"."""
    text = _opened(port, "/index.html")[1]
    form = re.search(r"<form[^>]*/choice.*?</form>", text, re.DOTALL)
    assert form, "the page has no notice"
    fields = dict(re.findall(r'<input type="?hidden"? name="?(\w+)"? value="?([^">]*)"?', form[0]))
    return urlencode({**fields, "action": "accept-all"})


def _opened(port: int, path: str, body: str | None = None) -> tuple[dict[str, str], str]:
    request = Request(
        f"http://127.0.0.1:{port}{path}", body.encode() if body else None, {"Accept": "text/html"}
    )
    try:
        with build_opener(_Stay).open(request) as answer:
            return dict(answer.headers), answer.read().decode()
    except OSError as answer:
        return dict(getattr(answer, "headers", {})), ""


def _posted(port: int, path: str, kind: str, body: str, more: str = "") -> str:
    """What wrk says of posting *body* again and again."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(
            f'wrk.method = "POST"\nwrk.body = {json.dumps(body)}\nwrk.headers["Content-Type"] = "{kind}"\n{more}'
        )
        script.flush()
        load = wrk(port, path, ["-s", script.name], 10, 64)
    return f"{load.rate:,.0f} requests/s, p50 {load.p50:.1f} ms, p99 {load.p99:.1f} ms"


def choices() -> None:
    """Choice, durable record, cookie: as many as it can, and 2,000 a second."""
    form = "application/x-www-form-urlencoded"
    with worker(files) as proxy:
        body = _form(proxy.port)
        print("choices, 64 at once:", _posted(proxy.port, "/_hb/choice", form, body))
        headers = f"Content-Type: {form}\r\nContent-Length: {len(body)}\r\n"
        site = f"127.0.0.1:{proxy.port}"  # the form is good for no other
        request = f"POST /_hb/choice HTTP/1.1\r\nHost: {site}\r\n{headers}\r\n{body}".encode()
        p50, p99 = asyncio.run(_paced(proxy.port, request, rate=2_000, count=20_000, connections=256))
        print(f"choices at 2,000/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def events() -> None:
    """Events in batches of 20, durable before the answer."""
    with worker(files) as proxy:
        cookie = _opened(proxy.port, "/_hb/choice", _form(proxy.port))[0]["set-cookie"].partition(";")[0]
        batch = json.dumps([{"event": "looked", "properties": {"n": n}} for n in range(20)])
        header = f'wrk.headers["Cookie"] = "{cookie}"'
        print("events, 20 a request:", _posted(proxy.port, "/_hb/events", "application/json", batch, header))


def bodies() -> None:
    """1 GiB down and up, and what memory that takes."""
    with worker(this("bodies")) as proxy:
        for what, transfer in (("down", _download), ("up", _upload)):
            _opened(proxy.port, "/small")
            before, peak, started = proxy.memory(), 0, time.monotonic()
            for _ in transfer(proxy.port):
                peak = max(peak, proxy.memory())
            rate = GIB / (time.monotonic() - started) / 1e6
            print(f"1 GiB {what}: {rate:,.0f} MB/s, {(peak - before) / 2**20:.1f} MiB more memory")


def _download(port: int) -> Iterator[None]:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        seen = 0
        for turn in range(GIB):
            got = sock.recv(CHUNK)
            if not got:
                break
            seen += len(got)
            if turn % 256 == 0:
                yield
        assert seen >= GIB, f"{seen} bytes came"


def _upload(port: int) -> Iterator[None]:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % GIB)
        for turn in range(GIB // CHUNK):
            sock.sendall(bytes(CHUNK))
            if turn % 64 == 0:
                yield
        answer = sock.recv(4096)
        assert b" 200 " in answer.partition(b"\r\n")[0], answer


def idle(count: int = 10_000) -> None:
    """Kept connections that do nothing."""
    with worker(files) as proxy:
        _report("kept connections", count, proxy, b"GET /asset.png HTTP/1.1\r\nHost: a\r\n\r\n", b"200 OK")


def sockets(count: int = 5_000) -> None:
    """WebSockets that do nothing; each costs a connection to the site as well."""
    key = base64.b64encode(os.urandom(16)).decode()
    upgrade = (
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    with worker(this("sockets")) as proxy:
        _report("WebSockets", count, proxy, upgrade.encode(), b"101 ")


def _report(what: str, count: int, proxy: Worker, request: bytes, expected: bytes) -> None:
    _allow_many_files()
    opened: list[socket.socket] = []
    try:
        for number in range(count + 100):
            if number == 100:  # the first hundred warm the worker up
                time.sleep(1)
                before = proxy.memory()
            sock = socket.create_connection(("127.0.0.1", proxy.port))
            sock.sendall(request)
            head = sock.recv(65_536)
            assert expected in head.partition(b"\r\n")[0], head[:200]
            opened.append(sock)
        time.sleep(1)
        print(f"{count:,} idle {what}: {(proxy.memory() - before) / count / 1024:.1f} kB each")
    finally:
        for sock in opened:
            sock.close()


def delay() -> None:
    """What the proxy adds to a page and an asset with one request at a time, a tenth of the load it can take."""
    with worker(files) as proxy:
        for what, path, headers in (("page", "/index.html", NAVIGATION), ("asset", "/asset.png", [])):
            figures = {}
            for where, port in (("direct", proxy.origin), ("through Holdback", proxy.port)):
                lines = "".join(f"{line}\r\n" for line in headers[1::2])
                request = f"GET {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode()
                figures[where] = asyncio.run(_paced(port, request, rate=500, count=5_000, connections=16))
            added = [b - a for a, b in zip(*figures.values(), strict=True)]
            print(f"added to a {what} at 500/s: p50 {added[0]:.2f} ms, p99 {added[1]:.2f} ms")


async def _paced(port: int, request: bytes, rate: int, count: int, connections: int) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds of *count* requests, sent at *rate* a second over kept connections."""
    free = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    taken: list[float] = []

    async def one() -> None:
        reader, writer = free.pop()
        started = time.perf_counter()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", head)
        if length:
            await reader.readexactly(int(length[1]))
        else:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        taken.append(time.perf_counter() - started)
        free.append((reader, writer))

    begun = time.perf_counter()
    under_way = set()
    for number in range(count):
        await asyncio.sleep(max(0, begun + number / rate - time.perf_counter()))
        if free:
            task = asyncio.create_task(one())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    for _, writer in free:
        writer.close()
    cuts = statistics.quantiles(taken[100:], n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def _allow_many_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _origin(what: str, port: int) -> None:
    """A site that sends and takes 1 GiB, or says yes to every WebSocket and then nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if what == "sockets":
                    writer.write(_agreed(head))
                    await reader.read()
                    break
                if head.startswith(b"GET /big"):
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: %d\r\n\r\n" % GIB
                    )
                    for _ in range(GIB // CHUNK):
                        writer.write(bytes(CHUNK))
                        await writer.drain()
                elif head.startswith(b"POST /up"):
                    left = GIB
                    while left > 0:
                        left -= len(await reader.read(CHUNK))
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                else:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096) as server:
        await server.serve_forever()


def _agreed(head: bytes) -> bytes:
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    assert key
    proof = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
    )


MEASURES = {measure.__name__: measure for measure in (choices, events, bodies, idle, sockets, delay)}


def main() -> None:
    if sys.argv[1:2] and sys.argv[1].startswith("origin-"):
        _allow_many_files()
        asyncio.run(_origin(sys.argv[1].removeprefix("origin-"), int(sys.argv[2])))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help=f"of {', '.join(MEASURES)}")
    for name in parser.parse_args().what or MEASURES:
        if name not in MEASURES:
            parser.error(f"{name} is none of {', '.join(MEASURES)}")
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        MEASURES[name]()


if __name__ == "__main__":
    main()
