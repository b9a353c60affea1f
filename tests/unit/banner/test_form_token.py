"""The form's token: only a fresh one, for this host, signed as a token, lets a choice in."""

import pytest
from holdback.banner.consent.signed_choice import Choice, ChoiceSigner
from holdback.banner.notice.form_token import LIFETIME, Token, TokenSigner
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.rules.model import Regime
from hypothesis import given
from hypothesis import strategies as st

from tests.support.listing import notices_of_all
from tests.support.services import RULES

NOW = 1_790_000_100.0
TOKENS = TokenSigner([b"k" * 32])
NOTICE = notices_of_all(SiteInfo("Shop"), RULES).pick("de", Regime.OPT_IN, True, "shop.test")


def issued(host: str = "shop.test", now: float = NOW) -> str:
    return TOKENS.issue(NOTICE, host=host, now=now, service="youtube", listed=["acme", "youtube"])


def test_a_token_says_what_was_shown() -> None:
    assert TOKENS.read(issued(), "shop.test:8080", NOW) == Token(
        NOTICE.hash[:32],
        "de",
        int(NOW) // 300 * 300,
        Regime.OPT_IN,
        True,
        NOTICE.edition.digest,
        "youtube",
        ("acme", "youtube"),
    )


def test_tokens_of_the_same_five_minutes_are_equal() -> None:
    start = int(NOW) // 300 * 300
    assert issued(now=start) == issued(now=start + 299.9)
    assert issued(now=start) != issued(now=start + 300)


def test_a_token_expires() -> None:
    value = issued()
    start = int(NOW) // 300 * 300
    assert TOKENS.read(value, "shop.test", start + LIFETIME - 1) is not None
    assert TOKENS.read(value, "shop.test", start + LIFETIME) is None
    assert TOKENS.read(value, "shop.test", start - 1) is None


def test_a_token_of_another_host_or_key_is_none() -> None:
    assert TOKENS.read(issued("other.test"), "shop.test", NOW) is None
    assert TokenSigner([b"z" * 32]).read(issued(), "shop.test", NOW) is None


def test_a_cookie_is_no_token() -> None:
    value = ChoiceSigner([b"k" * 32], ()).sign(
        Choice("00000000-0000-4000-8000-000000000000", int(NOW), "shop.test", "ab" * 8)
    )
    assert TOKENS.read(value, "shop.test", NOW) is None


@pytest.mark.parametrize("value", ["", ".", "a.b", "é", "x" * 5000])
def test_nonsense_is_none(value: str) -> None:
    assert TOKENS.read(value, "shop.test", NOW) is None


@given(st.text())
def test_reading_never_raises(value: str) -> None:
    assert TOKENS.read(value, "shop.test", NOW) is None
