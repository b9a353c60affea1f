"""A shop of Next.js (App Router) behind ``holdback serve``: streamed pages, a router of scripts, actions of the server.

It asks for Google in the two ways that its documentation has, by ``next/script`` and by ``@next/third-parties``, so
that the payload of every page quotes what is held. A second page has a policy with nonces.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import choose
from tests.support.sites import Site, nextjs
from tests.support.visit import Visit

if TYPE_CHECKING:
    from .conftest import Answer

pytestmark = [pytest.mark.site, pytest.mark.long]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with nextjs(tmp_path_factory.mktemp("nextjs")) as running:
        yield running


def _shops(visit: Visit, first: str) -> list[str]:
    """What a visitor sees who counts, asks, and puts tea into the basket."""
    page = visit.at(first)
    page.wait_for_selector("#slow")
    page.click("#count")
    page.click("#count")
    page.wait_for_selector("#count:text-is('2')")
    page.click("#ask")
    page.wait_for_selector("#said:has-text('hello')")
    shown = [page.inner_text(f"#{name}") for name in ("slow", "count", "said")]
    shown.append(page.locator("#count").get_attribute("style") or "")
    page.evaluate("window.kept = 'the same document'")
    page.click("#on")
    page.wait_for_selector("#add")
    shown += [page.inner_text("h1"), page.title(), page.evaluate("window.kept")]
    page.fill("input[name=what]", "green tea")
    page.click("#add")
    page.wait_for_url("**/basket?added=*")
    page.wait_for_selector("#added:has-text('green tea')")
    shown.append(page.inner_text("#added"))
    page.go_back()
    page.go_back()
    page.wait_for_selector("#slow")
    return [*shown, page.inner_text("h1"), page.evaluate("window.kept")]


@pytest.mark.parametrize("first", ["/", "/strict"])
@pytest.mark.parametrize("answer", ["unanswered", "accept-all", "reject-all"])
def test_it_does_the_same_with_holdback(
    answer: "Answer", first: str, addresses: dict[bool, str], browser: Browser
) -> None:
    with browser.new_context() as context:
        without = Visit(context, addresses[False])
        expected = _shops(without, first)
    with browser.new_context() as context:
        visit = Visit(context, addresses[True])
        page = visit.at(first)
        page.wait_for_selector("#slow")
        if answer != "unanswered":
            choose(page, answer)
            page.wait_for_timeout(500)
        assert _shops(visit, first) == expected
        if answer == "unanswered":
            assert page.locator("hb-notice").count() == 1, "the notice is there to the end"
    assert visit.console.errors == without.console.errors == []
    assert visit.refused == without.refused == []
    asked = {url.partition("?")[0] for url in without.elsewhere}
    assert {"https://www.googletagmanager.com/gtag/js", "https://www.googletagmanager.com/gtm.js"} <= asked
    assert {url.partition("?")[0] for url in visit.elsewhere} == (asked if answer == "accept-all" else set())
