"""What the tests of the guard share beside fixtures."""

from collections.abc import Callable

from playwright.sync_api import Page

type Opened = Callable[[str], Page]
"""Opens a page with the markup given, in which T/ is the tracker's origin."""


def settled(page: Page) -> None:
    """Until the network is idle and what a page does in its first moments is done."""
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done), 50))")
