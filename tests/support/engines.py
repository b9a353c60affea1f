"""Tests that run in Chromium and in Firefox: marked ``both_engines``, they are given a browser of each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import pytest
from playwright.sync_api import Browser, Page

from . import chromium
from .driven_firefox import FirefoxPage, driven_firefox


@contextmanager
def browser_asked_for(
    request: pytest.FixtureRequest, folders: pytest.TempPathFactory, names: Mapping[str, str] | None = None
) -> Iterator[Browser]:
    """The browser that a test's mark asks for, else Chromium, where *names* lead as they say."""
    if getattr(request, "param", "chromium") == "chromium":
        with chromium.chromium(names) as browser:
            yield browser
        return
    with driven_firefox(folders.mktemp("firefox") / "profile") as firefox:
        yield cast("Browser", firefox)


def choose(page: Page, action: str) -> None:
    """Press a button of the notice as a person does: with the mouse, where it is seen."""
    if isinstance(page, FirefoxPage):
        page.choose(action)
    else:
        chromium.choose(page, action)


def buttons(page: Page) -> list[str]:
    """What stands on the buttons of the notice that are to be seen."""
    return page.buttons() if isinstance(page, FirefoxPage) else chromium.buttons(page)
