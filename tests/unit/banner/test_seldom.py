"""A warning for the owner, not for each visitor."""

import logging

import pytest
from holdback.banner.endpoints.seldom import Seldom


def test_what_goes_on_is_said_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    seldom = Seldom(60, clock=lambda: now)
    with caplog.at_level(logging.WARNING, logger="holdback"):
        for now in (0.0, 1.0, 59.0, 60.0, 61.0, 500.0):  # noqa: B007
            seldom.tell("full")
    said = [record.getMessage() for record in caplog.records]
    assert said == ["full", "full (2 more since the last line)", "full (1 more since the last line)"]
