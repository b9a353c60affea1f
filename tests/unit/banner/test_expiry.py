"""Taking cookies back: every way in which a page on this host can have set them is tried."""

import pytest
from holdback.banner.consent.expiry import expiry_lines
from holdback.banner.consent.standing import Standing
from holdback.proxy.rules.model import Regime, Released


def lines(host: str, scheme: str, path: str, *seen: str) -> list[str]:
    standing = Standing(None, Released(), Regime.OPT_IN, False, None, None, "en", scheme, host, seen)
    return [line.decode("ascii") for line in expiry_lines(standing, path)]


def test_host_only_and_every_parent_domain() -> None:
    assert lines("www.shop.test:8080", "http", "/", "_ga") == [
        "_ga=; Max-Age=0; Path=/",
        "_ga=; Max-Age=0; Path=/; Domain=www.shop.test",
        "_ga=; Max-Age=0; Path=/; Domain=shop.test",
    ]


def test_secure_and_partitioned_are_kept_on_https() -> None:
    assert lines("shop.test", "https", "/", "_ga")[:2] == [
        "_ga=; Max-Age=0; Path=/; Secure",
        "_ga=; Max-Age=0; Path=/; Secure; Partitioned",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "shop.localhost"])
def test_loopback_is_trusted_with_secure_cookies(host: str) -> None:
    assert "_ga=; Max-Age=0; Path=/; Secure; Partitioned" in lines(host, "http", "/", "_ga")


def test_an_address_has_no_parents() -> None:
    assert not any("Domain" in line for line in lines("10.1.2.3", "http", "/", "_ga"))


def test_the_folders_of_the_page_with_and_without_a_slash() -> None:
    paths = [line.partition("Path=")[2] for line in lines("10.1.2.3", "http", "/shop/item/7", "a")]
    assert paths == ["/", "/shop", "/shop/", "/shop/item", "/shop/item/", "/shop/item/7", "/shop/item/7/"]


def test_host_prefixed_names_only_as_browsers_take_them() -> None:
    assert lines("www.shop.test", "https", "/a/b", "__Host-track") == [
        "__Host-track=; Max-Age=0; Path=/; Secure",
        "__Host-track=; Max-Age=0; Path=/; Secure; Partitioned",
    ]


@pytest.mark.parametrize("name", ["", "a=b", "a;b", "a b", "a\r\nset-cookie: x", "é"])
def test_names_that_would_break_the_header_are_left_out(name: str) -> None:
    assert lines("shop.test", "http", "/", name) == []


def test_a_response_head_stays_small_and_every_name_has_its_turn_for_the_root() -> None:
    names = [f"tracker_{number}" for number in range(10)]
    made = lines("shop.test", "https", "/a/b/c/d/e/f", *names)
    assert sum(len(line) + 14 for line in made) <= 3500
    assert {line.partition("=")[0] for line in made} == set(names)


@pytest.mark.parametrize("path", ["/a;b", "/\x00", "/é"])
def test_a_folder_that_no_header_can_carry_is_left_out(path: str) -> None:
    assert all("Path=/" in line and ";b" not in line for line in lines("10.1.2.3", "http", path, "a"))
