"""Workers that a page starts by an address: the page's guard can't enter them, so the proxy puts one in front."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import choose, chromium
from tests.support.guarded import collector
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Recorder, Reply

pytestmark = pytest.mark.browser

SCRIPT = ("Content-Type", "text/javascript")
STARTS = {
    "classic": "new Worker('/w/classic.js')",
    "strict": "new Worker('/w/strict.js')",
    "module": "new Worker('/w/module.js', {type: 'module'})",
    "shared": "new SharedWorker('/w/shared.js')",
    "service": "navigator.serviceWorker.register('/w/service.js')",
    "nested": "new Worker('/w/nested.js')",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"tracker.test": "127.0.0.1"}) as running:
        yield running


@pytest.fixture(scope="module")
def tracker() -> Iterator[Recorder]:
    with collector() as running:
        yield running


@pytest.fixture(scope="module")
def declaring(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    service = '[[service]]\nname = "Acme Metrics"\npurpose = "analytics"\nhosts = ["tracker.test"]\n'
    with serving(origin.url, tmp_path_factory.mktemp("workers") / "data", config=service) as running:
        yield running


@pytest.fixture
def page(browser: Browser, declaring: Holdback, origin: Origin, tracker: Recorder) -> Iterator[Page]:
    tracker.forget()
    for name in STARTS:
        origin.pages[f"/w/{name}.js"] = Reply(_script(name, tracker.port), lines=[SCRIPT, ("ETag", '"1"')])
    origin.pages["/w/dependency.js"] = Reply(b"export const host = 'tracker' + '.test'", lines=[SCRIPT])
    origin.pages["/workers"] = Reply(_page(), lines=[HTML])
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{declaring.port}/workers")
        yield page


def _page() -> bytes:
    starts = "".join(f"{start};" for start in STARTS.values())
    return f"<!doctype html><html><head><title>w</title></head><body><script>{starts}</script></body></html>".encode()


def _script(name: str, port: int) -> bytes:
    if name == "nested":
        return b"new Worker('/w/classic.js?nested')"
    call = f"fetch(['http://', 'tracker', '.test:{port}/', '{name}'].join(''), {{mode: 'no-cors'}});"
    told = f"fetch('/told/{name}' + (function () {{ return this }}() ? '' : '-strict'));"
    head = {"strict": "/* licence */ 'use strict';", "module": "import { host } from './dependency.js';"}
    return (head.get(name, "") + call + told).encode()


def _told(origin: Origin) -> set[str]:
    return {request.path for request in origin.recorder.requests if request.path.startswith("/told/")}


EVERYTHING = {"/told/classic", "/told/strict-strict", "/told/module-strict", "/told/shared", "/told/service"}


def test_nothing_arrives_and_workers_work(page: Page, origin: Origin, tracker: Recorder) -> None:
    until(lambda: _told(origin) == EVERYTHING, "every worker to run", 20)
    assert [str(request) for request in tracker.requests] == []


def test_what_they_asked_for_is_sent_on_a_grant(page: Page, origin: Origin, tracker: Recorder) -> None:
    origin.recorder.forget()
    page.reload()
    until(
        lambda: {"/told/classic", "/told/strict-strict", "/told/module-strict"} <= _told(origin),
        "workers",
        20,
    )
    choose(page, "accept-all")
    until(
        lambda: {"/classic", "/strict", "/module"} <= {request.path for request in tracker.requests},
        "calls",
        20,
    )
