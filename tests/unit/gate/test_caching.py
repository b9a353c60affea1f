"""A page's cache headers, and the way of an entity tag out and back."""

import pytest
from holdback.proxy.gate.headers import caching

VARIANT = b"1a2b3c4d"


@pytest.mark.parametrize("tag", [b'"abc"', b'W/"abc"', b'""', b'"a~hb-b"', b'"a~b"'])
def test_a_tag_comes_back_as_the_site_gave_it(tag: bytes) -> None:
    marked = caching.mark_tag(tag, VARIANT)
    assert marked is not None
    assert marked.startswith(b'W/"')
    assert caching.unmark_tags(marked, VARIANT, keep_unmarked=False) == tag


def test_a_tag_of_another_variant_does_not_match() -> None:
    marked = caching.mark_tag(b'"abc"', b"ffffffff") or b""
    assert caching.unmark_tags(marked, VARIANT, keep_unmarked=True) is None
    assert caching.unmark_tags(marked + b', "plain"', VARIANT, keep_unmarked=True) == b'"plain"'


def test_a_page_cached_before_holdback_is_fetched_anew() -> None:
    assert caching.unmark_tags(b'"abc"', VARIANT, keep_unmarked=False) is None
    assert caching.unmark_tags(b"*", VARIANT, keep_unmarked=False) is None


def test_page_headers() -> None:
    headers = [
        (b"cache-control", b"public, max-age=600, s-maxage=900"),
        (b"cdn-cache-control", b"max-age=900"),
        (b"content-length", b"10"),
        (b"accept-ranges", b"bytes"),
        (b"etag", b'"x"'),
        (b"last-modified", b"Mon, 01 Jan 2024 00:00:00 GMT"),
        (b"vary", b"Accept-Encoding"),
        (b"x-kept", b"1"),
    ]
    assert caching.page_headers(headers, VARIANT) == [
        (b"last-modified", b"Mon, 01 Jan 2024 00:00:00 GMT"),
        (b"x-kept", b"1"),
        (b"cache-control", b"private, no-cache"),
        (b"vary", b"Accept-Encoding, Cookie, Sec-GPC"),
        (b"etag", b'W/"x~hb-s1a2b3c4d"'),
    ]


def test_no_store_is_the_sites_to_ask_for() -> None:
    (cache, vary) = caching.page_headers(
        [(b"cache-control", b"no-store, no-store"), (b"vary", b"*")], VARIANT
    )
    assert cache == (b"cache-control", b"private, no-cache, no-store")
    assert vary == (b"vary", b"*")
