"""A bounded memory: what was asked for lately stays, and it never grows beyond its bound."""

from holdback.proxy.cache.recent import Recent, RecentBytes


def test_what_was_kept_is_found() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.keep("a", 1)
    assert recent.get("a") == 1
    assert recent.get("b") is None


def test_it_never_holds_more_than_twice_its_half() -> None:
    recent: Recent[int, int] = Recent(3)
    for number in range(1000):
        recent.keep(number, number)
        assert len(recent) <= 6


def test_what_is_asked_for_again_and_again_stays() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.keep("often", 1)
    for number in range(100):
        recent.keep(str(number), number)
        assert recent.get("often") == 1
    assert recent.get("0") is None


def test_bytes_that_are_kept_are_bounded_and_the_oldest_go() -> None:
    kept: RecentBytes[str, str] = RecentBytes(80)
    for name in "abcdefgh":
        kept.keep(name, name.upper(), 10)
    assert kept.get("a") == "A"  # asked for: the youngest now
    kept.keep("i", "I", 10)
    assert (kept.get("a"), kept.get("b"), kept.get("i"), kept.size, len(kept)) == ("A", None, "I", 80, 8)
    kept.keep("a", "again", 5)
    assert (kept.get("a"), kept.size) == ("again", 75)
    kept.keep("large", "x", 11)
    assert kept.get("large") is None
