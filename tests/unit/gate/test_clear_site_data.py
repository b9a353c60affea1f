"""A redirect that clears the visitor's choice away goes by way of us, where it stays on the site."""

import pytest
from holdback.proxy.gate.headers.clear_site_data import clears_cookies, led_by
from holdback.proxy.http.headers import first

URL = "http://shop.test:81/account/out?x=1"


@pytest.mark.parametrize(
    ("values", "clears"),
    [
        ([b'"cookies"'], True),
        ([b'"cache",  "Cookies"'], True),
        ([b'"cache"', b'"*"'], True),
        ([b'"cache", "storage"'], False),
        ([b"cookies"], False),
        ([], False),
    ],
)
def test_what_clears_cookies(values: list[bytes], clears: bool) -> None:
    assert clears_cookies([(b"clear-site-data", value) for value in values]) is clears
    assert not clears_cookies([(b"x-own", value) for value in values])


@pytest.mark.parametrize(
    ("status", "method", "location", "to"),
    [
        (302, b"GET", b"/bye", "/bye"),
        (303, b"POST", b"bye?a=%20b&c", "/account/bye%3Fa%3D%2520b%26c"),
        (301, b"GET", b"http://shop.test:81", "/"),
        (307, b"GET", b"/bye#top", "/bye#top"),
        (307, b"POST", b"/bye", None),
        (308, b"PUT", b"/bye", None),
        (304, b"GET", b"/bye", None),
        (302, b"GET", b"https://shop.test:81/bye", None),
        (302, b"GET", b"//login.test/", None),
        (302, b"GET", b"/\\evil.test", None),
        (302, b"GET", "/bücher".encode(), None),
    ],
)
def test_where_it_leads(status: int, method: bytes, location: bytes, to: str | None) -> None:
    headers = [(b"a", b"b"), (b"location", location)]
    out = led_by(status, headers, url=URL, method=method, endpoint="/_hb/again", token="t.o~k")
    expected = location if to is None else f"/_hb/again?as=t.o~k&to={to}".encode()
    assert (first(out, b"location"), first(out, b"a")) == (expected, b"b")
