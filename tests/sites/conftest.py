"""How the real sites are put behind the proxy."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.holdback_process import Holdback, serving

type Put = Callable[..., Holdback]


@pytest.fixture(scope="module")
def behind_holdback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Put]:
    """``behind_holdback(upstream, **options of serving)``: ``holdback serve`` in front of *upstream*."""
    with ExitStack() as stack:

        def put(upstream: str, **more: object) -> Holdback:
            data: Path = tmp_path_factory.mktemp("holdback") / "data"
            return stack.enter_context(serving(upstream, data, **more))  # type: ignore[arg-type]

        yield put


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
