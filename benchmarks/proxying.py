"""Holdback beside nginx, Caddy and mitmproxy: the same page and the same asset, one core each, in one run.

    python benchmarks/proxying.py [--rounds 3] [--seconds 5] [--connections 32] [--only NAME …] [--markdown FILE]
                                    [--plot FILE]

The proxy under test has one core to itself; the load (wrk) and the origin (nginx) share the other. The contenders
take turns within each round, so that a machine that slows down slows all of them. Ratios are what counts. On a machine
that others use as well, look at the CPU time that the proxy's processes took for a request (user and system, from
``/proc``), in the round in which it was least: whoever else wants the core only makes it more.

What each does with the page: nginx inserts one tag by sub_filter, and codes it where the visitor takes gzip; Caddy only
passes on; mitmproxy runs Holdback's own gate as an addon; Holdback runs the full gate: cookies, headers, markup, guard
and notice. A page *never seen* has a token in it that differs in every answer, as forms have. Two workers
have both cores and share one with the load: their CPU time is what counts.
"""

import argparse
import contextlib
import math
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

PROXY_CORE, LOAD_CORE = "0", "1"
NAVIGATION = ["-H", "Sec-Fetch-Dest: document", "-H", "Accept: text/html"]
CODED = [*NAVIGATION, "-H", "Accept-Encoding: gzip"]
ASSET = ["-H", "Sec-Fetch-Dest: image", "-H", "Accept: image/*", "-H", "Accept-Encoding: gzip"]
LOADS = (
    ("HTML", "/index.html", NAVIGATION),
    ("HTML, coded", "/index.html", CODED),
    ("HTML, never seen", "/never/index.html", NAVIGATION),
    ("HTML, never seen, coded", "/never/index.html", CODED),
    ("HTML of 300 kB, never seen", "/never/large.html", NAVIGATION),
    ("asset", "/asset.png", ASSET),
)
"""What is asked for: its name, its path, and how."""
VISITOR = ["-H", "Cookie: sessionid=0123456789abcdef; _ga=GA1.2.1.1; csrftoken=fedcba9876543210"]


@dataclass(frozen=True)
class Contender:
    """A proxy: how it is started on a port in front of an origin, in a folder of its own."""

    name: str
    command: Callable[[int, int, Path], list[str]]
    cores: str = PROXY_CORE


@dataclass(frozen=True)
class Load:
    """What wrk measured: requests, how many a second, median and 99th percentile in milliseconds.

    ``cpu`` are the microseconds of CPU time that the proxy took for a request.
    """

    requests: int
    rate: float
    p50: float
    p99: float
    cpu: float = 0.0


