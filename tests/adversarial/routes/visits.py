"""Visits to the site of routes: before a choice, after a refusal, after a grant, after it was taken back."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.holdback_process import serving

from .browsers import Driven
from .collectors import Collectors, collecting
from .site import PAGES, RouteSite, site_of_routes
from .table import EVERY

HOST = "shop.localhost"
"""A name that browsers take for secure without TLS: some calls exist only there."""
SERVICE = """
[[service]]
name = "Acme Metrics"
purpose = "analytics"
paths = ["/acme/collect"]
cookies = ["acme_*"]
storage = ["acme_*"]
scripts = ["acmeLoader"]
"""
HOSTS = 'hosts = ["tracker.test", "tracker.localhost"]\n'
LISTED = "||tracker.test^$third-party\n||tracker.localhost^\n"
"""The same hosts in a list of the owner's, where the service says nothing of them."""
HELD_STATES = ("before a choice", "after reject", "after withdrawal")
WITHOUT = "without JavaScript"
QUIET = 0.5
"""Seconds without a request after which a page is taken to have done all that it would."""


@dataclass
class Stage:
    """Site, tracker and proxy, with a browser in front."""

    site: RouteSite
    collectors: Collectors
    browser: Driven
    origin: str

    def visit(self, expected: frozenset[str] = frozenset()) -> set[str]:
        """The names of the routes that got out on a visit to every page.

        *expected* are routes that get out as far as is known: they are given some time to.
        """
        self._forget()
        self._open(PAGES)
        self._still(expected)
        kept = self._kept()
        # Some routes wait for the end of the page.
        self.browser.leave()
        self._still(expected - kept)
        return kept | self._arrived()

    def without_javascript(self) -> set[str]:
        """The same for the page of a visitor without JavaScript, whom the tracker has to wait for."""
        self._forget()
        self.browser.open([f"{self.origin}/without"])
        self._still(frozenset())
        return self._arrived()

    def _open(self, pages: Sequence[str]) -> None:
        self.browser.open([f"{self.origin}/{page}" for page in pages])
        for page in pages:
            try:
                self.site.recorder.wait(f"/barrier/{page}", 40)
            except AssertionError:
                # One visit in hundreds of pages comes to a halt; why is not understood. Another can only add arrivals.
                self.browser.open([f"{self.origin}/{page}"])
                self.site.recorder.wait(f"/barrier/{page}", 60)

    def _forget(self) -> None:
        self.collectors.forget()
        self.site.recorder.forget()

    def _arrived(self) -> set[str]:
        return self.collectors.arrived() | self.site.arrived()

    def _kept(self) -> set[str]:
        names = self.browser.kept(self.origin)
        return {name.removeprefix("acme_") for name in names if name.startswith("acme_")}

    def _still(self, expected: frozenset[str]) -> None:
        """Until nothing has come for a while, and *expected* has, or will not."""
        patience = time.monotonic() + 8
        seen, since = -1, 0.0
        while True:
            count = len(self.collectors.http.requests) + len(self.collectors.ports.touched)
            if count != seen:
                seen, since = count, time.monotonic()
            rested = time.monotonic() - since > QUIET
            if rested and (time.monotonic() > patience or expected <= self._arrived() | self._kept()):
                return
            time.sleep(0.03)


type Start = Callable[[Collectors], AbstractContextManager[Driven]]
"""Starts a browser that finds the tracker at its collectors."""


@contextmanager
def staged(start: Start, way: str, data: Path) -> Iterator[Stage]:
    """Everything running, the browser that *start* gives too, until the block ends.

    *way* is how the proxy enforces, ``known`` or ``strict``; in ``listed`` a list alone names
    the tracker's hosts.
    """
    ports = [route.name for route in EVERY if route.kind == "connects"]
    with (
        collecting(ports) as collectors,
        site_of_routes(collectors.http.port, collectors.ports.numbers) as site,
        serving(f"http://127.0.0.1:{site.recorder.port}", data, config=_config(way, data.parent)) as proxy,
        start(collectors) as browser,
    ):
        yield Stage(site, collectors, browser, f"http://{HOST}:{proxy.port}")


def _config(way: str, folder: Path) -> str:
    if way != "listed":
        return f'enforce = "{way}"\n{SERVICE}{HOSTS}'
    file = folder / "easyprivacy.txt"
    file.write_text(LISTED)
    return f'easyprivacy = "{file}"\n{SERVICE}'


def survey(
    stage: Stage, gaps: frozenset[str], alive: frozenset[str], *, whole: bool = True
) -> dict[str, set[str]]:
    """What got out on each visit. *gaps* are routes known to get out, *alive* those that do after a grant.

    Where it need not be the *whole*, only a visitor who has not chosen yet comes, with JavaScript and without.
    """
    found = {}
    stage.browser.begin()
    found["before a choice"] = stage.visit(gaps)
    if whole:
        stage.browser.begin()
        stage.browser.choose(stage.origin, "reject-all")
        found["after reject"] = stage.visit()
        stage.browser.begin()
        stage.browser.choose(stage.origin, "accept-all")
        found["after accept"] = stage.visit(alive)
        stage.browser.choose(stage.origin, "withdraw")
        found["after withdrawal"] = stage.visit()
    stage.browser.begin(javascript=False)
    found[WITHOUT] = stage.without_javascript()
    return found
