"""Six real SDKs in real Chromium behind ``holdback serve``, set up in three ways: held, released, taken back."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.certificates import Authority
from tests.support.chromium import choose, chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.processes import until
from tests.support.sdks import LEFT_BEHIND, MODULES, SERVICES, Stage, bundled, by_vendor, stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not MODULES.is_dir(), reason="the SDKs are not there: npm ci in tests/sdks"),
]

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
"""SDKs leave out what says that it is headless."""

VENDORS = {
    "posthog": "https://us.i.posthog.com",
    "mixpanel": "https://api-js.mixpanel.com",
    "amplitude": "https://api2.amplitude.com",
    "segment": "https://api.segment.io",
    "snowplow": "https://acme.collector.snplow.net",
    "plausible": "https://plausible.io",
}
DECLARED = """
[[service]]
name = "Collectors"
purpose = "analytics"
hosts = ["*.collect.test"]
"""


@dataclass
class Play:
    """A stage, the proxy before its shop, and a browser in which everything else is on the stage too."""

    stage: Stage
    proxy: Holdback
    browser: Browser

    @property
    def shop(self) -> str:
        """The shop's address as visitors know it."""
        return f"http://www.shop.test:{self.proxy.port}/"

    def reached(self) -> set[str]:
        """The services that received anything."""
        return {service for service in SERVICES if self.stage.calls(service)}

    def calls(self) -> list[str]:
        """Every call to any of them, with how its body begins."""
        return [f"{call} {call.body[:200]!r}" for service in SERVICES for call in self.stage.calls(service)]

    def strangers(self) -> list[str]:
        """Everything that went to a host which is not the shop's; Chromium's own calls home left out."""
        calls = self.stage.internet.requests
        return [str(call) for call in calls if not call.host.endswith((".google.com", ".googleapis.com"))]


def _declared(play: Stage, _: str) -> None:
    port = play.internet.port
    play.setup = bundled({service: f"http://{service}.collect.test:{port}" for service in SERVICES})


def _own_paths(play: Stage, shop: str) -> None:
    own = {service: f"{shop}/in-{service}" for service in SERVICES}
    play.setup = bundled(own | {"snowplow": shop})  # its path is its own


def _vendors(play: Stage, _: str) -> None:
    play.setup = by_vendor(VENDORS)


SETUPS: dict[str, tuple[Callable[[Stage, str], None], str]] = {
    "declared hosts": (_declared, DECLARED),
    "vendors' hosts": (_vendors, ""),
    "paths of the site": (_own_paths, ""),
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("declared hosts", marks=pytest.mark.long),  # held by the same rules as a vendor's
        "vendors' hosts",
        "paths of the site",
    ],
)
def play(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Play]:
    set_up, config = SETUPS[request.param]
    hosts = [*VENDORS.values(), "https://us-assets.i.posthog.com", "https://sr-client-cfg.amplitude.com"]
    certificate = authority.certificate(*(host.removeprefix("https://") for host in hosts))
    by_tls = set_up is _vendors
    with ExitStack() as stack:
        on = stack.enter_context(stage(certificate.server_context() if by_tls else None))
        data: Path = tmp_path_factory.mktemp("sdks") / "data"
        proxy = stack.enter_context(serving(f"http://127.0.0.1:{on.shop.port}", data, config=config))
        set_up(on, f"http://www.shop.test:{proxy.port}")
        names = {"*.test": "127.0.0.1"} | ({"*:443": f"127.0.0.1:{on.internet.port}"} if by_tls else {})
        browser = stack.enter_context(chromium(names, [certificate.pin]))
        yield Play(on, proxy, browser)


@pytest.fixture
def context(play: Play) -> Iterator[BrowserContext]:
    play.stage.forget()
    fresh = play.browser.new_context(user_agent=AGENT, locale="en-GB")
    yield fresh
    fresh.close()
    until(lambda: _silent(play), "an end of the last page's calls")


def _silent(play: Play) -> bool:
    """Whether nothing came for half a second: a page that may call says goodbye with beacons when it is closed."""
    before = len(play.stage.shop.requests) + len(play.stage.internet.requests)
    time.sleep(0.5)
    return before == len(play.stage.shop.requests) + len(play.stage.internet.requests)


