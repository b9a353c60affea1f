"""Where the guard and the notice go, with and without the tags that a page may leave out."""

import pytest
from holdback.proxy.markup import Page

from tests.support.markup import BODY, HEAD, SITE, rewrite

pytestmark = pytest.mark.usefixtures("either_walk")

# ^ is where the guard goes, @ where the notice goes
PLACES = [
    "<!doctype html><html><head>^<title>x</title></head><body>@<p>x",
    "<!DOCTYPE html>\n<HTML lang=en>\n<HEAD profile=x>^\n<meta charset=utf-8></HEAD>\n<BODY class='a>b'>@x",
    "^@Hello",
    " \n^@Hello",
    "<!-- a --> \n<!doctype html><!-- b -->^@<p>x",
    "^<title>x</title><meta name=a>@<p>x",
    "^<title>x</title>@Hello",
    "<html>^<script>x</script><!-- c -->@<div>",
    "<html><head>^</head>@</html>",
    "<html><head>^</head> <script></script>@</body>",
    "^@</body>",
    "</div></p>^@<br>",
    "^@</br>",
    "^<head>",
    "<head>^<template><div>x</div></template>@<div>",
    "<head>^<template><template></template><p></template><link><style>a</style>@<svg>",
    "<head>^<noscript><img src=x></noscript>@<main>",
    "<head>^</head><body>@<head><body>",
    "\ufeff<!doctype html><head>^</head><body>@",
    "\ufeff^@x",
    "<html><head>^<title>x</title></head><frameset><frame src=a></frameset></html>",
    "<head>^<textarea",
    "<!-- only -->^@",
    "^<title>x</title>@",
    "",
    " \n ",
    "<head>^<title>never closed",
    "<!-- never closed",
    "<head>^<title><body></title>@<b>",
    "<p x='",
]
IMPLIED_BEFORE_EOF = {"^<head>": "<head>^@", "<head>^<textarea": "<head>^@<textarea", "<p x='": "^@<p x='"}


@pytest.mark.parametrize("marked", PLACES, ids=repr)
def test_the_guard_stands_first_in_the_head_and_the_notice_first_in_the_body(marked: str) -> None:
    marked = IMPLIED_BEFORE_EOF.get(marked, marked)
    html = marked.replace("^", "").replace("@", "").encode()
    expected = marked.encode().replace(b"^", HEAD).replace(b"@", BODY)
    assert rewrite(html) == expected
    assert all(rewrite(html, chunk=size) == expected for size in (1, 2, 3, 7))


def test_a_fragment_gets_neither() -> None:
    assert rewrite(b"<p>x</p>", page=Page(SITE, "utf-8", "fragment")) == b"<p>x</p>"


def test_a_document_in_an_attribute_gets_the_guard_too() -> None:
    html = b'<head></head><body><iframe srcdoc="&lt;p>x &amp; y"></iframe>'
    srcdoc = HEAD.replace(b"<", b"&lt;") + b"&lt;p>x & y"
    assert b'srcdoc="%s"' % srcdoc.replace(b" & ", b" &amp; ") in rewrite(html)


def test_xml_gets_them_only_where_the_tags_are() -> None:
    page = Page(SITE, None, "document", xhtml=True)
    html = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/><body><p/></body></html>'
    assert rewrite(b"<html><p>x</p></html>", page=page) == b"<html><p>x</p></html>"
    assert rewrite(html, page=page) == html.replace(b"<head/>", b"<head/>" + HEAD).replace(
        b"<body>", b"<body>" + BODY
    )
    assert rewrite(b"<html><head><title/></head><body/></html>", page=page).startswith(b"<html><head>" + HEAD)
