"""Redirects that lead to a held service."""

import pytest
from holdback.proxy.gate.redirects import led_past
from holdback.proxy.headers import first

BACK = b"https://tracker.test/b?id=7&to=https%3A%2F%2Fshop.test%2Fp%3Fa%3D1"


def held(url: str) -> bool:
    return "//tracker.test" in url[:20]


@pytest.mark.parametrize(
    ("target", "is_visit", "outcome"),
    [
        (b"/next", True, (302, b"/next")),
        (b"/next", False, (302, b"/next")),
        (BACK, True, (302, b"https://shop.test/p?a=1")),
        (
            b"https://tracker.test/?to=https://tracker.test/2&x=https://own.test/",
            True,
            (302, b"https://own.test/"),
        ),
        (b"https://tracker.test/share?text=hello", True, (302, b"https://tracker.test/share?text=hello")),
        (b"https://tracker.test/?to=https://a.test/%0d%0aX:1", True, (302, None)),
        (BACK, False, (204, b"")),
        (b"https://tracker.test/p.gif", False, (204, b"")),
    ],
)
def test_led_past(target: bytes, is_visit: bool, outcome: tuple[int, bytes | None]) -> None:
    status, headers = led_past(
        302, [(b"location", target), (b"content-length", b"3"), (b"x-a", b"b")], held, is_visit=is_visit
    )
    expected = target if outcome[1] is None else outcome[1]
    assert (status, first(headers, b"location") or b"") == (outcome[0], expected)
    assert (b"x-a", b"b") in headers
    assert status != 204 or first(headers, b"content-length") is None


def test_only_redirects_are_looked_at() -> None:
    assert led_past(304, [(b"location", BACK)], held, is_visit=False) == (304, [(b"location", BACK)])
