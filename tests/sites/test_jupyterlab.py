"""JupyterLab behind ``holdback serve``: a cell is run over a kernel's WebSocket, and big streams pass."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from websockets.exceptions import InvalidStatus

from tests.support.chromium import chromium
from tests.support.holdback_process import Holdback
from tests.support.http_client import Answer, opened
from tests.support.kernels import connected, run
from tests.support.processes import until
from tests.support.sites import Site, jupyterlab

if TYPE_CHECKING:
    from .conftest import Put

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("jupyterlab")]

TOKEN = "a-token-for-tests"
AUTHORIZED = [("Authorization", f"token {TOKEN}")]
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "sum",
            "source": "print('the answer is', 6 * 7)",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
MEGABYTE = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with jupyterlab(tmp_path_factory.mktemp("jupyter"), TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: Site, behind_holdback: "Put") -> Holdback:
    return behind_holdback(site.url)


@pytest.fixture
def kernel(proxy: Holdback) -> Iterator[str]:
    answer = _api(proxy, "POST", "/api/kernels", {"name": "python3"})
    assert answer.status == 201, answer.text
    number: str = json.loads(answer.body)["id"]
    yield number
    _api(proxy, "DELETE", f"/api/kernels/{number}")


def _api(proxy: Holdback, method: str, target: str, body: object = None) -> Answer:
    headers = [*AUTHORIZED, ("Content-Type", "application/json")]
    return proxy.fetch(
        target, headers, method=method, body=b"" if body is None else json.dumps(body).encode()
    )


def test_a_cell_runs(proxy: Holdback, kernel: str) -> None:
    with connected(f"127.0.0.1:{proxy.port}", kernel, TOKEN) as socket:
        messages = list(
            run(socket, "import sys; print('the answer is', 6 * 7); print('no', file=sys.stderr)")
        )

    streams = {m["content"]["name"]: m["content"]["text"] for m in messages if m["msg_type"] == "stream"}
    assert streams == {"stdout": "the answer is 42\n", "stderr": "no\n"}


def test_a_kernel_says_much(proxy: Holdback, kernel: str) -> None:
    """Twenty megabytes of output in messages of a megabyte, and a message of four megabytes the other way."""
    code = "for n in range(20): display({'text/plain': str(n % 10) * 1_000_000}, raw=True)"
    with connected(f"127.0.0.1:{proxy.port}", kernel, TOKEN) as socket:
        shown = [
            m["content"]["data"]["text/plain"] for m in run(socket, code) if m["msg_type"] == "display_data"
        ]
        assert [(text[0], len(text)) for text in shown] == [(str(n % 10), 1_000_000) for n in range(20)]
        [said] = [
            m["content"]["text"]
            for m in run(socket, f"print(len({'x' * 4_000_000!r}))")
            if m["msg_type"] == "stream"
        ]
        assert said == "4000000\n"


def test_a_stranger_gets_no_kernel(proxy: Holdback, kernel: str) -> None:
    """The refusal of the upgrade is the site's own, and arrives as such."""
    with pytest.raises(InvalidStatus) as refused, connected(f"127.0.0.1:{proxy.port}", kernel, "wrong"):
        pass
    assert refused.value.response.status_code == 403


def test_100_megabytes_down(site: Site, proxy: Holdback) -> None:
    expected = hashlib.sha256()
    with (site.folder / "big.bin").open("wb") as file:
        for _ in range(100):
            file.write(MEGABYTE)
            expected.update(MEGABYTE)
    received = hashlib.sha256()
    with opened(proxy.port, "GET", "/files/big.bin", AUTHORIZED) as answer:
        assert answer.status == 200
        while piece := answer.read(1 << 20):
            received.update(piece)

    assert received.hexdigest() == expected.hexdigest()


def test_a_notebook_is_kept(site: Site, proxy: Holdback) -> None:
    answer = _api(proxy, "PUT", "/api/contents/kept.ipynb", {"type": "notebook", "content": NOTEBOOK})

    assert answer.status == 201
    assert json.loads(Path(site.folder / "kept.ipynb").read_text())["cells"][0]["source"]


@pytest.mark.browser
def test_a_person_runs_a_cell(site: Site, proxy: Holdback) -> None:
    (site.folder / "person.ipynb").write_text(json.dumps(NOTEBOOK))
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        crashes: list[str] = []
        page.on("pageerror", lambda error: crashes.append(str(error)))
        page.goto(f"{proxy.url}/lab/tree/person.ipynb?token={TOKEN}")
        page.wait_for_selector(".jp-CodeCell .cm-content", timeout=90_000)
        until(lambda: _ran(page), "the cell's output", seconds=90)
        assert crashes == []


def _ran(page: Page) -> bool:
    """Run the cell; while its kernel is still being connected JupyterLab drops the order, or asks for a kernel."""
    asked = page.locator(".jp-Dialog .jp-mod-accept")
    if asked.count():
        asked.first.click()
    page.click(".jp-CodeCell .cm-content")
    page.keyboard.press("Control+Enter")
    try:
        page.wait_for_selector(".jp-OutputArea-output >> text=the answer is 42", timeout=3_000)
    except PlaywrightTimeout:
        return False
    return True
