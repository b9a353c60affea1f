"""XHTML that is served as XML: no raw text, CDATA everywhere, prefixes, self-closing scripts."""

import pytest
from holdback.proxy.markup import Page

from tests.support.markup import SITE, rewrite

pytestmark = pytest.mark.usefixtures("either_walk")

PAGE = Page(SITE, None, "fragment", xhtml=True)
HELD = [
    (b'<script src="//tracker.test/"/>', b'<script data-hb="acme" type="text/plain" data-hb-src="//tracker.test/"/>'),
    (b'<h:img src="//tracker.test/"/>', b'<h:img data-hb="acme" data-hb-src="//tracker.test/"/>'),
    # ``data-hb-xlink:href`` would be a name without a namespace, and the page no XML any more
    (b'<image xlink:href="//tracker.test/"/>', b'<image data-hb="acme" data-hb-href="//tracker.test/"/>'),
    (b"<style><p:img src='//tracker.test/'/></style>",
     b"<style><p:img data-hb=\"acme\" data-hb-src='//tracker.test/'/></style>"),
    (b"<script>//<![CDATA[\nacmeq('<b>')//]]></script>",
     b"<script data-hb=\"acme\" type=\"text/plain\">//<![CDATA[\nacmeq('<b>')//]]></script>"),
]  # fmt: skip
UNTOUCHED = [
    b"<p><![CDATA[ > <img src='//tracker.test/'/> ]]></p>",
    b"<!-- --!> <img src='//tracker.test/'/> -->",
    b"<?php > <img src='//tracker.test/'/> ?>",
    b"<!DOCTYPE html [ <!ENTITY a '<img src=\"//tracker.test/\"/>'> ]><html/>",
    b"<!DOCTYPE html [ ",
    b"<textarea><b/></textarea>",
]


@pytest.mark.parametrize(("before", "after"), HELD)
def test_xml_is_read_by_the_rules_of_xml(before: bytes, after: bytes) -> None:
    assert rewrite(before, page=PAGE) == after
    assert rewrite(before, page=PAGE, chunk=1) == after


@pytest.mark.parametrize("xml", UNTOUCHED)
def test_what_is_no_element_in_xml_stays(xml: bytes) -> None:
    assert rewrite(xml, page=PAGE) == xml
    assert rewrite(xml, page=PAGE, chunk=1) == xml
