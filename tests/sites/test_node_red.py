"""Node-RED behind ``holdback serve``: a flow is drawn, deployed and run, and what it says arrives over a WebSocket."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import choose
from tests.support.http_client import fetch
from tests.support.sites import Site, node_red
from tests.support.visit import Visit

if TYPE_CHECKING:
    from .conftest import Answer

pytestmark = [pytest.mark.site, pytest.mark.long]

FLOW = [
    {"id": "t", "type": "tab", "label": "Flow"},
    {
        "id": "i",
        "type": "inject",
        "z": "t",
        "name": "go",
        "props": [{"p": "payload"}],
        "payload": "it flows",
        "payloadType": "str",
        "repeat": "",
        "crontab": "",
        "x": 120,
        "y": 300,
        "wires": [["d"]],
    },
    {
        "id": "d",
        "type": "debug",
        "z": "t",
        "name": "said",
        "active": True,
        "complete": "payload",
        "x": 400,
        "y": 300,
    },
    {
        "id": "in",
        "type": "http in",
        "z": "t",
        "url": "/hello",
        "method": "get",
        "x": 120,
        "y": 400,
        "wires": [["out"]],
    },
    {
        "id": "out",
        "type": "template",
        "z": "t",
        "template": "<html><head><title>Hello</title></head><body><h1>Hello {{req.query.who}}</h1></body></html>",
        "x": 300,
        "y": 400,
        "wires": [["end"]],
    },
    {"id": "end", "type": "http response", "z": "t", "x": 500, "y": 400, "wires": []},
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with node_red(tmp_path_factory.mktemp("node-red")) as running:
        yield running


def _begin(site: Site) -> None:
    """The same flow for everybody."""
    headers = [("Content-Type", "application/json"), ("Node-RED-Deployment-Type", "full")]
    done = fetch(site.port, "/flows", headers, method="POST", body=json.dumps(FLOW).encode())
    assert done.status == 204, done.text


def _close_what_greets(page: Page) -> None:
    for name in ("Close", "Not now"):
        button = page.get_by_role("button", name=name)
        if button.count() and button.first.is_visible():
            button.first.click()


def _draws(visit: Visit) -> list[str]:
    """What somebody sees who runs the flow, adds a node to it, deploys that, and opens a page that the flow makes."""
    page = visit.at("/")
    page.wait_for_selector("#red-ui-palette-container .red-ui-palette-node")
    page.wait_for_selector("g.red-ui-flow-node-group")
    page.wait_for_timeout(1000)
    _close_what_greets(page)
    page.keyboard.press("Escape")
    page.click("#red-ui-tab-debug-link-button")
    page.locator(".red-ui-flow-node-button-button").first.click()
    page.wait_for_selector(".red-ui-debug-msg-payload >> text=it flows")
    comment = page.locator(".red-ui-palette-node[data-palette-type=comment]")
    comment.scroll_into_view_if_needed()
    comment.drag_to(page.locator("#red-ui-workspace-chart"), target_position={"x": 300, "y": 500})
    page.wait_for_function("document.querySelectorAll('g.red-ui-flow-node-group').length == 6")
    page.click("#red-ui-header-button-deploy")
    page.wait_for_selector("text=Successfully deployed")
    nodes = page.locator("g.red-ui-flow-node-group").count()
    page = visit.at("/hello?who=Ada")
    return [str(nodes), page.inner_text("h1"), page.title()]


@pytest.mark.parametrize("answer", ["without Holdback", "unanswered", "accept-all", "reject-all"])
def test_a_flow_is_drawn_and_runs(
    answer: "Answer", site: Site, addresses: dict[bool, str], browser: Browser
) -> None:
    _begin(site)
    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        visit = Visit(context, addresses[answer != "without Holdback"])
        if answer in ("accept-all", "reject-all"):
            choose(visit.at("/hello?who=Ada"), answer)
            visit.page.wait_for_timeout(300)
        assert _draws(visit) == ["6", "Hello Ada", "Hello"]
    assert visit.console.errors == []
    assert visit.refused == []
