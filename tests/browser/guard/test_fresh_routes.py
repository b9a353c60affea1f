"""The routes of ``fresh_routes.py``, all on one page: what arrived is told apart by the address that each is given."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium
from tests.support.firefox import showing
from tests.support.guarded import TRACKER, collector, guarded_site
from tests.support.processes import until

from .fresh_routes import FRESH

pytestmark = pytest.mark.browser

_NAMES = tuple(FRESH)
_PAGE = "<body><iframe name=inMarkup></iframe><script src=/routes.js></script>"
_HELPERS = """
const FRAME = () => document.body.appendChild(document.createElement('iframe'));
const LEAVING = () => {
  const frame = document.createElement('iframe');
  frame.src = '//elsewhere.test/';
  return document.body.appendChild(frame);
};
const BOX = (name) => {
  const box = document.createElement(name);
  box.append('x');
  return document.body.appendChild(box);
};
addEventListener('load', () => setTimeout(() => fetch('/all-done'), 1500));
"""
_MISSING_HERE = {
    "setHTML": "the sanitizer keeps no image",
    "speculation rules": "prefetch nothing in a headless browser",
    "manifest": "is fetched by nobody here",
    "cache": "needs TLS",
    "a worklet": "needs TLS",
}
"""Routes that this browser does not have on this page; the guard holds them all the same."""


def _script(origin: str, names: Sequence[str] = _NAMES) -> str:
    """Every route in a function of its own; the address is put together when it runs."""
    calls = (
        f"try {{ (function () {{ let a, b, c, d, f, g, i, l, n, s, t, u, v, x;"
        f" const HELD = [{origin!r}, 'route-{number}-'].join('/'); {FRESH[name]} }})() }} catch {{}}"
        for number, name in enumerate(names)
    )
    return _HELPERS + "\n".join(calls)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1"}, desktop=True) as browser:
        yield browser


def _arrivals(browser: Browser, *, guarded: bool) -> set[str]:
    """The names of the routes by which something arrived."""
    with collector() as tracker, guarded_site(TRACKER, guarded=guarded) as site:
        origin = f"http://tracker.test:{tracker.port}"
        site.pages["/"] = _PAGE
        site.files["/routes.js"] = ("text/javascript", _script(origin).encode())
        context = browser.new_context()
        context.new_page().goto(site.url(), wait_until="commit")
        until(lambda: site.recorder.received("/all-done"), "the page to be done", 30)
        context.close()
        seen = "\n".join(request.target for request in tracker.requests)
        return {name for number, name in enumerate(_NAMES) if f"/route-{number}-" in seen}


@pytest.fixture(scope="module")
def held(browser: Browser) -> set[str]:
    return _arrivals(browser, guarded=True)


@pytest.fixture(scope="module")
def unguarded(browser: Browser) -> set[str]:
    return _arrivals(browser, guarded=False)


@pytest.mark.parametrize("name", _NAMES)
def test_nothing_arrives(name: str, held: set[str]) -> None:
    assert name not in held


@pytest.mark.parametrize("name", [name for name in _NAMES if name not in _MISSING_HERE])
def test_without_the_guard_it_arrives(name: str, unguarded: set[str]) -> None:
    """Else the route would prove nothing."""
    assert name in unguarded


def _arrivals_in_firefox(profile: Path, names: Sequence[str], *, guarded: bool) -> set[str]:
    with collector() as tracker, guarded_site(TRACKER, guarded=guarded) as site:
        site.pages["/"] = _PAGE
        site.files["/routes.js"] = ("text/javascript", _script("http://tracker.test", names).encode())
        with showing([site.url(host="127.0.0.1")], profile, tracker.port):
            until(lambda: site.recorder.received("/all-done"), "the page to be done", 60)
        seen = "\n".join(request.target for request in tracker.requests)
        return {name for number, name in enumerate(names) if f"/route-{number}-" in seen}


def test_firefox_frames(tmp_path: Path) -> None:
    """Firefox tells of a frame's first document later than Chromium does."""
    names = [name for name in _NAMES if name.startswith("a frame")]
    assert _arrivals_in_firefox(tmp_path / "without", names, guarded=False) == set(names)
    assert _arrivals_in_firefox(tmp_path / "with", names, guarded=True) == set()
