"""What a page weighs more behind Holdback: bytes on the wire, against the same page coded by the same coder.

    python benchmarks/weight.py

A site with five services, asked as a browser asks: for the first page of a visit, for the next one, and for one after a
choice. The files that later pages name are counted apart: a browser fetches them once, while the first page is idle.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from holdback.proxy.gate.body.compressing import CODINGS
from proxying import page

from tests.support.holdback_process import Holdback, serving
from tests.support.http_client import Lines
from tests.support.origin import HTML, origin_running
from tests.support.recording import Reply
from tests.support.visitor import Visitor

USES = '["google-analytics", "google-ads", "meta-pixel", "hotjar", "youtube"]'
PAGE = page()
VISIT: Lines = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html"))
FIRST, NEXT = ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "same-origin")


def main() -> None:
    with origin_running() as origin, tempfile.TemporaryDirectory() as folder:
        origin.pages["/"] = Reply(PAGE, lines=[HTML])
        env = {"HOLDBACK_SITE__USES": USES, "HOLDBACK_SITE__NAME": "Example Shop"}
        with serving(origin.url, Path(folder) / "data", env=env) as proxy:
            print(measured(proxy))


def measured(proxy: Holdback) -> str:
    """A table: a row for each coding."""
    refusing, accepting = Visitor(proxy), Visitor(proxy)
    refusing.choose("reject-all")
    accepting.choose("accept-all")
    lines = [f"{'bytes more':<12}{'first':>9}{'later':>9}{'refused':>9}{'accepted':>10}{'files, once':>13}"]
    for coding in CODINGS:
        coder = coding.begin()
        plain = len(coder.code(PAGE) + coder.finish())
        name = coding.name.decode()
        more = [
            sent(proxy, "/", name, FIRST) - plain,
            sent(proxy, "/", name, NEXT) - plain,
            sent(proxy, "/", name, NEXT, ("Cookie", f"hb={refusing.signed}")) - plain,
            sent(proxy, "/", name, NEXT, ("Cookie", f"hb={accepting.signed}")) - plain,
        ]
        once = sent(proxy, guard_file(proxy), name)
        lines.append(f"{name:<12}{more[0]:>9}{more[1]:>9}{more[2]:>9}{more[3]:>10}{once:>13}")
    lines.append(f"cookie: {len('hb=' + accepting.signed)} bytes for five services")
    return "\n".join(lines)


def sent(proxy: Holdback, path: str, coding: str, *more: tuple[str, str]) -> int:
    return len(proxy.fetch(path, [*VISIT, ("Accept-Encoding", coding), *more]).body)


def guard_file(proxy: Holdback) -> str:
    found = re.search(r'src="(/_hb/guard-[^"]+)"', proxy.fetch("/", [*VISIT, NEXT]).text)
    assert found is not None
    return found[1]


if __name__ == "__main__":
    main()
