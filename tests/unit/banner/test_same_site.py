"""Who may send a choice, and where the answer may lead."""

import pytest
from holdback.banner.consent.standing import Standing
from holdback.banner.endpoints.same_site import foreign, return_path
from holdback.proxy.rules.model import Regime, Released
from starlette.datastructures import Headers


def standing(host: str = "shop.test", scheme: str = "http") -> Standing:
    return Standing(None, Released(), Regime.OPT_IN, False, None, None, "en", scheme, host)


@pytest.mark.parametrize(
    ("headers", "host", "scheme"),
    [
        ({}, "shop.test", "http"),
        ({"origin": "null"}, "shop.test", "http"),
        ({"origin": "http://shop.test"}, "shop.test", "http"),
        ({"origin": "http://shop.test:8080"}, "shop.test:8080", "http"),
        ({"origin": "https://SHOP.test"}, "shop.test", "http"),
        ({"origin": "https://shop.test"}, "shop.test:443", "http"),
        ({"origin": "https://shop.test:443"}, "shop.test", "https"),
        ({"origin": "http://[::1]:8080"}, "[::1]:8080", "http"),
        ({"sec-fetch-site": "same-origin"}, "shop.test", "http"),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.test"}, "shop.test", "http"),
    ],
)
def test_from_the_site_itself(headers: dict[str, str], host: str, scheme: str) -> None:
    assert foreign(Headers(headers), standing(host, scheme)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://shop.test"},
        {"origin": "http://evil.test"},
        {"origin": "http://shop.test.evil"},
        {"origin": "http://www.shop.test"},
        {"origin": "http://shop.test:81"},
        {"origin": "http://shop.test@evil.test"},
        {"origin": "file://shop.test"},
        {"origin": "shop.test"},
        {"origin": ""},
        {"origin": "http://[bad"},
    ],
)
def test_from_elsewhere(headers: dict[str, str]) -> None:
    assert foreign(Headers(headers), standing()) is not None


def test_a_second_origin_or_fetch_site_does_not_hide_the_first() -> None:
    assert foreign(Headers(raw=[(b"origin", b"null"), (b"origin", b"http://evil.test")]), standing())
    assert foreign(
        Headers(raw=[(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"cross-site")]), standing()
    )


@pytest.mark.parametrize("path", ["/", "/a/b?c=d&e=/x//y", "/?next=https://shop.test/", "/%2F%2Fevil"])
def test_a_path_of_the_site_is_returned_to(path: str) -> None:
    assert return_path(path) == path


@pytest.mark.parametrize(
    "value",
    [
        "",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test/",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/\n/evil.test",
        "/a\r\nset-cookie: x=y",
        "/é",
        "a",
        "/" + "x" * 3000,
        None,
        7,
    ],
)
def test_anything_else_is_the_front_page(value: object) -> None:
    assert return_path(value) == "/"
