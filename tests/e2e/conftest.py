"""A recording site and a proxy in front of it, shared by the tests of one file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.support.certificates import Authority
from tests.support.engines import browser_asked_for
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin, origin_running


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with origin_running() as running:
        yield running


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("e2e") / "data"


@pytest.fixture(scope="module")
def proxy(origin: Origin, data: Path) -> Iterator[Holdback]:
    with serving(origin.url, data) as running:
        yield running


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One that reaches this machine alone; a file that needs other names has one of its own."""
    with browser_asked_for(request, tmp_path_factory) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile that nobody has used."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
