"""A probe that looks whether the site is there need not speak today's HTTP."""

import pytest

from tests.support.holdback_process import Holdback
from tests.support.origin import Origin
from tests.support.raw_site import exchange


@pytest.mark.parametrize("path", [b"/", b"/_hb/healthz", b"/_hb/readyz"])
def test_http_1_0_need_not_name_a_host(proxy: Holdback, origin: Origin, path: bytes) -> None:
    answer, closed = exchange(proxy.port, b"GET " + path + b" HTTP/1.0\r\n\r\n")
    assert (answer.split()[1], closed) == (b"200", True)
    if path == b"/":
        assert origin.last.get("host") == origin.url.removeprefix("http://")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n",
    ],
)
def test_everybody_else_names_one(proxy: Holdback, request_: bytes) -> None:
    answer, _ = exchange(proxy.port, request_)
    assert answer.split()[1] == b"400"
