"""From the site's origin to the visitor's and back, in headers and in text of any chunking."""

import pytest
from holdback.proxy.http.headers import Headers
from holdback.proxy.laboratory.mapping import Mapping

HERE = "http://127.0.0.1:8080"
MAPPING = Mapping("https://www.example.com", HERE)

TEXTS = [
    (b'<a href="https://www.example.com/a">', b'<a href="http://127.0.0.1:8080/a">'),
    (b'<a href="http://www.example.com">', b'<a href="http://127.0.0.1:8080">'),
    (b'<a href="HTTPS://WWW.Example.COM/A">', b'<a href="http://127.0.0.1:8080/A">'),
    (b'<img src="//www.example.com/i.png">', b'<img src="//127.0.0.1:8080/i.png">'),
    (b'{"u":"https:\\/\\/www.example.com\\/x"}', b'{"u":"http:\\/\\/127.0.0.1:8080\\/x"}'),
    (b"https://www.example.com:443/", b"http://127.0.0.1:8080/"),
    (b"https://www.example.com:8443/", None),
    (b"https://www.example.com.evil.test/", None),
    (b"https://www.example.comedy/", None),
    (b"https://cdn.example.com/", None),
    (b"mail@www.example.com and www.example.com", None),
    (b"https://www.example.com", b"http://127.0.0.1:8080"),
    (b"no origin at all", None),
    (b"", None),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_text_in_any_chunking(text: bytes, expected: bytes | None) -> None:
    wanted = text if expected is None else expected
    assert MAPPING.text(text) == wanted
    padded = b"x" * 50 + b" " + text + b" " + b"y" * 50
    for size in (1, 2, 3, 7, 20, len(padded)):
        feed = MAPPING.filter()
        pieces = [padded[start : start + size] for start in range(0, len(padded), size)]
        out = b"".join(feed(piece, False) for piece in pieces) + feed(b"", True)
        assert out == b"x" * 50 + b" " + wanted + b" " + b"y" * 50


def test_a_request_is_the_sites_own() -> None:
    headers: Headers = [
        (b"host", b"127.0.0.1:8080"),
        (b"origin", b"http://127.0.0.1:8080"),
        (b"referer", b"http://127.0.0.1:8080/page?x"),
        (b"x-forwarded-for", b"127.0.0.1"),
        (b"x-forwarded-host", b"127.0.0.1:8080"),
        (b"accept-encoding", b"gzip, br"),
        (b"cookie", b"a=1"),
    ]
    assert MAPPING.request(headers) == [
        (b"host", b"www.example.com"),
        (b"origin", b"https://www.example.com"),
        (b"referer", b"https://www.example.com/page?x"),
        (b"accept-encoding", b"identity"),
        (b"cookie", b"a=1"),
    ]


def test_a_foreign_origin_stays_foreign() -> None:
    headers: Headers = [(b"origin", b"http://127.0.0.1:80801"), (b"referer", b"https://elsewhere.test/")]
    assert MAPPING.request(headers) == headers


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ((b"location", b"https://www.example.com/in"), (b"location", b"http://127.0.0.1:8080/in")),
        ((b"location", b"/in"), (b"location", b"/in")),
        ((b"location", b"https://login.example.com/"), (b"location", b"https://login.example.com/")),
        ((b"refresh", b"0; url=https://www.example.com/"), (b"refresh", b"0; url=http://127.0.0.1:8080/")),
        (
            (b"set-cookie", b"s=domain=1; Path=/; Domain=.example.com; Secure"),
            (b"set-cookie", b"s=domain=1; Path=/; Secure"),
        ),
        (
            (b"content-security-policy", b"default-src https://www.example.com; upgrade-insecure-requests"),
            (b"content-security-policy", b"default-src http://127.0.0.1:8080"),
        ),
        ((b"content-security-policy", b"upgrade-insecure-requests;"), None),
        ((b"strict-transport-security", b"max-age=1"), None),
        ((b"x-empty", b""), (b"x-empty", b"")),
    ],
)
def test_response_headers(header: tuple[bytes, bytes], expected: tuple[bytes, bytes] | None) -> None:
    assert MAPPING.response([header]) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("headers", "rewrites"),
    [
        ([(b"content-type", b"text/html; charset=utf-8")], True),
        ([(b"content-type", b"application/ld+json")], True),
        ([(b"content-type", b"application/javascript")], True),
        ([(b"content-type", b"image/svg+xml")], False),
        ([(b"content-type", b"text/event-stream")], False),
        ([(b"content-type", b"text/html"), (b"content-encoding", b"gzip")], False),
        ([], False),
    ],
)
def test_only_readable_text_is_rewritten(headers: Headers, rewrites: bool) -> None:
    assert MAPPING.rewrites(headers) is rewrites
    kept = MAPPING.response([*headers, (b"content-length", b"9")])
    assert ((b"content-length", b"9") in kept) is not rewrites


def test_a_site_on_a_port_of_its_own() -> None:
    mapping = Mapping("http://127.0.0.1:9000", HERE)
    assert mapping.text(b"http://127.0.0.1:9000/a http://127.0.0.1:90001/ http://127.0.0.1/") == (
        b"http://127.0.0.1:8080/a http://127.0.0.1:90001/ http://127.0.0.1/"
    )
