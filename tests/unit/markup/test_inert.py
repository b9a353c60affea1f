"""What held markup looks like when it comes out, as a table: before, after."""

import pytest

from tests.support.markup import TrackerPolicy, rewrite_fragment

pytestmark = pytest.mark.usefixtures("either_walk")

HELD = [
    # scripts
    (b'<script src="https://tracker.test/x.js"></script>',
     b'<script data-hb="acme" type="text/plain" data-hb-src="https://tracker.test/x.js"></script>'),
    (b"<SCRIPT async TYPE=module SRC=//tracker.test/x.js></SCRIPT>",
     b'<SCRIPT data-hb="acme" type="text/plain" async data-hb-TYPE=module data-hb-SRC=//tracker.test/x.js></SCRIPT>'),
    (b"<script>acmeq(1)</script>", b'<script data-hb="acme" type="text/plain">acmeq(1)</script>'),
    (b"<script type=module>import '//tracker.test/m.js'</script>",
     b'<script data-hb="acme" type="text/plain" data-hb-type=module>import \'//tracker.test/m.js\'</script>'),
    (b'<script type=importmap>{"imports":{"a":"https:\\/\\/tracker.test/a.js"}}</script>',
     b'<script data-hb="acme" type="text/plain" data-hb-type=importmap>'
     b'{"imports":{"a":"https:\\/\\/tracker.test/a.js"}}</script>'),
    (b'<script>/* <!-- <script> </script> */ acmeq()</script>',
     b'<script data-hb="acme" type="text/plain">/* <!-- <script> </script> */ acmeq()</script>'),
    # what shows something
    (b"<img alt='>' src=//tracker.test/p>", b"<img data-hb=\"acme\" alt='>' data-hb-src=//tracker.test/p>"),
    (b'<img srcset="/a 1x, //tracker.test/b 2x">',
     b'<img data-hb="acme" data-hb-srcset="/a 1x, //tracker.test/b 2x">'),
    (b"<iframe src='https:tracker.test/'></iframe>", b"<iframe src='https:tracker.test/'></iframe>"),
    (b"<iframe src='http:tracker.test/'></iframe>",
     b"<iframe data-hb=\"acme\" data-hb-src='http:tracker.test/'></iframe>"),
    (b"<video poster=//tracker.test/p><source src=//tracker.test/v></video>",
     b'<video data-hb="acme" data-hb-poster=//tracker.test/p>'
     b'<source data-hb="acme" data-hb-src=//tracker.test/v></video>'),
    (b"<object data=//tracker.test/></object>", b'<object data-hb="acme" data-hb-data=//tracker.test/></object>'),
    (b"<body background=//tracker.test/>", b'<body data-hb="acme" data-hb-background=//tracker.test/>'),
    (b"<input type=image src=//tracker.test/>", b'<input data-hb="acme" type=image data-hb-src=//tracker.test/>'),
    (b"<svg><image xlink:href=//tracker.test/ /></svg>",
     b'<svg><image data-hb="acme" data-hb-xlink:href=//tracker.test/ /></svg>'),
    (b"<svg><use href=//tracker.test/#a /><filter><feImage href=//tracker.test/ /></filter></svg>",
     b'<svg><use data-hb="acme" data-hb-href=//tracker.test/#a />'
     b'<filter><feImage data-hb="acme" data-hb-href=//tracker.test/ /></filter></svg>'),
    (b'<svg><image><set attributeName=href to="//tracker.test/"/></image></svg>',
     b'<svg><image><set data-hb="acme" attributeName=href data-hb-to="//tracker.test/"/></image></svg>'),
    (b'<svg><rect mask="url(//tracker.test/#m)"/></svg>',
     b'<svg><rect data-hb="acme" data-hb-mask="url(//tracker.test/#m)"/></svg>'),
    (b"<svg><script>acmeq()</script></svg>", b'<svg><script data-hb="acme" type="text/plain">acmeq()</script></svg>'),
    (b"<svg><script>acme&#113;()</script></svg>",
     b'<svg><script data-hb="acme" type="text/plain">acme&#113;()</script></svg>'),
    (b"<svg><style>@import '//tracker.test/'</style></svg>",
     b'<svg><style data-hb="acme" type="text/plain">@\\69 mport \'//tracker.test/\'</style></svg>'),
    # hints and hidden ways
    (b"<link rel=preconnect href=//tracker.test>", b'<link data-hb="acme" rel=preconnect data-hb-href=//tracker.test>'),
    (b"<link rel=preload as=image imagesrcset='//tracker.test/b 2x'>",
     b"<link data-hb=\"acme\" data-hb-rel=preload as=image data-hb-imagesrcset='//tracker.test/b 2x'>"),
    (b'<link href=//tracker.test/ rel="ModulePreload" as=script>',
     b'<link data-hb="acme" data-hb-href=//tracker.test/ data-hb-rel="ModulePreload" as=script>'),
    (b"<meta content='0; URL=//tracker.test/' http-equiv=Refresh>",
     b"<meta data-hb=\"acme\" data-hb-content='0; URL=//tracker.test/' http-equiv=Refresh>"),
    (b"<a href=//tracker.test/ ping='/own //tracker.test/p'>x</a>",
     b"<a data-hb=\"acme\" href=//tracker.test/ data-hb-ping='/own //tracker.test/p'>x</a>"),
    (b'<p style="background:url(//tracker.test/)">',
     b'<p data-hb="acme" data-hb-style="background:url(//tracker.test/)">'),
    (b"<p style='background:u\\72 l(\"//tracker.test/\")'>",
     b"<p data-hb=\"acme\" data-hb-style='background:u\\72 l(\"//tracker.test/\")'>"),
    (b'<p onclick="acmeq(1)">', b'<p data-hb="acme" data-hb-onclick="acmeq(1)">'),
    (b'<iframe width=3 src="//tracker.test/watch?v=1&amp;a=%2f"></iframe>',
     b'<iframe data-hb="acme" src="//site.test/in-place?of=https%3A%2F%2Ftracker.test%2Fwatch%3Fv%3D1%26a%3D%252f"'
     b' loading="lazy" data-hb-loading="" width=3 data-hb-src="//tracker.test/watch?v=1&amp;a=%2f"></iframe>'),
    (b'<iframe Loading=eager src="//tracker.test/watch"></iframe>',
     b'<iframe data-hb="acme" src="//site.test/in-place?of=https%3A%2F%2Ftracker.test%2Fwatch"'
     b' Loading=eager data-hb-src="//tracker.test/watch"></iframe>'),
    (b'<iframe src="//tracker.test/watch" srcdoc="<p>"></iframe>',
     b'<iframe data-hb="acme" data-hb-src="//tracker.test/watch" srcdoc="<p>"></iframe>'),
    (b'<img src="//tracker.test/watch">', b'<img data-hb="acme" data-hb-src="//tracker.test/watch">'),
    (b'<iframe src="javascript:acmeq()"></iframe>',
     b'<iframe data-hb="acme" data-hb-src="javascript:acmeq()"></iframe>'),
    (b'<iframe src="data:text/html,<img src=%2F%2Ftracker.test>"></iframe>',
     b'<iframe data-hb="acme" data-hb-src="data:text/html,<img src=%2F%2Ftracker.test>"></iframe>'),
    (b"<iframe srcdoc='<img src=//tracker.test>'></iframe>",
     b'<iframe srcdoc="&lt;img data-hb=&quot;acme&quot; data-hb-src=//tracker.test>"></iframe>'),
    (b"<noscript><img src=//tracker.test/></noscript>",
     b'<noscript><img data-hb="acme" data-hb-src=//tracker.test/></noscript>'),
    (b"<template><img src=//tracker.test/></template>",
     b'<template><img data-hb="acme" data-hb-src=//tracker.test/></template>'),
    (b"<base href=//tracker.test/a/><img src=x>", b'<base href=//tracker.test/a/><img data-hb="acme" data-hb-src=x>'),
    # a page's own policy
    (b"<meta http-equiv=Content-Security-Policy content=\"img-src 'none'; x &quot;\">",
     b"<meta http-equiv=Content-Security-Policy content=\"img-src &#x27;ours&#x27;; x &quot;\">"),
    (b"<meta content=\"'none'\" http-equiv=x>", b"<meta content=\"'none'\" http-equiv=x>"),
    # several services, several attributes
    (b"<img src=//tracker.test/ srcset=//other.test/>",
     b'<img data-hb="acme other" data-hb-src=//tracker.test/ data-hb-srcset=//other.test/>'),
    (b"<img src=//tracker.test/ src=/own>", b'<img data-hb="acme" data-hb-src=//tracker.test/ data-hb-src=/own>'),
    (b"<img src=/own src=//tracker.test/>", b"<img src=/own data-hb-src=//tracker.test/>"),
    # a page can't speak for the guard
    (b"<img data-hb=x DATA-HB-SRC=y>", b"<img data-x-hb=x DATA-x-HB-SRC=y>"),
    (b"<hb-notice>x</hb-notice>", b"<x-hb-notice>x</x-hb-notice>"),
]  # fmt: skip


