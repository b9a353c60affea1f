"""What a browser makes of Content-Type: the standards' cases, and where browsers are known to differ."""

import pytest
from holdback.proxy.gate.headers.media_types import Shown, media_type
from holdback.proxy.http.headers import Headers

HTML, XHTML, SNIFFED = Shown.HTML, Shown.XHTML, Shown.SNIFFED
OTHER, NOTHING = Shown.OTHER_DOCUMENT, Shown.NO_DOCUMENT


def lines(*values: bytes) -> Headers:
    return [(b"content-type", value) for value in values]


@pytest.mark.parametrize(
    ("values", "shown", "charset"),
    [
        ([b"text/html"], HTML, None),
        ([b"text/html; charset=utf-8"], HTML, "utf-8"),
        ([b"TEXT/HTML;CHARSET=UTF-8"], HTML, "UTF-8"),
        ([b' text/html ; a=";charset=b"; charset="utf-8" '], HTML, "utf-8"),
        ([b"text/html;charset=gbk;charset=utf-8"], HTML, "gbk"),
        ([b"text/html;charset=gbk", b"text/html"], HTML, "gbk"),  # Fetch §3.6.3, its first example
        ([b"text/html;charset=gbk, text/html;x=\",text/plain"], HTML, "gbk"),
        ([b"text/html;charset=gbk;a=b, text/html;x=y"], HTML, "gbk"),
        ([b"text/html;charset=gbk;a=b", b"text/html;x=y"], HTML, "gbk"),
        ([b"text/html;charset=gbk", b"x/x", b"text/html;x=y"], HTML, None),
        ([b"text/html", b"cannot-parse"], HTML, None),
        ([b"text/html", b"*/*"], HTML, None),
        ([b"text/html", b""], HTML, None),
        ([b"text/plain", b"text/html"], HTML, None),
        ([b"text/plain, text/html"], HTML, None),
        ([b"application/octet-stream", b"text/html; charset=utf-8"], HTML, "utf-8"),
        ([b"text/html text/plain"], HTML, None),  # Chromium stops at the space
        ([b"text/html", b"text/plain"], OTHER, None),
        ([b"text/html, text/plain"], HTML, None),  # Chromium stops at the comma
        ([], SNIFFED, None),
        ([b""], SNIFFED, None),
        ([b"unknown/unknown"], SNIFFED, None),
        ([b"application/unknown"], SNIFFED, None),
        ([b"*/*"], SNIFFED, None),
        ([b"html"], SNIFFED, None),
        ([b"text html"], SNIFFED, None),
        ([b"text /html"], SNIFFED, None),
        ([b"text/"], SNIFFED, None),
        ([b"/html"], SNIFFED, None),
        ([b"text/plain", b"application/xml"], OTHER, None),
        ([b"application/xhtml+xml"], XHTML, None),
        ([b"application/xhtml+xml; charset=utf-8"], XHTML, "utf-8"),
        ([b"text/xsl"], OTHER, None),
        ([b"text/xml"], OTHER, None),
        ([b"application/xml"], OTHER, None),
        ([b"image/svg+xml"], OTHER, None),
        ([b"application/mathml+xml"], OTHER, None),
        ([b"application/rss+xml"], OTHER, None),
        ([b"multipart/x-mixed-replace; boundary=x"], OTHER, None),
        ([b"text/plain"], NOTHING, None),
        ([b"application/json"], NOTHING, None),
        ([b"image/png"], NOTHING, None),
        ([b"text/htmlx"], NOTHING, None),
        ([b"x-text/html"], NOTHING, None),
    ],
)  # fmt: skip
def test_what_is_shown(values: list[bytes], shown: Shown, charset: str | None) -> None:
    told = media_type(lines(*values))
    assert (told.shown, told.charset) == (shown, charset)


def test_what_must_not_be_sniffed_is_not_rewritten() -> None:
    assert media_type([(b"x-content-type-options", b" NoSniff , x")]).shown is OTHER
    assert media_type([*lines(b"text/html"), (b"x-content-type-options", b"nosniff")]).shown is HTML


@pytest.mark.parametrize(
    "value", [b"text/javascript", b"application/x-ecmascript", b"", b"text/plain, text/javascript"]
)
def test_what_may_be_a_script(value: bytes) -> None:
    assert media_type(lines(value)).may_be_script
    assert not media_type(lines(b"application/wasm")).may_be_script
