"""What holds for every test."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test that drives a browser or somebody's software a second try, counted in the closing line.

    A browser that starves on a busy machine is no finding. A fault of ours shows on both tries.
    """
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("site"):
            item.add_marker(pytest.mark.flaky(reruns=1))