NAMED = [
    (b"<script src=//tracker.test/x.js></script>",
     b'<script data-hb="acme" data-hb-names="acme=f,q[]" type="text/plain" data-hb-src=//tracker.test/x.js></script>'),
    (b"<script>acmeq()</script>",
     b'<script data-hb="acme" data-hb-names="acme=f,q[]" type="text/plain">acmeq()</script>'),
    (b"<svg><script>acmeq()</script></svg>",
     b'<svg><script data-hb="acme" data-hb-names="acme=f,q[]" type="text/plain">acmeq()</script></svg>'),
    (b"<script src=//other.test/></script>",
     b'<script data-hb="other" type="text/plain" data-hb-src=//other.test/></script>'),
    (b"<img src=//tracker.test/>", b'<img data-hb="acme" data-hb-src=//tracker.test/>'),
    (b"<script src=/a.js data-hb-names=acme=evil></script>", b"<script src=/a.js data-x-hb-names=acme=evil></script>"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), NAMED, ids=lambda value: value.decode()[:40])
def test_a_held_script_says_what_it_would_have_defined(before: bytes, after: bytes) -> None:
    assert rewrite_fragment(before, policy=TrackerPolicy(key="named", names=("f", "q[]"))) == after


@pytest.mark.parametrize(("before", "after"), HELD, ids=lambda value: value.decode()[:40])
def test_held_markup_comes_out_inert(before: bytes, after: bytes) -> None:
    assert rewrite_fragment(before) == after


