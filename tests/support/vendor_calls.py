"""What sites call of trackers and embeds; the calls themselves stand in ``vendor_calls.js``."""

import re
from functools import cache
from pathlib import Path


def calls_of(service: str) -> list[str]:
    """The calls of a service, by its id."""
    return _all_calls()[service]


@cache
def _all_calls() -> dict[str, list[str]]:
    _, *rest = re.split(r"^// (.+)\n", Path(__file__).with_suffix(".js").read_text(), flags=re.MULTILINE)
    return {
        service: calls.splitlines()
        for service, calls in zip(rest[::2], map(str.strip, rest[1::2]), strict=True)
    }
