"""How the real sites are put behind the proxy."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.support.certificates import Authority
from tests.support.chromium import chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.sites import Site

type Put = Callable[..., Holdback]
type Answer = Literal["without Holdback", "unanswered", "accept-all", "reject-all"]
"""What a visitor has said when the site is used, or that nobody asks."""


@pytest.fixture(scope="module")
def behind_holdback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Put]:
    """``behind_holdback(upstream, **options of serving)``: ``holdback serve`` in front of *upstream*."""
    with ExitStack() as stack:

        def put(upstream: str, **more: object) -> Holdback:
            data: Path = tmp_path_factory.mktemp("holdback") / "data"
            return stack.enter_context(serving(upstream, data, **more))  # type: ignore[arg-type]

        yield put


@pytest.fixture(scope="module")
def addresses(site: Site, behind_holdback: Put) -> dict[bool, str]:
    """The address of the module's site, without Holdback in front and with it."""
    return {False: site.url, True: behind_holdback(site.url).url}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
