"""Hosts as a browser reads them."""

import stringprep

import pytest
from holdback.proxy.rules.urls import normal_host

IGNORED = [chr(code) for code in range(0x10000) if stringprep.in_table_b1(chr(code))]
"""RFC 3454, table B.1, as Python has it."""


@pytest.mark.parametrize("ignored", IGNORED, ids=lambda letter: f"U+{ord(letter):04X}")
def test_a_letter_that_browsers_ignore_hides_no_host(ignored: str) -> None:
    assert normal_host(f"tra{ignored}cker.te{ignored}st") == "tracker.test"
