"""The addresses in a ``srcset`` or ``imagesrcset`` (WHATWG HTML §4.8.4.2.5, "parse a srcset attribute")."""

import re

_CANDIDATE = re.compile(r"[\t\n\f\r ,]*([^\t\n\f\r ]+)")
_DESCRIPTORS = re.compile(r"(?:[^,(]|\([^)]*\)?)*")


def candidates(value: str) -> list[str]:
    """Every address that *value* (decoded) offers, in order. Commas inside an address belong to it."""
    found: list[str] = []
    position = 0
    while match := _CANDIDATE.match(value, position):
        address = match[1]
        position = match.end()
        if address.endswith(","):
            address = address.rstrip(",")
        elif descriptors := _DESCRIPTORS.match(value, position):
            position = descriptors.end()
        if address:
            found.append(address)
    return found
