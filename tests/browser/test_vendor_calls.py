"""What a site calls of its trackers, by the vendors' own documentation, while they are held, and when they come.

Each page loads some vendors' scripts, as far as they may, and then calls them from a script of the site's own. The same
page without Holdback shows what the vendors' libraries would have heard.
"""

import json
from collections.abc import Iterator
from itertools import batched
from pathlib import Path

import pytest
from holdback.proxy.rules.catalogue import curated
from holdback.proxy.rules.model import Service
from playwright.sync_api import Browser, Page, Route

from tests.support.chromium import choose, chromium
from tests.support.firefox import showing
from tests.support.guarded import collector
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin, origin_running
from tests.support.processes import until
from tests.support.recording import Reply
from tests.support.vendor_calls import calls_of

pytestmark = pytest.mark.browser

SERVICES = {service.id: service for service in curated() if service.globals}
GROUPS = list(batched(SERVICES.values(), 16))
LIBRARY = """(() => {
  const fake = (...path) => new Proxy(function () {}, {
    get: (target, key) =>
      key in target ? target[key] : typeof key == 'symbol' || key == 'then' ? undefined : fake(...path, key),
    apply: () => {
      if (path[0]) (self.heard ??= []).push(path.join('.'));
      return fake('');
    },
    construct: () => fake(''),
  });
  for (const name of LISTS) self[name] ??= [];
  for (const name of NAMES) self[name] = fake(name);
})()"""
"""A vendor's library: it has heard what was called of it."""
CALLED = """self.failed = []; self.done = 0;
for (const [service, call] of CALLS) {
  try { self.done += 1; (0, eval)(call) } catch (error) { self.failed.push(`${service}: ${call}: ${error}`) }
}
fetch('/told', {method: 'POST', body: JSON.stringify([self.done, self.failed])});"""


def address_of(service: Service) -> str:
    """Where a script of the service may come from."""
    host, _, path = service.hosts[0].removeprefix("*.").partition("/")
    return f"https://{host}/{path}{'/' if path else ''}{service.id}.js"


def library_of(service: Service) -> str:
    lists = [name.removesuffix("[]") for name in service.globals if name.endswith("[]")]
    names = [name.removesuffix("()") for name in service.globals if not name.endswith("[]")]
    return LIBRARY.replace("LISTS", json.dumps(lists)).replace("NAMES", json.dumps(names))


LIBRARIES = {address_of(service): library_of(service) for service in SERVICES.values()}


@pytest.fixture(scope="module")
def site() -> Iterator[Origin]:
    with origin_running() as site:
        for number, group in enumerate(GROUPS):
            scripts = "".join(f'<script src="{address_of(service)}"></script>' for service in group)
            page = f"<!doctype html><title>x</title>{scripts}<p id=p><script src=/calls/{number}.js></script>"
            calls = [(service.id, call) for service in group for call in calls_of(service.id)]
            site.pages[f"/{number}"] = Reply(page.encode(), lines=[HTML])
            script = CALLED.replace("CALLS", json.dumps(calls)).encode()
            site.pages[f"/calls/{number}.js"] = Reply(script, lines=[("Content-Type", "text/javascript")])
        yield site


@pytest.fixture(scope="module")
def proxy(site: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(site.url, tmp_path_factory.mktemp("proxy") / "data") as proxy:
        yield proxy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()

    def library(route: Route) -> None:
        route.fulfill(body=LIBRARIES.get(route.request.url, ""), content_type="text/javascript")

    context.route(lambda url: not url.startswith("http://127.0.0.1"), library)
    page = context.new_page()
    yield page
    context.close()


def heard(page: Page) -> list[str]:
    """What the vendors' libraries have heard; Google's is told through a list."""
    found: list[str] = page.evaluate("self.heard ?? []")
    return sorted(call for call in found if call != "gtag")


def test_every_service_that_defines_something_is_called() -> None:
    assert all(calls_of(id_) for id_ in SERVICES)
    for id_, service in SERVICES.items():
        text = "\n".join(calls_of(id_))
        for name in service.globals:
            assert name.rstrip("[]()") in text, f"nothing is called of {name}"


@pytest.mark.parametrize("number", range(len(GROUPS)))
def test_nothing_throws_and_every_call_arrives_on_a_grant(
    page: Page, site: Origin, proxy: Holdback, number: int
) -> None:
    page.goto(f"{site.url}/{number}")
    without = heard(page)

    page.goto(f"{proxy.url}/{number}")
    assert page.evaluate("self.failed") == []
    assert page.evaluate("self.done") == sum(len(calls_of(service.id)) for service in GROUPS[number])
    assert heard(page) == []
    choose(page, "accept-all")
    until(lambda: len(heard(page)) >= len(without), f"the calls: {without}")
    assert heard(page) == without

    page.reload()
    assert heard(page) == without, "after the grant it is as without us"

    page.context.clear_cookies()
    page.goto(f"{proxy.url}/{number}")
    choose(page, "reject-all")
    page.reload()
    assert page.evaluate("self.failed") == []
    assert heard(page) == []


def test_firefox_throws_nothing_either(site: Origin, proxy: Holdback, tmp_path: Path) -> None:
    site.recorder.forget()
    addresses = [f"{proxy.url}/{number}" for number in range(len(GROUPS))]
    with collector() as tracker, showing(addresses, tmp_path / "profile", tracker.port):
        until(lambda: len(site.recorder.received("/told")) >= len(GROUPS), "all pages", 90)
    told = [json.loads(request.body) for request in site.recorder.received("/told")]
    assert [failed for _, failed in told if failed] == []
    assert sum(done for done, _ in told) == sum(len(calls_of(id_)) for id_ in SERVICES)
