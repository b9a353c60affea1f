"""Streamlit behind ``holdback serve``: a page that the server draws over a WebSocket, with widgets and a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import choose
from tests.support.sites import Site, streamlit
from tests.support.visit import Visit

if TYPE_CHECKING:
    from .conftest import Answer

pytestmark = [pytest.mark.site, pytest.mark.long]

SCRIPT = """
import streamlit as st

st.title("Squares")
count = st.number_input("How many", 1, 50, 5)
st.write("The last is", count * count)
st.line_chart([number * number for number in range(count)])
if st.button("Again"):
    st.session_state.times = st.session_state.get("times", 0) + 1
st.write("Pressed", st.session_state.get("times", 0), "times")
given = st.file_uploader("A list")
if given:
    st.write("It has", len(given.getvalue()), "bytes")
    st.download_button("Back", given.getvalue(), "list.txt")
st.html("<p id=own>Markup of one's own</p>")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with streamlit(tmp_path_factory.mktemp("streamlit"), SCRIPT) as running:
        yield running


def _works(visit: Visit, folder: Path) -> None:
    page = visit.at("/")
    page.wait_for_selector("text=The last is 25")
    page.get_by_label("How many").fill("7")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The last is 49")
    for times in (1, 2):
        page.get_by_role("button", name="Again").click()
        page.wait_for_selector(f"text=Pressed {times} times")
    (folder / "list.txt").write_text("one\ntwo\n")
    page.locator("input[type=file]").set_input_files(folder / "list.txt")
    page.wait_for_selector("text=It has 8 bytes")
    with page.expect_download() as download:
        page.get_by_role("button", name="Back").click()
    assert Path(download.value.path()).read_text() == "one\ntwo\n"
    page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
    assert page.inner_text("#own") == "Markup of one's own"


@pytest.mark.parametrize("answer", ["without Holdback", "unanswered", "accept-all", "reject-all"])
def test_everything_answers(
    answer: "Answer", addresses: dict[bool, str], browser: Browser, tmp_path: Path
) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 1400}) as context:
        visit = Visit(context, addresses[answer != "without Holdback"])
        if answer in ("accept-all", "reject-all"):
            visit.at("/").wait_for_selector("text=The last is 25")
            choose(visit.page, answer)
            visit.page.wait_for_timeout(500)
        _works(visit, tmp_path)
    assert visit.console.errors == []
    assert visit.refused == []
