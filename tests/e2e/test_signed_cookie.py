"""Whose signature counts: only a choice that was made on this host, under a key that is not retired."""

import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.banner.consent.signed_choice import ChoiceSigner

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor


def _agreed(proxy: Holdback, host: str = "") -> str:
    visitor = Visitor(proxy, host)
    visitor.choose("accept-all")
    assert visitor.signed
    return visitor.signed


def _counts(proxy: Holdback, origin: Origin, value: str, host: str = "") -> bool:
    """Whether the site is shown a tracking cookie that comes with *value*."""
    proxy.fetch("/page", [("Cookie", f"hb={value}; _ga=1; sessionid=2")], host=host)
    seen = origin.last.get("cookie")
    assert seen in ("_ga=1; sessionid=2", "sessionid=2")
    return "_ga" in seen


def test_the_real_one_counts(proxy: Holdback, origin: Origin) -> None:
    assert _counts(proxy, origin, _agreed(proxy))


def test_cut_anywhere_it_is_no_choice(proxy: Holdback, origin: Origin) -> None:
    value = _agreed(proxy)
    for length in [0, 1, len(value) // 3, value.rindex("."), value.rindex(".") + 1, len(value) - 1]:
        assert not _counts(proxy, origin, value[:length])


def test_changed_anywhere_it_is_no_choice(proxy: Holdback, origin: Origin) -> None:
    value = _agreed(proxy)
    for place in range(0, len(value) - 1, max(1, len(value) // 40)):
        other = next(letter for letter in string.ascii_letters if letter != value[place])
        assert not _counts(proxy, origin, value[:place] + other + value[place + 1 :])


@pytest.mark.parametrize(
    "value", ["", ".", "x", "a.b", "%00", '"quoted"', "true", "accept-all", "=" * 300, "A" * 5000]
)
def test_a_made_up_one_is_no_choice(proxy: Holdback, origin: Origin, value: str) -> None:
    assert not _counts(proxy, origin, value)


def test_another_hosts_is_no_choice(proxy: Holdback, origin: Origin) -> None:
    value = _agreed(proxy, "shop.test")

    assert _counts(proxy, origin, value, "shop.test")
    assert _counts(proxy, origin, value, "SHOP.test")
    assert not _counts(proxy, origin, value, "other.test")
    assert not _counts(proxy, origin, value, "www.shop.test")


def test_of_two_the_strictest_counts(proxy: Holdback, origin: Origin) -> None:
    refused = Visitor(proxy)
    refused.choose("reject-all")
    agreed = _agreed(proxy)

    for pair in ([agreed, refused.signed], [refused.signed, agreed]):
        assert not _counts(proxy, origin, f"{pair[0]}; hb={pair[1]}")


@pytest.fixture
def stranger(origin: Origin, tmp_path: Path) -> Iterator[Holdback]:
    with serving(origin.url, tmp_path / "data") as running:
        yield running


def test_a_foreign_one_is_no_choice(proxy: Holdback, stranger: Holdback, origin: Origin) -> None:
    """Another installation, in front of the very same site and for the same host name."""
    value = _agreed(stranger, "shop.test")

    assert _counts(stranger, origin, value, "shop.test")
    assert not _counts(proxy, origin, value, "shop.test")


def test_a_new_key_signs_while_the_proxy_runs(origin: Origin, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(origin.url, data, options=["--workers", "2"]) as proxy:
        old = _agreed(proxy)
        before = (data / "cookie.keys").read_text()
        done = proxy.command("keys", "rotate", "cookie")
        assert done.returncode == 0, done.stderr
        fresh = (data / "cookie.keys").read_text().removesuffix(before)
        signer = ChoiceSigner([bytes.fromhex(fresh)], ())
        until(lambda: signer.read(_agreed(proxy).removeprefix("hb="), "127.0.0.1"), "the new key to sign")
        until(
            lambda: all(_counts(proxy, origin, _agreed(proxy)) for _ in range(4)),
            "every worker to believe what the new key signed",
        )
        assert all(_counts(proxy, origin, old) for _ in range(4))
        assert proxy.command("keys", "rotate", "door").returncode == 2


def test_keys_are_changed_without_asking_everybody_again(origin: Origin, tmp_path: Path) -> None:
    """A new first key signs, older ones still count, and one that is taken out does not."""
    data = tmp_path / "data"
    with serving(origin.url, data) as proxy:
        keys = data / "cookie.keys"
        assert keys.stat().st_mode & 0o777 == 0o600
        old = _agreed(proxy)
        first = keys.read_text()

        keys.write_text("ab" * 32 + "\n" + first)
        proxy.restart()
        assert _counts(proxy, origin, old)
        new = _agreed(proxy)

        keys.write_text("ab" * 32 + "\n")
        proxy.restart()
        assert not _counts(proxy, origin, old)
        assert _counts(proxy, origin, new)