ADDRESSES = [
    b"//tracker.test/", b"https://tracker.test", b"HTTPS://TRACKER.TEST./", b"\\\\tracker.test\\x", b"/\\tracker.test",
    b"///tracker.test/", b" \t//tracker.test ", b"/\n/tracker.test", b"ht\ntps://tracker.test",
    b"https:\\\\tracker.test",
    b"http:tracker.test", b"https:///////tracker.test", b"https://user:pw@tracker.test:8443/", b"&#x2f;/tracker.test",
    b"&sol;&#47;tracker.test", b"https&colon;//tracker.test", b"\x01//tracker.test", b"https:&#9;//tracker.test",
    b"//tracker&period;test/", b"//a.b.tracker.test?x",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_recognised_however_it_is_spelt(address: bytes) -> None:
    assert b"data-hb-src" in rewrite_fragment(b'<img src="%s">' % address)


UNTOUCHED = [
    b"<a href=https://tracker.test/>their page</a>", b"<form action=https://tracker.test/><button></form>",
    b"<link rel=canonical href=//tracker.test/>", b"<img src=/a/b.png>", b"<img src=https://cdn.test/a.png>",
    b"<!-- <img src=//tracker.test/> -->", b"<!--[if IE]><img src=//tracker.test/><![endif]-->",
    b"<textarea><img src=//tracker.test/></textarea>", b"<title><img src=//tracker.test/></title>",
    b"<xmp><img src=//tracker.test/></xmp>", b"<style>/* <img src=//tracker.test/> */</style>",
    b"<script>var a='<img src=//tracker.test/>'</script>", b"<plaintext><img src=//tracker.test/>",
    b"<a title='<img src=//tracker.test/>'>", b"<script type=text/x-data>acmeq()</script>",
    b"<p>//tracker.test/ &lt;img src=//tracker.test/></p>", b"<img src=x?u=//tracker.test/>", b"<div src='",
    b"<?php <img src=//tracker.test/ ?>", b"<!DOCTYPE html SYSTEM '//tracker.test/'>", b"</p><p/ =a ='b'c>\0<>< a",
    b"<style>p{color:red}@namespace url(http://www.w3.org/1999/xhtml);</style>",
    b'<img src="data:image/png;base64,AAAA">', b"<p style='color:red;width:calc(1px)'>",
]  # fmt: skip


@pytest.mark.parametrize("html", UNTOUCHED)
def test_what_fetches_nothing_from_a_tracker_comes_out_as_it_was(html: bytes) -> None:
    assert rewrite_fragment(html) == html


def test_the_rest_of_a_style_stays_in_force() -> None:
    style = b"<style media=all>@import url(//tracker.test/a.css);p{color:red}</style>"
    assert rewrite_fragment(style) == (
        b"<style media=all>@import url(data:,);p{color:red}</style>"
        # The escape is for Chromium's preload scanner, which fetches imports whatever a style's type is.
        b'<style data-hb="acme" type="text/plain" media=all>@\\69 mport url(//tracker.test/a.css);p{color:red}</style>'
    )


def test_paths_of_the_site_are_held_where_the_policy_says_so() -> None:
    policy = TrackerPolicy(own_path="/acme/")
    assert b"data-hb-src" in rewrite_fragment(b"<img src=/acme/p>", policy=policy)
    assert b"data-hb-src" in rewrite_fragment(
        b"<img src=../acme/p>", policy=TrackerPolicy(own_path="/shop/../acme/")
    )
    assert rewrite_fragment(b"<img src=/other>", policy=policy) == b"<img src=/other>"


@pytest.mark.parametrize(
    "html", [before for before, _ in HELD] + UNTOUCHED, ids=lambda value: value.decode()[:40]
)
def test_chunks_make_no_difference(html: bytes) -> None:
    whole = rewrite_fragment(html)
    assert all(rewrite_fragment(html, chunk=size) == whole for size in range(1, len(html)))
