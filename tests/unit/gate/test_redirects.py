"""Redirects that lead to a held service."""

import pytest
from holdback.proxy.gate.headers.redirects import led_past
from holdback.proxy.http.headers import first

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
        (
            b"https://tracker.test/?u=https%3A%2F%2Fb%C3%BCcher.example%2FZ%C3%BCrich%3Fq%3D%E2%82%AC",
            True,
            (302, b"https://xn--bcher-kva.example/Z%C3%BCrich?q=%E2%82%AC"),
        ),
        (
            b"https://tracker.test/?u=https%3A%2F%2Ffa%C3%9F.de:8443",
            True,
            (302, b"https://xn--fa-hia.de:8443"),
        ),
        (
            b"https://tracker.test/?u=https%3A%2F%2Fa%40b%C3%BCcher.example",
            True,
            (302, b"https://a@xn--bcher-kva.example"),
        ),
        (b"https://tracker.test/?u=https%3A%2F%2F%E2%9D%A4%EF%B8%8F%E2%80%8Da.-%C3%BC-/", True, (302, None)),
        (b"https://tracker.test/?u=https%3A%2F%2Fa.example%2F%25zz", True, (302, b"https://a.example/%zz")),
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
