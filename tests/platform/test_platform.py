"""The web platform's own tests pass with Holdback if they pass without it: those that ``names.txt`` lists.

They were drawn by chance from the rooms that the guard stands in, and those were added that found something. What
cannot be the same is not listed: tests that count what a document has, that open windows without the visitor, that look
at sizes and times of what is loaded, or at the file in which an error arose.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.web_platform import FOLDER, lost, results, web_platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(
        not FOLDER.exists(), reason=".ci/web-platform-tests build/web-platform-tests fetches them"
    ),
]
NAMES = Path(__file__).with_name("names.txt").read_text().split()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with web_platform(tmp_path_factory.mktemp("platform")) as port:
        yield port


@pytest.fixture(scope="module")
def proxy(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(f"http://localhost:{port}", tmp_path_factory.mktemp("platform") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def losses(request: pytest.FixtureRequest, port: int, proxy: Holdback) -> dict[str, list[str]]:
    """What each test that was asked for loses: in a browser of its own, its address leads to Holdback."""
    others = {"*.localhost": "127.0.0.1", "*.test": "127.0.0.1"}
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    addresses = {name: f"http://localhost:{port}/{name}" for name in NAMES if name in asked}
    with chromium(others) as browser:
        without_us = {name: results(browser, address) for name, address in addresses.items()}
    found = {}
    with chromium({f"localhost:{port}": f"127.0.0.1:{proxy.port}", **others}) as browser:
        for name, address in addresses.items():
            found[name] = lost(without_us[name], results(browser, address))
            if found[name]:  # some are a matter of luck
                found[name] = lost(without_us[name], results(browser, address))
    return found


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_what_passes_without_us_passes_with_us(losses: dict[str, list[str]], name: str) -> None:
    assert losses[name] == []
