"""Which encoding a page is read in, and that bytes which are not ASCII come out as they came in."""

import pytest
from holdback.proxy.markup import Page, Rewriter, UnsupportedCharset
from holdback.proxy.markup.reading.charset import charset, declared_behind_head

from tests.support.markup import SITE, TrackerPolicy, rewrite

DECLARED = [
    (b"", None, "cp1252"),
    (b"x" * 2000, None, "cp1252"),
    (b"", "UTF8", "utf-8"),
    (b"", " Latin1 ", "cp1252"),
    (b"", "Shift_JIS", "cp932"),
    (b"", "no-such-charset", "cp1252"),
    (b"\xef\xbb\xbfx", "latin1", "utf-8"),
    (b"<meta charset=utf-8>", None, "utf-8"),
    (b"<meta charset=utf-8>", "koi8-r", "koi8-r"),
    (b"<META name=a CharSet = 'GBK'>", None, "gb18030"),
    (b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', None, "cp1251"),
    (b"<meta content='charset=x'><meta charset=big5>", None, "big5hkscs"),
    (b"<!-- <meta charset=big5> --><meta charset=utf-8>", None, "utf-8"),
    (b"<!-- <meta charset=big5>", None, "cp1252"),
    (b"<a title='<meta charset=big5>'><meta charset=utf-8>", None, "utf-8"),
    (b"<meta charset=utf-16>", None, "utf-8"),
    (b"<meta charset=no-such-charset><meta charset=big5>", None, "big5hkscs"),
    (b"x" * 1024 + b"<meta charset=utf-8>", None, "cp1252"),
    (b'<?xml version="1.0" encoding="koi8-u"?>', None, "koi8-u"),
]


@pytest.mark.parametrize(("head", "declared", "codec"), DECLARED)
def test_the_encoding_is_the_one_that_a_browser_takes(head: bytes, declared: str | None, codec: str) -> None:
    assert charset(head, declared, xhtml=False, complete=True) == codec


@pytest.mark.parametrize(
    ("start", "declared", "label"),
    [
        (b"<title>x</title><meta charset=utf-8>", None, ""),
        (b"<!doctype html><html><head><!-- <p> --><script>a</script><meta charset=utf-8>", None, ""),
        (b"<head></head><meta charset=utf-8>", None, "utf-8"),
        (b"<head><div>x</div><META CharSet=Big5>", None, "Big5"),
        (b"<p><meta http-equiv=content-type content='text/html; charset=koi8-r'>", None, "koi8-r"),
        (b"<p><meta charset=no-such-charset><meta charset=koi8-r>", None, "koi8-r"),
        (b"<p><meta charset=no-such-charset>", None, ""),
        (b"<p><meta charset=utf-8>", "koi8-r", ""),
        (b"\xef\xbb\xbf<p><meta charset=koi8-r>", None, ""),
        (b"<p>" + b" " * 1024 + b"<meta charset=utf-8>", None, ""),
    ],
)
def test_what_names_the_encoding_behind_the_head_is_known(
    start: bytes, declared: str | None, label: str
) -> None:
    assert declared_behind_head(start, declared) == label


@pytest.mark.parametrize(
    ("head", "declared"),
    [
        (b"\xff\xfe<\0", None),
        (b"\xfe\xff\0<", "utf-8"),
        (b"", "UTF-16LE"),
        (b"<\0?\0x\0", None),
        (b"", "iso-2022-jp"),
        (b"<meta charset=iso-2022-jp>", None),
    ],
)
def test_what_is_not_made_of_ascii_tokens_is_refused(head: bytes, declared: str | None) -> None:
    rewriter = Rewriter(TrackerPolicy(), Page(SITE, declared), head=b"", body=b"")
    with pytest.raises(UnsupportedCharset):
        rewriter.feed(head + b"<p>x</p>") + rewriter.close()


def test_only_an_undeclared_encoding_is_waited_for() -> None:
    named = Rewriter(TrackerPolicy(), Page(SITE, "utf-8", "fragment"), head=b"", body=b"")
    assert named.feed(b"<p>early</p>") == b"<p>early</p>"
    unnamed = Rewriter(TrackerPolicy(), Page(SITE, None, "fragment"), head=b"", body=b"")
    assert unnamed.feed(b"<p>early</p>") == b""
    assert unnamed.feed(b"x" * 1024) == b"<p>early</p>" + b"x" * 1024


@pytest.mark.parametrize("codec", ["utf-8", "shift_jis", "gb18030", "big5", "euc-jp", "euc-kr", "koi8-r"])
def test_bytes_of_any_encoding_come_out_as_they_came_in(codec: str) -> None:
    text = "表示 能 ソ十" if codec in ("shift_jis", "euc-jp") else "Ж" if codec == "koi8-r" else "中文"
    letters = text.encode(codec)
    html = b"<p title='%s'>%s<img alt='%s' src='//tracker.test/%s'>" % (letters, letters, letters, letters)
    held = html.replace(b"<img", b'<img data-hb="acme"').replace(b"src=", b"data-hb-src=")
    for chunk in (None, 1):
        assert rewrite(html, page=Page(SITE, codec, "fragment"), chunk=chunk, head=b"", body=b"") == held


def test_a_document_in_an_attribute_keeps_its_letters() -> None:
    html = "<iframe srcdoc='é&copy;&lt;img src=//tracker.test>'></iframe>".encode("latin-1")
    out = rewrite(html, page=Page(SITE, "latin1", "fragment"), head=b"", body=b"")
    assert out.startswith('<iframe srcdoc="é©&lt;img data-hb='.encode("latin-1"))
