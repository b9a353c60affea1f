"""What the guard costs a page that scripts build: element operations in Chromium, with and without Holdback in front.

    python benchmarks/elements.py

Each operation is made 3,000 times in a row, nine times over, on four fresh pages with and four without in turns; the
quickest counts, in microseconds each. *Mixed* makes pictures as a gallery does, *list* rows as a framework does (two
elements, a link, a style). Only loopback is asked.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser
from weight import PAGE, USES

from tests.support.chromium import chromium
from tests.support.holdback_process import serving
from tests.support.origin import HTML, origin_running
from tests.support.recording import Reply

PAGES = 4
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
OPERATIONS = {
    "setAttribute('class')": "for (let i = 0; i < N; i++) boxes[i].setAttribute('class', 'x' + i)",
    "setAttribute('href')": "for (let i = 0; i < N; i++) links[i].setAttribute('href', '/p/' + i)",
    "img.src": "for (let i = 0; i < N; i++) images[i].src = 'data:image/gif;base64,' + i",
    "style.width": "for (let i = 0; i < N; i++) boxes[i].style.width = i + 'px'",
    "textContent": "for (let i = 0; i < N; i++) boxes[i].textContent = 'hello ' + i",
    "appendChild": "const into = document.createElement('div');"
    " for (let i = 0; i < N; i++) into.appendChild(boxes[i])",
    "innerHTML": "for (let i = 0; i < N; i++) boxes[i].innerHTML = '<b>x</b> <i>y' + i + '</i>'",
    "mixed": "const into = document.createElement('div'); document.body.append(into);"
    " for (let i = 0; i < N; i++) { const img = document.createElement('img'); img.setAttribute('class', 'x' + i);"
    " img.alt = 'y'; img.style.width = '1px'; into.append(img); if (i % 3 == 0) img.src = PIXEL }; into.remove()",
    "list": "const into = document.createElement('ul'); for (let i = 0; i < N; i++) {"
    " const row = document.createElement('li'); row.className = 'row'; row.setAttribute('data-id', i);"
    " const link = document.createElement('a'); link.setAttribute('href', '/item/' + i);"
    " link.textContent = 'Item ' + i; const more = document.createElement('span'); more.textContent = 'x';"
    " more.style.color = 'red'; row.appendChild(link); row.appendChild(more); into.appendChild(row) }"
    " document.body.appendChild(into); into.remove()",
}
MEASURE = """([operations, PIXEL]) => {
  const N = 3000, taken = {};
  const made = (name) => Array.from({ length: N }, () => document.createElement(name));
  for (const [name, code] of Object.entries(operations)) {
    const run = new Function('boxes', 'links', 'images', 'N', 'PIXEL', code);
    const times = [];
    for (let round = 0; round < 9; round++) {
      const elements = [made('div'), made('a'), made('img')];
      const begun = performance.now();
      run(...elements, N, PIXEL);
      times.push(performance.now() - begun);
    }
    taken[name] = (Math.min(...times) * 1000) / N;
  }
  return taken;
}"""


def measured(browser: Browser, url: str) -> dict[str, float]:
    """Microseconds of each operation on the page at *url*, once it is idle."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(url)
        page.wait_for_timeout(1000)
        taken: dict[str, float] = page.evaluate(MEASURE, [OPERATIONS, PIXEL])
        return taken


def main() -> None:
    """Measure and print."""
    with origin_running() as origin, tempfile.TemporaryDirectory() as folder:
        origin.pages["/"] = Reply(PAGE, lines=[HTML])
        env = {"HOLDBACK_SITE__USES": USES}
        with serving(origin.url, Path(folder) / "data", env=env) as proxy, chromium() as browser:
            runs = [[measured(browser, f"{url}/") for url in (origin.url, proxy.url)] for _ in range(PAGES)]
    without = {name: min(run[name] for run, _ in runs) for name in OPERATIONS}
    behind = {name: min(run[name] for _, run in runs) for name in OPERATIONS}
    print("| operation | without, µs | with, µs | ratio |\n| --- | --- | --- | --- |")
    for name in OPERATIONS:
        print(f"| {name} | {without[name]:.2f} | {behind[name]:.2f} | {behind[name] / without[name]:.1f} |")


if __name__ == "__main__":
    main()
