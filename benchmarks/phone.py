"""What a visitor with a phone notices: pages in Chromium, slowed down, with and without Holdback in front.

    python benchmarks/phone.py [--rounds N]

Three sites: the demo's shop, Django's admin (its sign-in page), a page of MkDocs Material. Each visit is the first one,
in a fresh profile, with the connection and the processor that Lighthouse takes for a mid-range phone: 1.6 Mbit/s,
150 ms, a quarter of the speed. With and without take turns; the medians count. Only loopback is asked for anything.
"""

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.chromium import chromium
from tests.support.holdback_process import COMMAND, serving
from tests.support.processes import free_port
from tests.support.sites import django_admin, mkdocs_material

LATENCY, DOWN, UP = 150, 1_638_400 / 8, 750_000 / 8
SLOWED = 4
SETTLED = 2500
"""Milliseconds after the load event in which what comes late is counted too."""

WATCH = """
  window.__long = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.__long += Math.max(0, task.duration - 50);
  }).observe({type: "longtask", buffered: true});
"""
READ = """() => {
  const load = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {paint: paint ? paint.startTime : 0, load: load.loadEventEnd, blocked: window.__long};
}"""


@dataclass
class Visit:
    """One first visit: milliseconds, bytes on the wire, requests."""

    paint: float
    load: float
    blocked: float
    size: float
    requests: int


def visit(browser: Browser, url: str) -> Visit:
    context = browser.new_context(viewport={"width": 412, "height": 823}, is_mobile=True)
    page = context.new_page()
    sizes: list[float] = []
    cdp = context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    limits = {"offline": False, "latency": LATENCY, "downloadThroughput": DOWN, "uploadThroughput": UP}
    cdp.send("Network.emulateNetworkConditions", limits)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load", timeout=60_000)
    page.wait_for_timeout(SETTLED)
    read = page.evaluate(READ)
    context.close()
    return Visit(read["paint"], read["load"], read["blocked"], sum(sizes), len(sizes))


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str]]:
    """The demo as an owner runs it: the addresses of its shop without and with Holdback."""
    command = [str(COMMAND), "demo", "--json", "--data", str(folder), "--port", str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            addresses = json.loads(process.stdout.readline())
            for address in (addresses["plain"], addresses["shop"]):
                wait_for(urlsplit(address).port or 80)
            yield addresses["plain"], addresses["shop"]
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.1)
    raise SystemExit("the demo did not start")


@contextmanager
def in_front_of(upstream: str, folder: Path) -> Iterator[str]:
    with serving(upstream, folder / "data") as proxy:
        yield proxy.url


@contextmanager
def sites(folder: Path) -> Iterator[dict[str, tuple[str, str]]]:
    """The address of each site without and with Holdback."""
    documents = Path(__file__).resolve().parents[1] / "docs"
    pages = {path.name: path.read_text("utf-8") for path in documents.glob("*.md")}
    pages["index.md"] = pages["decisions.md"]
    config = "site_name: Documents\ntheme:\n  name: material\n  font: false\n"
    with (
        django_admin(folder, "owner", "not-a-secret-of-anybody") as admin,
        mkdocs_material(folder / "mkdocs", config, pages) as book,
        demo(folder / "three") as shop,
        in_front_of(admin.url, folder / "one") as to_admin,
        in_front_of(book.url, folder / "two") as to_book,
    ):
        yield {
            "the demo's shop": shop,
            "Django's admin": (f"{admin.url}/admin/login/", f"{to_admin}/admin/login/"),
            "MkDocs Material": (f"{book.url}/", f"{to_book}/"),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| site | | first contentful paint, ms | load, ms | blocked, ms | kB | requests |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with (
        tempfile.TemporaryDirectory() as folder,
        sites(Path(folder)) as chosen,
        chromium({"*.localhost": "127.0.0.1"}) as browser,
    ):
        for name, addresses in chosen.items():
            visits: tuple[list[Visit], list[Visit]] = ([], [])
            for _ in range(rounds):
                for kept, address in zip(visits, addresses, strict=True):
                    kept.append(visit(browser, address))
            for what, kept in zip(("without", "with"), visits, strict=True):
                paint, load, blocked, size = (
                    statistics.median(getattr(one, field) for one in kept)
                    for field in ("paint", "load", "blocked", "size")
                )
                requests = statistics.median(one.requests for one in kept)
                print(
                    f"| {name} | {what} | {paint:.0f} | {load:.0f} | {blocked:.0f} | {size / 1000:.1f} "
                    f"| {requests:.0f} |"
                )


if __name__ == "__main__":
    main()
