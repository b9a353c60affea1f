"""Real SDKs behind the guard: nothing before a choice, all after a grant without a reload, nothing after withdrawal."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from holdback.proxy.rules.model import Purpose, Service
from playwright.sync_api import Browser, Page

from tests.support.certificates import Authority
from tests.support.chromium import choose, chromium
from tests.support.guarded import SETTINGS, Site, collector, guarded_site
from tests.support.processes import until
from tests.support.recording import Recorder
from tests.support.sdk_pages import SDKS, Sdk, installed

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not installed(), reason="the SDKs come from npm")]

PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
"""SDKs count no visits of browsers that say they are driven by a program."""
WAYS = ("declared host", "vendor's host", "own path")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recorder, str]]:
    """A collector that is every vendor's host, and the pin of its certificate."""
    folder: Path = tmp_path_factory.mktemp("authority")
    hosts = [
        name for sdk in SDKS.values() for name in (_vendor(sdk), f"*.{_vendor(sdk)}", f"*.i.{_vendor(sdk)}")
    ]
    certificate = Authority(folder).certificate(*hosts)
    with collector(certificate.server_context()) as recorder:
        yield recorder, certificate.pin


@pytest.fixture(scope="module")
def plain() -> Iterator[Recorder]:
    with collector() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def vendors_browser(secure: tuple[Recorder, str]) -> Iterator[Browser]:
    recorder, pin = secure
    vendors = {f"{_vendor(sdk)}:443": f"127.0.0.1:{recorder.port}" for sdk in SDKS.values()}
    names = {"*.test": "127.0.0.1"} | vendors | {f"*.{name}": address for name, address in vendors.items()}
    with chromium(names, [pin]) as browser:
        yield browser


def _vendor(sdk: Sdk) -> str:
    """The vendor's own domain: SDKs call more hosts of it than they are told."""
    return ".".join(sdk.vendor.split(".")[-2:]).removeprefix("https://")


def service(sdk: Sdk) -> Service:
    hosts = (f"{sdk.service}.test", _vendor(sdk))
    paths = (f"/metrics/{sdk.service}",)
    return Service(sdk.service, sdk.service, Purpose.ANALYTICS, "", hosts, paths, sdk.cookies, sdk.storage)


class Visit:
    """One visitor on a page with one SDK, whose collector is reached in one of three ways."""

    def __init__(self, page: Page, site: Site, sdk: Sdk, way: str, recorder: Recorder) -> None:
        self.page, self.site, self.sdk = page, site, sdk
        self._collector = site.recorder if way == "own path" else recorder
        host = {
            "declared host": f"http://{sdk.service}.test:{recorder.port}",
            "vendor's host": sdk.vendor,
            "own path": site.url(f"/metrics/{sdk.service}"),
        }[way]
        site.files[f"/sdk/{sdk.service}.js"] = ("text/javascript", sdk.code)
        site.files[f"/metrics/{sdk.service}/v1/projects/k/settings"] = ("application/json", SETTINGS)
        site.pages["/"] = sdk.page(host)
        recorder.forget()
        page.goto(site.url())

    def sent(self) -> list[str]:
        """What the collector received of the SDK, whatever it was."""
        held = f"/metrics/{self.sdk.service}" if self._collector is self.site.recorder else ""
        return [str(request) for request in self._collector.received(held) if request.method != "OPTIONS"]

    def events(self) -> int:
        return sum(any(path in request for path in self.sdk.sent) for request in self.sent())

    def settle(self) -> None:
        """Until the page has been idle for so long that every SDK here would have flushed."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("new Promise(done => setTimeout(done, 700))")

    def kept(self) -> list[str]:
        """Names of the cookies, storage keys and databases of the SDK that lie in the profile."""
        state = self.page.context.storage_state(indexed_db=True)
        names = [cookie["name"] for cookie in state["cookies"]]
        for origin in state["origins"]:
            names += [item["name"] for item in origin["localStorage"]]
            names += [database["name"] for database in origin.get("indexedDB", [])]  # type: ignore[attr-defined]
        names += self.page.evaluate("Object.keys(sessionStorage)")
        patterns = (*self.sdk.cookies, *self.sdk.storage)
        return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _table() -> Iterator[object]:
    """Every SDK in every way; outside of the long tests one in each: what differs by way is the same for all."""
    for number, (name, sdk) in enumerate(SDKS.items()):
        for way in WAYS:
            others = way != WAYS[number % len(WAYS)]
            marks = [pytest.mark.long] if others else []
            yield pytest.param((sdk, way), id=f"{name}-{way}", marks=marks)


@pytest.fixture(params=_table())
def visit(
    request: pytest.FixtureRequest,
    vendors_browser: Browser,
    plain: Recorder,
    secure: tuple[Recorder, str],
) -> Iterator[Visit]:
    sdk: Sdk
    way: str
    sdk, way = request.param
    recorder = secure[0] if way == "vendor's host" else plain
    context = vendors_browser.new_context(user_agent=PERSON)
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})")
    with guarded_site(service(sdk)) as site:
        yield Visit(context.new_page(), site, sdk, way, recorder)
    context.close()


def test_without_a_guard_it_would_send_and_keep(visit: Visit) -> None:
    """What the other tests prove would be nothing if the SDK were silent by itself."""
    visit.site.guarded = False
    visit.page.reload()
    until(visit.events, f"an event, got {visit.sent()}")
    if visit.sdk.cookies:
        until(visit.kept, "what the SDK keeps")


def test_sdk(visit: Visit) -> None:
    page = visit.page
    visit.settle()
    assert (visit.sent(), visit.kept()) == ([], [])

    page.reload()
    visit.settle()
    assert (visit.sent(), visit.kept()) == ([], [])

    page.evaluate("window.stays = true")
    choose(page, "accept-all")
    until(visit.events, f"the event from before the choice, got {visit.sent()}")
    before = visit.events()
    page.evaluate("again()")
    until(lambda: visit.events() > before, f"an event from after the choice, got {visit.sent()}")
    if visit.sdk.cookies:
        until(visit.kept, "what the SDK keeps")
    assert page.evaluate("window.stays")

    page.reload()
    visit.settle()
    with page.expect_navigation():
        choose(page, "withdraw")
    visit.settle()
    visit.site.recorder.forget()
    visit._collector.forget()
    page.reload()
    visit.settle()
    assert (visit.sent(), visit.kept()) == ([], [])


def test_refused(visit: Visit) -> None:
    visit.settle()
    choose(visit.page, "reject-all")
    visit.page.evaluate("again()")
    visit.settle()
    visit.page.reload()
    visit.settle()
    assert (visit.sent(), visit.kept()) == ([], [])
