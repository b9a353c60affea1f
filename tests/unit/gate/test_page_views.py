"""What a request says of who looks at its answer."""

import pytest
from holdback.proxy.gate.page_views import is_ahead, is_machine


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


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        (b"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", True),
        (b"Mozilla/5.0 (compatible; YandexBot/3.0)", True),
        (b"Baiduspider/2.0", True),
        (b"python-requests/2.32", True),
        (b"Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/150.0 Mobile Safari/537.36", False),
        (b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/156.0.0.0 Safari/537.36", False),
    ],
)
def test_what_says_that_it_is_a_machine(agent: bytes, machine: bool) -> None:
    assert is_machine([(b"user-agent", agent)]) is machine
    assert not is_machine([(b"x-agent", agent)])
