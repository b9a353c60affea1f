"""Somebody's way through a site in a browser: what it asked others for, and what went wrong."""

from playwright.sync_api import BrowserContext, Page, Route

from .chromium import Console


class Visit:
    """A visit of the site at *url* in a page of *context*; who else is asked answers with an empty script.

    ``elsewhere`` has the addresses that others were asked for, ``refused`` the answers that were errors, ``console``
    what went wrong in the page.
    """

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.page = context.new_page()
        self.console = Console(self.page)
        self.elsewhere: list[str] = []
        self.refused: list[str] = []
        context.route(lambda asked: not asked.startswith(url), self._elsewhere)
        self.page.on(
            "response",
            lambda one: self.refused.append(f"{one.status} {one.url}") if one.status >= 400 else None,
        )

    def _elsewhere(self, route: Route) -> None:
        self.elsewhere.append(route.request.url)
        route.fulfill(body="", content_type="text/javascript")

    def at(self, path: str) -> Page:
        """The page, at a path of the site."""
        self.page.goto(f"{self.url}{path}")
        return self.page
