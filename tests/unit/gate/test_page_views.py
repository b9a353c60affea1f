"""What a request says of whether anybody looks at its answer."""

import pytest
from holdback.proxy.gate.page_views import is_ahead


@pytest.mark.parametrize(
    ("name", "value", "ahead"),
    [
        (b"sec-purpose", b"prefetch;prerender", True),
        (b"sec-purpose", b" Prefetch", True),
        (b"purpose", b"preview", True),
        (b"x-moz", b"prefetch", True),
        (b"sec-purpose", b"fetch", False),
        (b"x-own", b"prefetch", False),
    ],
)
def test_what_is_fetched_ahead(name: bytes, value: bytes, ahead: bool) -> None:
    assert is_ahead([(b"accept", b"*/*"), (name, value)]) is ahead
