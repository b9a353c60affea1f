"""Requests that two servers could read in two ways are refused; whatever passes has one meaning."""

import pytest
from holdback.proxy.gate.request.framing import Limits, refusal
from holdback.proxy.http.headers import Headers

HOST = (b"host", b"site.test")
LENGTH = (b"content-length", b"3")
CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [(b"host", b"site.test:8080")],
        [(b"host", b"[::1]:80")],
        [HOST, LENGTH],
        [HOST, CHUNKED],
        [HOST, (b"x-any", b"caf\xc3\xa9\t")],
        [HOST, (b"x_custom", b"1")],
    ],
)
def test_passed(headers: Headers) -> None:
    assert refusal(b"POST", b"/path?q", "1.1", headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [HOST, HOST],
        [HOST, (b"host", b"other.test")],
        [(b"host", b"")],
        [(b"host", b"a b")],
        [(b"host", b"a/b")],
        [(b"host", b"user@site.test")],
        [(b"host", b"a,b")],
        [HOST, LENGTH, CHUNKED],
        [HOST, LENGTH, LENGTH],
        [HOST, LENGTH, (b"content-length", b"4")],
        *[
            [HOST, (b"content-length", v)]
            for v in (b"+3", b"-3", b"0x3", b"3,3", b"3 ", b" 3", b"1_0", b"010", b"", b"9" * 30)
        ],
        *[
            [HOST, (b"transfer-encoding", v)]
            for v in (
                b"xchunked",
                b"chunked, identity",
                b"identity",
                b"\x0bchunked",
                b"chunked\x00",
                b"gzip, chunked",
            )
        ],
        [HOST, CHUNKED, CHUNKED],
        [HOST, (b"transfer_encoding", b"chunked")],
        [HOST, (b"x_forwarded_for", b"1.2.3.4")],
        [HOST, (b"bad name", b"1")],
        [HOST, (b"", b"1")],
        [HOST, (b"x", b"a\r\nb: c")],
        [HOST, (b"x", b"a\nb")],
        [HOST, (b"x", b"a\x00b")],
    ],
)
def test_refused(headers: Headers) -> None:
    refused = refusal(b"POST", b"/", "1.1", headers)
    assert refused is not None
    assert refused.status == 400


def test_other_expectations_are_not_met() -> None:
    assert refusal(b"POST", b"/", "1.1", [HOST, (b"expect", b"100-Continue")]) is None
    refused = refusal(b"POST", b"/", "1.1", [HOST, (b"expect", b"200-ok")])
    assert refused is not None
    assert refused.status == 417


def test_chunked_belongs_to_http_1_1() -> None:
    assert refusal(b"POST", b"/", "1.0", [HOST, CHUNKED]) is not None
    assert refusal(b"POST", b"/", "2", [HOST, CHUNKED]) is not None


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        (b"CONNECT", b"/", 400),
        (b"GET x", b"/", 400),
        (b"OPTIONS", b"*", 400),
        (b"GET", b"http://other.test/", 400),
        (b"GET", b"", 400),
        (b"GET", b"/a b", 400),
        (b"GET", b"/a\r\n", 400),
        (b"GET", b"/" + b"a" * 20_000, 414),
    ],
)
def test_request_line(method: bytes, target: bytes, status: int) -> None:
    refused = refusal(method, target, "1.1", [HOST])
    assert refused is not None
    assert refused.status == status


def test_sizes() -> None:
    limits = Limits(head_bytes=100, header_count=3)
    many = refusal(b"GET", b"/", "1.1", [HOST, *[(b"x", b"1")] * 3], limits)
    long = refusal(b"GET", b"/", "1.1", [HOST, (b"x", b"1" * 100)], limits)
    assert many is not None
    assert long is not None
    assert (many.status, long.status) == (431, 431)


@pytest.mark.parametrize(
    "name",
    [
        b"x-holdback_purposes", b"x_holdback-purposes", b"x_holdback_purposes", b"x-forwarded_for",
        b"x_forwarded-proto",
        b"x-real_ip", b"x_real-ip", b"x-forwarded_user", b"content_length", b"content_type", b"transfer_encoding",
        b"sec_gpc",
    ],
)  # fmt: skip
def test_a_name_that_servers_take_for_one_of_ours_is_refused(name: bytes) -> None:
    refused = refusal(b"GET", b"/", "1.1", [(b"host", b"a"), (name, b"x")])
    assert refused is not None
    assert refused.status == 400
    assert refusal(b"GET", b"/", "1.1", [(b"host", b"a"), (b"x_own-name", b"x")]) is None
