"""MkDocs Material with its Google Analytics snippet on: nothing reaches Google before a choice, all works."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.support.certificates import Authority
from tests.support.chromium import Console, choose, chromium
from tests.support.holdback_process import Holdback
from tests.support.recording import Recorder, Reply, Request, recording
from tests.support.sites import Site, mkdocs_material

if TYPE_CHECKING:
    from .conftest import Put

pytestmark = [pytest.mark.site, pytest.mark.browser, pytest.mark.xdist_group("mkdocs")]

CONFIG = """
site_name: Documentation
theme:
  name: material
plugins:
  - search
extra:
  analytics:
    provider: google
    property: G-ABCDEFGHIJ
"""
PAGES = {
    "index.md": "# Welcome\n\nThe quick brown zebra.\n",
    "guide.md": "# Guide\n\nHow to keep an okapi.\n",
}
GTAG = b"""
document.cookie = '_ga=GA1.1.42.42; path=/; max-age=60000';
document.cookie = '_ga_ABCDEFGHIJ=GS2.1; path=/; max-age=60000';
const hit = 'https://region1.google-analytics.com/g/collect?v=2&tid=G-ABCDEFGHIJ&en=page_view';
fetch(hit, {method: 'POST', mode: 'no-cors'});
"""


def _google(request: Request) -> Reply:
    """Googles hosts: the tag sets its cookies and reports a page view, as the real one does first."""
    if request.path == "/gtag/js":
        return Reply(GTAG, lines=[("Content-Type", "text/javascript")])
    if request.path == "/css":
        return Reply(b"", lines=[("Content-Type", "text/css"), ("Access-Control-Allow-Origin", "*")])
    return Reply(status=204)


@pytest.fixture(scope="module")
def internet(authority: Authority) -> Iterator[tuple[Recorder, Browser]]:
    """Every host there is, on one collector with a certificate that the browser trusts."""
    certificate = authority.certificate(
        "*.googletagmanager.com", "*.google-analytics.com", "*.googleapis.com", "*.gstatic.com"
    )
    with recording(_google, tls=certificate.server_context()) as recorder:
        names = {"*:443": f"127.0.0.1:{recorder.port}"}
        with chromium(names, [certificate.pin]) as browser:
            yield recorder, browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with mkdocs_material(tmp_path_factory.mktemp("mkdocs") / "site", CONFIG, PAGES) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: Site, behind_holdback: "Put") -> Holdback:
    return behind_holdback(site.url)


@pytest.fixture
def google(internet: tuple[Recorder, Browser]) -> Recorder:
    internet[0].forget()
    return internet[0]


@pytest.fixture
def page(internet: tuple[Recorder, Browser]) -> Iterator[Page]:
    context = internet[1].new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def _search(page: Page, words: str) -> str:
    """Search as a reader does; the index is loaded and searched by a worker."""
    page.click(".md-search__input")
    page.keyboard.type(words)
    page.wait_for_selector(".md-search-result__item")
    return page.inner_text(".md-search-result__list")


def _cookies(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()}


def test_direct_it_reaches_google(site: Site, page: Page, google: Recorder) -> None:
    """Without the proxy the very same set-up sees the tag, the hit and the cookies: the trap works."""
    page.goto(site.url)
    google.wait("www.googletagmanager.com/gtag/js")
    google.wait("region1.google-analytics.com/g/collect")
    assert {"_ga", "_ga_ABCDEFGHIJ"} <= _cookies(page)


def test_before_a_choice_nothing_reaches_google(proxy: Holdback, page: Page, google: Recorder) -> None:
    page.goto(proxy.url)
    assert "okapi" in _search(page, "okapi")
    page.goto(f"{proxy.url}/guide/")
    page.reload(wait_until="networkidle")

    assert google.received("google-analytics") == []
    assert google.received("googletagmanager") == []
    assert not {name for name in _cookies(page) if name.startswith("_ga")}


def test_accept_starts_it_without_a_reload(proxy: Holdback, page: Page, google: Recorder) -> None:
    page.goto(proxy.url)
    page.evaluate("window.still = 'here'")
    choose(page, "accept-all")

    google.wait("region1.google-analytics.com/g/collect")
    assert page.evaluate("window.still") == "here"
    assert "_ga" in _cookies(page)


def test_reject_keeps_it_away(proxy: Holdback, page: Page, google: Recorder) -> None:
    page.goto(proxy.url)
    with page.expect_response("**/_hb/choice"):
        choose(page, "reject-all")
    page.goto(f"{proxy.url}/guide/", wait_until="networkidle")

    assert google.received("google-analytics") + google.received("googletagmanager") == []
    assert not {name for name in _cookies(page) if name.startswith("_ga")}


def test_nothing_new_goes_wrong(site: Site, proxy: Holdback, page: Page) -> None:
    """The console says through the proxy what it says without, and no request of the site's own fails."""
    direct = _troubles(page, site.url)
    assert [trouble for trouble in _troubles(page, proxy.url) if trouble not in direct] == []


def _troubles(page: Page, address: str) -> list[str]:
    console = Console(page)
    failed: list[str] = []

    def failing(response: Response) -> None:
        if response.status >= 400 and response.url.startswith(address):
            failed.append(f"{response.status} {response.url.removeprefix(address)}")

    page.on("response", failing)
    for path in ("/", "/guide/"):
        page.goto(address + path, wait_until="networkidle")
    _search(page, "zebra")
    page.remove_listener("response", failing)
    return [error.replace(address, "") for error in console.errors] + failed
