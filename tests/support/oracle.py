"""Asks Chromium what it fetches for a document: the only truth there is about what is live."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext

from .chromium import chromium
from .recording import Recorder, Reply, Request, recording

BATCH = 50
_SITE = "http://site.test"


class Oracle:
    """Shows documents to a browser, many frames at a time, and tells what reached the tracker."""

    def __init__(self, browser: Browser, recorder: Recorder, pages: dict[str, bytes]) -> None:
        self._browser = browser
        self._recorder = recorder
        self._pages = pages

    def fetched(self, documents: Mapping[int, bytes], *, scripting: bool = True) -> dict[int, list[str]]:
        """For every number whose document made the browser call ``tracker.test``: what it asked for.

        A document's addresses there must begin with ``/number/``.
        """
        self._recorder.forget()
        context = self._browser.new_context(java_script_enabled=scripting)
        try:
            numbers = sorted(documents)
            for start in range(0, len(numbers), BATCH):
                self._show(context, {number: documents[number] for number in numbers[start : start + BATCH]})
        finally:
            context.close()
        calls: dict[int, list[str]] = {}
        for request in self._recorder.received("tracker.test"):
            number = request.target.split("/")[1]
            if request.host.startswith("tracker.test") and number.isdecimal():
                calls.setdefault(int(number), []).append(request.target)
        return calls

    def _show(self, context: BrowserContext, documents: Mapping[int, bytes]) -> None:
        self._pages.clear()
        self._pages.update({f"/{number}": html for number, html in documents.items()})
        frames = "".join(f"<iframe src=/{number}></iframe>" for number in documents)
        self._pages["/"] = f"<!doctype html>{frames}".encode()
        page = context.new_page()
        page.goto(f"{_SITE}/", wait_until="load")
        page.close()


@contextmanager
def oracle() -> Iterator[Oracle]:
    """A browser and the servers that it talks to, until the block ends."""
    pages: dict[str, bytes] = {}

    def answer(request: Request) -> Reply:
        if request.host.startswith("site.test"):
            html = pages.get(request.path, b"")
            return Reply(html, lines=_html(("Cache-Control", "no-store")))
        return Reply(b"", lines=[("Content-Type", "text/css" if "css" in request.path else "text/plain")])

    with recording(answer) as recorder, chromium({"*.test": f"127.0.0.1:{recorder.port}"}) as browser:
        yield Oracle(browser, recorder, pages)


def _html(*lines: tuple[str, str]) -> Sequence[tuple[str, str]]:
    return [("Content-Type", "text/html; charset=utf-8"), *lines]