def page(size: int = 20_000) -> bytes:
    """A page as a shop has it: head with three trackers, many cards, an embedded video."""
    head = (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title><link rel=stylesheet href=/s.css>"
        '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>'
        "<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}gtag('js',new Date())"
        '</script><link rel=preconnect href="https://connect.facebook.net"></head><body><main>'
    )
    tail = '<iframe src="https://www.youtube.com/embed/x"></iframe></main><script src=/app.js></script></body></html>'
    cards = []
    while len(head) + len(tail) + sum(map(len, cards)) < size:
        number = len(cards)
        cards.append(
            f'<article class="card" id="c{number}"><a href="/product/{number}"><img src="/img/{number}.jpg" alt="">'
            f"<h2>Product {number}</h2></a><p>Cut from one piece, made to last for years &amp; years.</p></article>\n"
        )
    return (head + "".join(cards) + tail).encode()


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 100000000;
  types {{ text/html html; image/png png; }}
  {upstream}
  server {{ listen 127.0.0.1:{port} backlog=4096; {location} }}
}}
"""


def nginx(folder: Path, port: int, location: str, upstream: str = "") -> list[str]:
    """The command that runs nginx with a server of *location* on *port*."""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, location=location, upstream=upstream))
    return ["nginx", "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]


def nginx_proxy(port: int, origin: int, folder: Path) -> list[str]:
    """nginx as a reverse proxy that inserts one tag, and codes pages (gzip 1, its default) for those who take it."""
    location = (
        "location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ''; "
        "proxy_set_header Accept-Encoding ''; proxy_set_header Host $host; "
        "sub_filter '</head>' '<script src=/tag.js></script></head>'; sub_filter_once on; "
        "gzip on; gzip_proxied any; }"
    )
    return nginx(folder, port, location, f"upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; }}")


def caddy(port: int, origin: int, folder: Path) -> list[str]:
    """Caddy as a plain reverse proxy."""
    config = folder / "Caddyfile"
    config.write_text(
        "{\n admin off\n auto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n reverse_proxy 127.0.0.1:{origin}\n}}\n"
    )
    return [
        "env",
        "GOMAXPROCS=1",
        f"HOME={folder}",
        "caddy",
        "run",
        "--config",
        str(config),
        "--adapter",
        "caddyfile",
    ]


def holdback(port: int, origin: int, folder: Path, workers: int = 1) -> list[str]:
    """Holdback as its README says, with one worker or more."""
    command = str(Path(sys.executable).with_name("holdback"))
    return [
        command, "serve", "--upstream", f"http://127.0.0.1:{origin}", "--listen", f"127.0.0.1:{port}",
        "--data", str(folder / "data"), "--workers", str(workers),
    ]  # fmt: skip


def mitmproxy(port: int, origin: int, folder: Path) -> list[str]:
    """mitmproxy in reverse mode with the same gate, as ``holdback preview`` runs it."""
    command = str(Path(sys.executable).with_name("holdback"))
    return [
        command, "preview", f"http://127.0.0.1:{origin}", "--listen", f"127.0.0.1:{port}",
        "--data", str(folder / "data"),
    ]  # fmt: skip


CONTENDERS = [
    Contender("nginx + sub_filter", nginx_proxy),
    Contender("Caddy reverse_proxy", caddy),
    Contender("mitmproxy + the same gate", mitmproxy),
    Contender("Holdback", holdback),
    Contender("Holdback, two workers", partial(holdback, workers=2), f"{PROXY_CORE},{LOAD_CORE}"),
]


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, core: str) -> Iterator[int]:
    """Run *command* pinned to *core* until the block ends; it must listen on *port* within 30 seconds.

    Gives the id of its process.
    """
    process = subprocess.Popen(
        ["taskset", "-c", core, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if process.poll() is not None:
                raise SystemExit(
                    f"{command[0]} ended: {process.stderr.read().decode() if process.stderr else ''}"
                )
            time.sleep(0.1)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def processor_time(process: int) -> float:
    """The seconds of CPU time, user and system, that *process* and its descendants have taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return own + sum(processor_time(int(child)) for file in lists for child in file.read_text().split())


