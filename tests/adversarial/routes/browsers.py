"""Browsers as the tests of routes drive them: what they are told to do, and what is found in their profiles."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.support.chromium import choose, chromium
from tests.support.driven_firefox import FirefoxBrowser, FirefoxContext, FirefoxPage, driven_firefox
from tests.support.processes import until

from .collectors import Collectors


class Driven(Protocol):
    """A browser with one visitor in it."""

    def begin(self, *, javascript: bool = True) -> None:
        """A visitor whom nobody has seen yet."""

    def open(self, urls: Sequence[str]) -> None:
        """Open a tab for each of *urls*; not waited for."""

    def choose(self, origin: str, action: str) -> None:
        """Make a choice: ``accept-all``, ``reject-all`` or ``withdraw``."""

    def kept(self, origin: str) -> set[str]:
        """The names of all cookies, and of what is stored for *origin*."""

    def leave(self) -> None:
        """Close every tab."""


class Chromium:
    """Playwright's Chromium; what it keeps is asked of DevTools, which no page can answer for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._context: BrowserContext | None = None
        self._pages: list[Page] = []

    @property
    def context(self) -> BrowserContext:
        """The visitor's profile."""
        assert self._context is not None
        return self._context

    def begin(self, *, javascript: bool = True) -> None:
        if self._context is not None:
            self._context.close()
        self._context = self._browser.new_context(java_script_enabled=javascript)
        self._pages = []

    def open(self, urls: Sequence[str]) -> None:
        for url in urls:
            page = self.context.new_page()
            self._pages.append(page)
            page.goto(url, wait_until="commit", timeout=60_000)

    def choose(self, origin: str, action: str) -> None:
        page = self.context.new_page()
        page.goto(f"{origin}/")
        before = self._signed()
        if action == "withdraw":
            # What is taken back is cleared away, and then the page is loaded anew.
            with page.expect_event("load", timeout=60_000):
                choose(page, action)
        else:
            choose(page, action)
        until(lambda: self._signed() != before, f"the choice {action}")
        page.wait_for_load_state()
        page.close()

    def _signed(self) -> str:
        return "".join(cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "hb")

    def kept(self, origin: str) -> set[str]:
        names = {cookie["name"] for cookie in self.context.cookies()}
        for page in self._pages:
            session = self.context.new_cdp_session(page)
            for local in (True, False):
                area = {"storageId": {"securityOrigin": origin, "isLocalStorage": local}}
                names |= {key for key, _ in session.send("DOMStorage.getDOMStorageItems", area)["entries"]}
            at = {"securityOrigin": origin}
            names |= set(session.send("IndexedDB.requestDatabaseNames", at)["databaseNames"])
            caches = session.send("CacheStorage.requestCacheNames", at)["caches"]
            names |= {cache["cacheName"] for cache in caches}
            session.detach()
        return names

    def leave(self) -> None:
        for page in self.context.pages:
            try:
                page.close()
            except Error:  # a window that its opener's end has closed meanwhile
                continue
        self._pages = []


@contextmanager
def running_chromium(collectors: Collectors) -> Iterator[Chromium]:
    """A Chromium that finds the tracker's hosts at *collectors*, and every other name of a test on loopback."""
    http = f"127.0.0.1:{collectors.http.port}"
    names = {f"{host}:80": http for host in ("tracker.test", "tracker.test.")}
    with chromium(
        {**names, "*.test": "127.0.0.1", "*.localhost": "127.0.0.1"}, secure=["http://tracker.test"]
    ) as browser:
        yield Chromium(browser)


class Firefox:
    """Debian's Firefox; what a page keeps is asked of where none of its scripts has been."""

    _KEPT = """Promise.all([indexedDB.databases(), caches.keys()]).then(([databases, caches]) => [
        ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...caches, ...databases.map(({ name }) => name)
    ])"""

    def __init__(self, start: Callable[[bool], FirefoxBrowser]) -> None:
        self._start = start
        self._browser = start(True)
        self._context: FirefoxContext | None = None
        self._pages: list[FirefoxPage] = []
        self._can_ask = True
        """Whether a page answers: without JavaScript none does."""

    @property
    def context(self) -> FirefoxContext:
        """The visitor's profile."""
        assert self._context is not None
        return self._context

    def begin(self, *, javascript: bool = True) -> None:
        if self._context is not None:
            self._context.close()
        browser = self._browser if javascript else self._start(False)
        self._context = browser.new_context()
        self._can_ask = javascript
        self._pages = []

    def open(self, urls: Sequence[str]) -> None:
        for url in urls:
            page = self.context.new_page()
            self._pages.append(page)
            page.goto(url, wait_until="commit")

    def choose(self, origin: str, action: str) -> None:
        page = self.context.new_page()
        page.goto(f"{origin}/")
        before = self._signed()
        page.choose(action)
        until(lambda: self._signed() != before, f"the choice {action}")
        page.wait_for_load_state("networkidle")
        page.close()

    def _signed(self) -> str:
        return "".join(cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "hb")

    def kept(self, origin: str) -> set[str]:
        names = {str(cookie["name"]) for cookie in self.context.cookies()}
        for page in self._pages if self._can_ask else []:
            with suppress(Error):  # a page that went elsewhere, or that is going
                names |= set(page.evaluate_apart(self._KEPT))
        return names

    def leave(self) -> None:
        for page in self._pages:
            with suppress(Error):  # a window that closed itself
                page.close()
        self._pages = []


@contextmanager
def running_firefox(collectors: Collectors) -> Iterator[Firefox]:
    """A Firefox that finds the tracker's hosts at *collectors*, and every other name on loopback."""
    settings = {
        "network.socket.forcePort": f"80={collectors.http.port}",
        "dom.securecontext.allowlist": "tracker.test",
        "dom.disable_open_during_load": False,
        "security.warn_submit_secure_to_insecure": False,
    }
    with TemporaryDirectory() as folder, ExitStack() as running:

        def start(javascript: bool) -> FirefoxBrowser:
            profile = Path(folder) / f"javascript-{javascript}"
            return running.enter_context(
                driven_firefox(profile, {**settings, "javascript.enabled": javascript})
            )

        yield Firefox(start)
