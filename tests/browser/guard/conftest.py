"""One browser for each module; a site, a tracker and a fresh profile for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.engines import browser_asked_for
from tests.support.guarded import TRACKER, Site, collector, guarded_site
from tests.support.recording import Recorder

from .support import Opened


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """For a module: Playwright's synchronous side runs once a thread, and modules have browsers of their own kind."""
    with browser_asked_for(
        request, tmp_path_factory, {"*.test": "127.0.0.1", "*.example": "127.0.0.1"}
    ) as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def tracker_server() -> Iterator[Recorder]:
    with collector() as recorder:
        yield recorder


@pytest.fixture
def tracker(tracker_server: Recorder) -> Recorder:
    tracker_server.forget()
    return tracker_server


@pytest.fixture(scope="module")
def site_server() -> Iterator[Site]:
    with guarded_site(TRACKER) as site:
        yield site


@pytest.fixture
def site(site_server: Site) -> Site:
    site_server.pages.clear()
    site_server.files.clear()
    site_server.recorder.forget()
    site_server.policy, site_server.external, site_server.guarded = "", False, True
    return site_server


@pytest.fixture
def opened(site: Site, page: Page, tracker: Recorder) -> Opened:
    """Opens a page with the markup given, in which T is the tracker's origin."""

    def open_page(markup: str) -> Page:
        site.pages["/"] = markup.replace("T/", f"http://tracker.test:{tracker.port}/")
        page.goto(site.url())
        return page

    return open_page