def wrk(port: int, path: str, headers: list[str], seconds: int, connections: int) -> Load:
    """Load *path* for *seconds* and read what wrk reports. Any response that is no 2xx is an error."""
    address = f"http://127.0.0.1:{port}{path}"
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    text = subprocess.run([*command, *headers, address], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"errors under load from {address}:\n{text}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    count = re.search(r"(\d+) requests in", text)
    if rate is None or count is None:
        raise SystemExit(f"wrk said nothing of use:\n{text}")
    return Load(int(count[1]), float(rate[1]), _milliseconds(text, "50%"), _milliseconds(text, "99%"))


def _milliseconds(text: str, percentile: str) -> float:
    match = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", text)
    if match is None:
        raise SystemExit(f"wrk gave no {percentile}:\n{text}")
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[match[2]]


def measure(
    contenders: list[Contender], rounds: int, seconds: int, connections: int
) -> dict[tuple[str, str], list[Load]]:
    """Each of *contenders* in turn, *rounds* times, for the page and the asset."""
    results: dict[tuple[str, str], list[Load]] = {}
    with tempfile.TemporaryDirectory(prefix="holdback-bench-") as temporary:
        base = Path(temporary)
        (base / "www").mkdir()
        (base / "www/index.html").write_bytes(page())
        (base / "www/large.html").write_bytes(page(300_000))
        (base / "www/asset.png").write_bytes(os.urandom(10_000))
        origin = free_port()
        for folder in (base, base / "www"):
            folder.chmod(0o755)
        (base / "origin").mkdir()
        location = (
            f"location / {{ root {base}/www; }} location /never/ {{ alias {base}/www/; "
            "sub_filter '<title>Shop' '<title>Shop $request_id'; }"
        )
        with running(nginx(base / "origin", origin, location), origin, LOAD_CORE):
            for number in range(rounds):
                for contender in contenders:
                    folder = base / f"{contenders.index(contender)}-{number}"
                    folder.mkdir()
                    port = free_port()
                    with running(contender.command(port, origin, folder), port, contender.cores) as process:
                        for what, path, headers in LOADS:
                            wrk(port, path, headers + VISITOR, 1, connections)
                            before = processor_time(process)
                            load = wrk(port, path, headers + VISITOR, seconds, connections)
                            taken = (processor_time(process) - before) / load.requests
                            load = replace(load, cpu=taken * 1e6)
                            results.setdefault((what, contender.name), []).append(load)
                            told = f"{what:26} {contender.name:26} {load.rate:9.0f}/s {load.cpu:8.1f} µs"
                            print(f"round {number + 1} {told}", file=sys.stderr)
    return results


def report(results: dict[tuple[str, str], list[Load]]) -> str:
    """A Markdown table of medians, with the ratio of Holdback, where it took part, to each contender."""
    lines = [
        "| what | proxy | requests/s (median, range) | p50 ms | p99 ms | CPU µs | Holdback is | by CPU time |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (what, name), loads in results.items():
        rates = [load.rate for load in loads]
        middle, cpu = statistics.median(rates), min(load.cpu for load in loads)
        ours = results.get((what, "Holdback"))
        ratios = ["", ""]
        if ours is not None and ours is not loads:
            ratios = [
                f"{statistics.median(load.rate for load in ours) / middle:.2f}×",
                f"{cpu / min(load.cpu for load in ours):.2f}×",
            ]
        lines.append(
            f"| {what} | {name} | {middle:,.0f} ({min(rates):,.0f}–{max(rates):,.0f}) "
            f"| {statistics.median(load.p50 for load in loads):.2f} "
            f"| {statistics.median(load.p99 for load in loads):.2f} | {cpu:.1f} | {' | '.join(ratios)} |"
        )
    return "\n".join(lines) + "\n"


def plot(results: dict[tuple[str, str], list[Load]]) -> str:
    """The least CPU time of each contender as bars, in an SVG; a bar's length is the logarithm of its time."""
    row, left, scale = 22, 330, 110
    lines: list[str] = []
    order = [what for what, *_ in LOADS]
    by_load = sorted(results.items(), key=lambda item: order.index(item[0][0]))
    for number, ((what, name), loads) in enumerate(by_load):
        cpu = min(load.cpu for load in loads)
        top = 30 + number * row
        colour = "#2a6f4e" if name.startswith("Holdback") else "#b9b4a7"
        lines.append(f'<text x="{left - 8}" y="{top + 12}" text-anchor="end">{what}: {name}</text>')
        width = scale * math.log10(max(cpu, 1.1))
        lines.append(f'<rect x="{left}" y="{top}" width="{width:.0f}" height="15" fill="{colour}"/>')
        lines.append(f'<text x="{left + width + 6:.0f}" y="{top + 12}">{cpu:,.0f} µs</text>')
    size = f'width="960" height="{40 + len(results) * row}"'
    style = "<style>text{font:12px system-ui,sans-serif;fill:#333}</style>"
    title = '<text x="10" y="18">CPU time of the proxy for a request, logarithmic</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}{title}{"".join(lines)}</svg>\n'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="NAME", help="contenders, by their first letters"
    )
    parser.add_argument("--markdown", type=Path, help="write the table to this file too")
    parser.add_argument("--plot", type=Path, help="draw the CPU times to this file (SVG)")
    options = parser.parse_args()
    missing = [tool for tool in ("nginx", "caddy", "wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        raise SystemExit(f"install {', '.join(missing)} first: `make bench` does")
    contenders = [
        contender
        for contender in CONTENDERS
        if any(contender.name.lower().startswith(name.lower()) for name in options.only)
    ]
    results = measure(contenders, options.rounds, options.seconds, options.connections)
    table = report(results)
    print(table)
    if options.markdown:
        options.markdown.write_text(table)
    if options.plot:
        options.plot.write_text(plot(results))


if __name__ == "__main__":
    main()