@pytest.fixture
def page(play: Play, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(play.shop)
    return page


def _settled(page: Page) -> None:
    """Let the SDKs do what they do by themselves: they wait for load, an idle moment and timers of their own."""
    page.wait_for_load_state("load")
    page.evaluate(
        "() => new Promise(done => requestIdleCallback(() => setTimeout(done, 1500), { timeout: 3000 }))"
    )


def _kept(page: Page) -> set[str]:
    """The names of what trackers keep in the browser: cookies that scripts can't see too, and both storages."""
    names = {cookie["name"] for cookie in page.context.cookies()}
    names.update(page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"))
    return {name for name in names if name.startswith(LEFT_BEHIND)}


def _buy(page: Page) -> None:
    """Use the SDKs as the shop's own code does; where one is held, that must not be an error of the shop's."""
    page.evaluate(
        "() => { try { buy() } catch (error) { if (!(error instanceof ReferenceError)) throw error } }"
    )


def _answered(page: Page, button: str) -> None:
    with page.expect_response("**/_hb/choice"):
        choose(page, button)


def test_before_a_choice_nothing(play: Play, page: Page) -> None:
    for _ in range(2):
        _settled(page)
        assert play.calls() == []
        assert play.strangers() == []
        assert _kept(page) == set()
        page.reload()


def test_after_accept_all_of_them_without_a_reload(play: Play, page: Page) -> None:
    _settled(page)
    page.evaluate("window.still = 'here'")
    _answered(page, "accept-all")
    until(lambda: page.evaluate("typeof plausibleTrack == 'function' && 'segment' in window"), "the SDKs")
    _settled(page)
    play.stage.forget()
    _buy(page)

    until(lambda: _pumped(page) and play.reached() == set(SERVICES), f"all six; got {play.reached()}", 20)
    assert page.evaluate("window.still") == "here"
    kept = _kept(page)
    for prefix in ("ph_", "mp_", "AMP_", "ajs_", "_sp_"):
        assert any(name.startswith(prefix) for name in kept), f"{prefix} is missing in {sorted(kept)}"


def _pumped(page: Page) -> bool:
    """Give the browser a moment, as Playwright's own wait does."""
    page.wait_for_timeout(50)
    return True


def test_what_was_called_before_accept_is_there_after_it(play: Play, page: Page) -> None:
    """Every service hears of the visit itself: the guard kept the calls, in the page's memory and nowhere else."""
    if play.stage.played.collectors["posthog"].startswith(play.shop):
        pytest.skip(
            "calls to the site's own host were answered by the proxy, which keeps no body before consent"
        )
    _settled(page)
    _answered(page, "accept-all")

    until(lambda: _pumped(page) and play.reached() == set(SERVICES), f"all six; got {play.reached()}", 20)


def test_after_accept_they_work_on_the_next_page_too(play: Play, page: Page) -> None:
    _answered(page, "accept-all")
    play.stage.forget()
    page.goto(play.shop)

    until(lambda: _pumped(page) and play.reached() == set(SERVICES), f"all six; got {play.reached()}", 20)


def test_after_reject_nothing(play: Play, page: Page) -> None:
    _answered(page, "reject-all")
    for _ in range(2):
        _settled(page)
        _buy(page)
        _settled(page)
        assert play.calls() == []
        assert play.strangers() == []
        assert _kept(page) == set()
        page.reload()


def test_after_withdrawal_all_is_gone_and_stays_gone(play: Play, page: Page) -> None:
    _answered(page, "accept-all")
    _settled(page)
    page.reload()
    _settled(page)
    assert {"_ga", "_gid"} <= _kept(page)

    with page.expect_navigation():
        choose(page, "withdraw")
    for _ in range(3):
        _settled(page)
        play.stage.forget()
        _buy(page)
        _settled(page)
        assert _kept(page) == set()
        assert play.calls() == []
        page.reload()
    assert "sessionid" in {cookie["name"] for cookie in page.context.cookies()}
