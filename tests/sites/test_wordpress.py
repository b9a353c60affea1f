"""WordPress behind ``holdback serve``: who comments, writes or arranges the site does so as without it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import choose
from tests.support.sites import Site
from tests.support.visit import Visit
from tests.support.wordpress import PASSWORD, USER, wordpress

if TYPE_CHECKING:
    from .conftest import Answer

pytestmark = [pytest.mark.site, pytest.mark.long]

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060600000000500"
    "01a5f645400000000049454e44ae426082"
)
TAG = "https://www.googletagmanager.com/gtag/js?id=G-TEST1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with wordpress(tmp_path_factory.mktemp("wordpress")) as running:
        yield running


def comments(visit: Visit) -> None:
    page = visit.at("/?p=1")
    page.fill("#comment", f"A word from {visit.url} {len(visit.elsewhere)} {id(visit)}")
    page.fill("#author", "Grace")
    page.fill("#email", "grace@shop.test")
    page.click("#submit")
    page.wait_for_url("**/*unapproved=*")


def signs_in(visit: Visit) -> None:
    page = visit.at("/wp-login.php")
    # Its own script goes to the first field a moment after the page has loaded, and takes who is typing along.
    page.wait_for_function("document.activeElement.id === 'user_login'")
    page.fill("#user_login", USER)
    page.fill("#user_pass", PASSWORD)
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/")


def writes_a_post(visit: Visit) -> None:
    page = visit.at("/wp-admin/post-new.php")
    page.wait_for_selector(".editor-post-title__input")
    page.wait_for_timeout(1000)
    guide = page.get_by_role("button", name="Close")
    if guide.count():
        guide.first.click()
    page.locator(".editor-post-title__input").click()
    for text in ("A post", "What it says.", "/quote"):
        page.keyboard.type(text)
        page.wait_for_timeout(600)
        page.keyboard.press("Enter")
    page.keyboard.type("Said before.")
    page.locator("button.editor-post-publish-panel__toggle").click()
    page.locator(".editor-post-publish-panel button.editor-post-publish-button").click()
    page.wait_for_selector("text=is now live")


def uploads_a_picture(visit: Visit, folder: Path) -> None:
    picture = folder / "pixel.png"
    picture.write_bytes(PIXEL)
    page = visit.at("/wp-admin/media-new.php")
    with page.expect_file_chooser() as chooser:
        page.click("#plupload-browse-button")
    chooser.value.set_files(picture)
    page.wait_for_selector("#media-items button.copy-attachment-url, #media-items a.edit-attachment")


def arranges_the_site(visit: Visit) -> None:
    page = visit.at("/wp-admin/site-editor.php")
    canvas = page.frame_locator("iframe[name=editor-canvas]")
    canvas.locator(".wp-block-site-title").first.wait_for()


def customizes(visit: Visit) -> None:
    page = visit.at("/wp-admin/customize.php")
    page.frame_locator("#customize-preview iframe").locator(".wp-site-blocks").first.wait_for()


def edits_quickly(visit: Visit) -> None:
    page = visit.at("/wp-admin/edit.php")
    page.hover("tr.type-post >> nth=0")
    page.locator("button.editinline").first.click(force=True)
    page.fill(".inline-edit-row input[name=post_title]", "Renamed")
    page.click(".inline-edit-row button.save")
    page.wait_for_selector("a.row-title:has-text('Renamed')")


@pytest.mark.parametrize("answer", ["without Holdback", "unanswered", "accept-all", "reject-all"])
def test_everybody_goes_their_ways(
    answer: "Answer", addresses: dict[bool, str], browser: Browser, tmp_path: Path
) -> None:
    visit = Visit(
        browser.new_context(viewport={"width": 1280, "height": 900}), addresses[answer != "without Holdback"]
    )
    page = visit.at("/")
    if answer in ("accept-all", "reject-all"):
        choose(page, answer)
        page.wait_for_timeout(300)
    ways: list[Callable[[Visit], None]] = [
        comments,
        signs_in,
        writes_a_post,
        arranges_the_site,
        customizes,
        edits_quickly,
    ]
    for way in ways:
        way(visit)
    uploads_a_picture(visit, tmp_path)
    visit.at("/?p=1").wait_for_timeout(300)
    told = [url for url in visit.elsewhere if not re.match(r"https://s\.w\.org/", url)]
    page.context.close()
    assert visit.console.errors == []
    assert visit.refused == []
    assert (TAG in told) == (answer in ("without Holdback", "accept-all"))
    # Gravatar's pictures tell it who comments where, so they are held too.
    assert bool(told) == (answer in ("without Holdback", "accept-all"))
