"""Tests that share a site or a browser run in one process, or each process starts one of its own."""

import pytest


@pytest.mark.xdist_group("one")
def test_groups_are_kept_together(request: pytest.FixtureRequest) -> None:
    """By the end of a test's name, which pytest-xdist writes and some versions of pytest do not take."""
    if request.config.getoption("loadgroup", default=False):
        assert request.node.nodeid.endswith("@one")
