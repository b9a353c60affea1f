"""``holdback demo`` as a newcomer sees it: nothing arrives before consent, everything after, nothing once withdrawn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.chromium import choose, chromium
from tests.support.holdback_process import COMMAND, holdback
from tests.support.http_client import fetch
from tests.support.processes import Process, free_port, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]

TRACKERS = {"Gaggle Analytics", "Metta Pixel", "Warmjar", "Shop insights", "ViewTube"}
THEIR_COOKIES = {"_ga", "_ga_FERNCLAY", "_fbp", "_hjSession_4711", "FPID"}
GOODS = "goods/morning-mug"


class Demo:
    """A running demo and its addresses."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.shop, self.plain, self.received = (addresses[name] for name in ("shop", "plain", "received"))
        self.data = addresses["data"]
        self._port = int(self.plain.rstrip("/").rpartition(":")[2])

    def heard(self, *, behind: bool) -> list[dict[str, Any]]:
        """What the trackers received from the shop behind Holdback, or from the other."""
        entries = json.loads(fetch(self._port, "/entries", host=f"trackers.localhost:{self._port}").body)
        return [entry for entry in entries if entry["behind"] is behind]

    def trackers(self, *, behind: bool) -> set[str]:
        return {entry["tracker"] for entry in self.heard(behind=behind)}

    def clear(self) -> None:
        fetch(self._port, "/clear", method="POST", host=f"trackers.localhost:{self._port}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo") / "data"
    command: list[str | Path] = [COMMAND, "demo", "--json", "--port", str(free_port()), "--data", data]
    with Process(command) as process:
        process.ready(lambda: "Holdback listens on" in process.output)
        yield Demo(json.loads(process.output.splitlines()[0]))


@pytest.fixture
def page(demo: Demo) -> Iterator[Page]:
    demo.clear()
    with chromium({"*.localhost": "127.0.0.1"}) as browser:
        yield browser.new_context().new_page()


def cookies(page: Page) -> set[str]:
    return {str(cookie.get("name")) for cookie in page.context.cookies(page.url)}


def settled(page: Page, address: str) -> None:
    page.goto(address, wait_until="networkidle")
    page.mouse.move(200, 200)


def test_without_holdback_everybody_hears(demo: Demo, page: Page) -> None:
    settled(page, demo.plain + GOODS)
    until(lambda: demo.trackers(behind=False) == TRACKERS, "all five trackers")
    assert cookies(page) >= THEIR_COOKIES
    assert demo.heard(behind=True) == []


def test_behind_holdback_the_visitor_decides(demo: Demo, page: Page) -> None:
    settled(page, demo.shop)
    settled(page, demo.shop + GOODS)
    page.get_by_role("button", name="Put in the basket").click()
    page.wait_for_url("**/basket")
    assert "Morning mug" in page.content()
    assert demo.heard(behind=True) == []
    assert cookies(page) == {"session"}

    settled(page, demo.shop + GOODS)
    choose(page, "accept-all")
    until(lambda: demo.trackers(behind=True) >= TRACKERS - {"Shop insights"}, "the trackers")
    settled(page, demo.shop + GOODS)
    until(lambda: demo.trackers(behind=True) == TRACKERS, "all five trackers")
    assert cookies(page) >= THEIR_COOKIES

    with page.expect_navigation(wait_until="networkidle"):  # the page reloads once all is taken back
        choose(page, "withdraw")
    until(lambda: not cookies(page) & THEIR_COOKIES, "the cookies to be gone")
    demo.clear()
    settled(page, demo.shop + GOODS)
    assert demo.heard(behind=True) == []
    assert not cookies(page) & THEIR_COOKIES
    kinds = [
        json.loads(line)["kind"]
        for line in holdback("log", "export", "--data", demo.data).stdout.splitlines()
    ]
    assert [kind for kind in kinds if kind != "published"] == ["grant", "withdrawal"]


def test_the_board_shows_it_while_it_arrives(demo: Demo, page: Page) -> None:
    page.goto(demo.received)
    count = page.locator("[data-count=plain]")
    assert count.inner_text() == "0"
    visitor = page.context.new_page()
    settled(visitor, demo.plain)
    until(lambda: count.inner_text() != "0", "the board to show what came")
    assert page.locator("[data-list=plain] li").count() > 0
    assert page.locator("[data-count=behind]").inner_text() == "0"
    page.get_by_role("button", name="Clear both").click()
    until(lambda: count.inner_text() == "0", "the board to be clear")
