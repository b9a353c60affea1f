"""Nobody is believed by default, and what belongs to one connection stays there."""

from ipaddress import ip_network

import pytest
from holdback.proxy.gate.request import trusted_hops
from holdback.proxy.http.headers import Headers, first

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))
HOST = (b"host", b"Site.test")


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("203.0.113.9", b"1.1.1.1", "203.0.113.9"),
        ("10.0.0.1", b"1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", b"6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", b"1.1.1.1:4711", "1.1.1.1"),
        ("::1", b"[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:10.0.0.1", b"1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", b"", "10.0.0.1"),
    ],
)
def test_the_client_is_found_from_the_right(peer: str, told: bytes, address: str) -> None:
    who = trusted_hops.client(peer, "http", [HOST, (b"x-forwarded-for", told)], TRUSTED)
    assert who.address == address


def test_the_scheme_is_believed_of_a_trusted_hop_only() -> None:
    headers = [HOST, (b"x-forwarded-proto", b"https")]
    assert trusted_hops.client("203.0.113.9", "http", headers, TRUSTED).scheme == "http"
    assert trusted_hops.client("10.0.0.1", "http", headers, TRUSTED).scheme == "https"
    assert trusted_hops.client("10.0.0.1", "http", headers, ()).scheme == "http"


def test_request_headers() -> None:
    sent: Headers = [
        HOST,
        (b"connection", b"close, x-private, cookie, x-forwarded-for"),
        (b"x-private", b"1"),
        (b"cookie", b"a=1"),
        (b"keep-alive", b"5"),
        (b"te", b"gzip"),
        (b"upgrade", b"h2c"),
        (b"x-forwarded-for", b"6.6.6.6"),
        (b"forwarded", b"for=6.6.6.6"),
        (b"x-holdback-purposes", b"marketing"),
        (b"x-kept", b"1"),
    ]
    got = trusted_hops.request_headers(sent, trusted_hops.client("203.0.113.9", "http", sent, TRUSTED))
    assert got == [
        HOST,
        (b"cookie", b"a=1"),
        (b"x-kept", b"1"),
        (b"x-forwarded-for", b"203.0.113.9"),
        (b"x-forwarded-proto", b"http"),
        (b"x-forwarded-host", b"site.test"),
    ]


def test_te_trailers_goes_on() -> None:
    sent = [HOST, (b"te", b"Trailers")]
    assert (
        first(trusted_hops.request_headers(sent, trusted_hops.client("1.1.1.1", "http", sent, ())), b"te")
        == b"trailers"
    )


def test_response_headers() -> None:
    got = trusted_hops.response_headers(
        [(b"connection", b"x-hop, set-cookie"), (b"x-hop", b"1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"),
         (b"transfer-encoding", b"chunked"), (b"content-length", b"3")]
    )  # fmt: skip
    assert got == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"content-length", b"3")]


def test_only_a_trusted_hop_may_say_what_was_forwarded() -> None:
    lines = [
        (b"host", b"a"),
        (b"x-forwarded-user", b"root"),
        (b"x-forwarded-prefix", b"/x"),
        (b"x-holdback-x", b"1"),
    ]
    hop = (ip_network("10.0.0.0/8"),)
    from_anybody = trusted_hops.request_headers(lines, trusted_hops.client("9.9.9.9", "http", lines, hop))
    assert not {b"x-forwarded-user", b"x-forwarded-prefix", b"x-holdback-x"} & {
        name for name, _ in from_anybody
    }
    from_the_hop = trusted_hops.request_headers(lines, trusted_hops.client("10.0.0.1", "http", lines, hop))
    assert (b"x-forwarded-user", b"root") in from_the_hop
