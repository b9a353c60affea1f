"""EasyPrivacy and EasyList as the owner has them: which addresses their rules name, and what the rules are for."""

from pathlib import Path

import pytest
from holdback.proxy.rules.filter_list import FilterList, Source
from holdback.proxy.rules.model import Purpose, Released
from holdback.proxy.rules.rulebook import Rulebook
from holdback.proxy.rules.urls import parse

LIST = """\
[Adblock Plus 1.1]
! Title: a list
||spy.test^
||third.test^$third-party
||kept.test^
@@||kept.test^
||pixel.test^$image
||wild*.test^
/collect-everything.
example.org##.tracker
"""


def found(text: str, url: str, own: str = "shop.test") -> str | None:
    address = parse(url)
    assert address is not None
    return FilterList(text).find(address, own)


@pytest.mark.parametrize(
    ("url", "own", "named"),
    [
        ("https://spy.test/x?y", "shop.test", True),
        ("https://a.b.spy.test/", "shop.test", True),
        ("//SPY.test./", "shop.test", True),
        ("https://notspy.test/", "shop.test", False),
        ("https://spy.test/", "spy.test:8080", False),
        ("https://third.test/", "shop.test", True),
        ("https://third.test/", "www.third.test", False),
        ("https://a.third.test/", "third.test", False),
        ("https://kept.test/", "shop.test", False),
        ("https://pixel.test/", "shop.test", True),
        ("https://wild-west.test/", "shop.test", True),
        ("https://a.test/collect-everything.js", "shop.test", True),
        ("https://shop.test/collect-everything.js", "shop.test", False),
        ("https://shop.test/", "shop.test", False),
    ],
)
def test_find(url: str, own: str, named: bool) -> None:
    assert (found(LIST, url, own) is not None) is named


@pytest.mark.parametrize(
    ("rule", "covered", "not_covered"),
    [
        ("/ads/banner.", ["/ads/banner.png", "/x/ADS/Banner.gif"], ["/ads/banners.png", "/ad/banner."]),
        ("/track?", ["/track?x"], ["/track", "/tracks?"]),
        ("||a.test/px^", ["/px", "/px/1", "/px?x", "/px#"], ["/pxx", "/x/px", "/px-1", "/px.gif", "/px%20"]),
        ("|https://a.test/one|", ["/one"], ["/one/", "/one?x", "/x/one"]),
        ("/pixel*event^", ["/pixel/1/event?", "/pixelevent"], ["/event/pixel", "/pixel/events"]),
        ("/p*q*r|", ["/p/q/r", "/pqqrr", "/pqrxr"], ["/pqrx", "/prq"]),
        ("-stats.", ["/my-stats.js"], ["/stats.js"]),
        ("&cid=*&t=hit", ["/?a=1&cid=1&t=hit"], ["/?t=hit&cid=1"]),
        ("/CaSe.$match-case", ["/CaSe.js"], ["/case.js"]),
        ("||a.test/x$script,third-party", ["/x.js"], []),
        ("||a.test/x$popup", [], ["/x"]),
        ("||a.test/x$document", [], ["/x"]),
        ("||a.test/x$popup,subdocument", ["/x"], []),
        ("||a.test/x$csp=script-src 'none'", [], ["/x"]),
        ("||a.test/x$removeparam=utm", [], ["/x"]),
        ("||a.test/x$image,removeparam=utm", [], ["/x"]),
        ("tracking-pixel", ["/x/tracking-pixel.gif"], ["/pixel.gif"]),
        ("/price$x/1", ["/price$x/1"], ["/price"]),
        ("/a.test\\/[0-9]+$/", [], ["/123"]),
        ("/[a-z]+/", [], ["/abc"]),
        ("||a.test/x$~script", ["/x"], []),
        ("||a.test/x$~third-party", [], ["/x"]),
        ("||a.test/x$domain=shop.test", ["/x"], []),
        ("||a.test/x$domain=test", ["/x"], []),
        ("||a.test/x$domain=shop.*", ["/x"], []),
        ("||a.test/x$domain=op.test|other.test", [], ["/x"]),
        ("||a.test/x$domain=~shop.test", [], ["/x"]),
        ("||a.test/x$domain=~other.test", ["/x"], []),
        ("*", [], ["/"]),
        ("||", [], ["/"]),
    ],
)
def test_what_a_rule_covers(rule: str, covered: list[str], not_covered: list[str]) -> None:
    """On ``a.test``, asked for by a page of ``shop.test`` (Adblock Plus, "How to write filters")."""
    assert [path for path in covered if found(rule, f"https://a.test{path}") is None] == []
    assert [path for path in not_covered if found(rule, f"https://a.test{path}") is not None] == []


@pytest.mark.parametrize(
    ("exception", "named"),
    [
        ("@@/tag.js", False),
        ("@@||a.test^$script", False),
        ("@@||a.test^$domain=shop.test", False),
        ("@@||a.test^$domain=other.test", True),
        ("@@||a.test^$document", True),
        ("@@||a.test^$generichide", True),
        ("@@||b.test^", True),
    ],
)
def test_an_exception_counts_for_what_it_covers(exception: str, named: bool) -> None:
    assert (found(f"||a.test^\n{exception}", "https://a.test/tag.js") is not None) is named


@pytest.mark.parametrize(
    ("rules", "host", "own", "named"),
    [
        ("||spy.test^", "spy.test", "shop.test", True),
        ("||spy.test^", "a.spy.test", "shop.test", True),
        ("||spy.test^", "spy.test", "spy.test:8080", False),
        ("||spy.test^$third-party", "a.spy.test", "spy.test", False),
        ("||spy.test^$script,third-party", "spy.test", "shop.test", True),
        ("||spy.test/pixel", "spy.test", "shop.test", False),
        ("||spy.test^$domain=shop.test", "spy.test", "shop.test", True),
        ("||spy.test^$domain=other.test", "spy.test", "shop.test", False),
        ("||spy.test^\n@@||spy.test^", "spy.test", "shop.test", False),
        ("||spy.test^\n@@||spy.test/needed.js", "spy.test", "shop.test", False),
        ("||spy.test^\n@@||spy.test/needed.js", "a.spy.test", "shop.test", False),
        ("||spy.test^\n@@||a.spy.test/needed.js", "spy.test", "shop.test", True),
        ("||spy.test^\n@@||spy.test/needed.js$domain=other.test", "spy.test", "shop.test", True),
        ("||spy.test^\n@@||spy.test/needed.js$domain=~shop.test", "spy.test", "shop.test", True),
        ("||spy.test^\n@@||spy.test/needed.js$~third-party", "spy.test", "shop.test", True),
        ("||spy.test^\n@@/needed.js", "spy.test", "shop.test", True),
    ],
)
def test_a_whole_host(rules: str, host: str, own: str, named: bool) -> None:
    """What scripts ask for is judged by its host alone, so an exception for any of it lets all of it out."""
    assert (FilterList(rules).find_host(host, own) is not None) == named


def test_who_knows_a_service_by_a_host_asks_no_list(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("||posthog.com^\n||spy.test^\n")
    rulebook = Rulebook.load(lists=[Source("mine", Purpose.MARKETING, tmp_path / "list.txt")])
    assert rulebook.listed("eu.posthog.com", "shop.test") is None
    assert rulebook.listed("spy.test", "shop.test") is Purpose.MARKETING
    assert rulebook.list_purposes == {Purpose.MARKETING}


@pytest.mark.parametrize("rules", ["||a.test^$third-party\n||a.test^", "||a.test^\n||a.test^$third-party"])
def test_of_two_rules_for_a_host_the_wider_one_counts(rules: str) -> None:
    assert found(rules, "https://a.test/", "www.a.test") == "||a.test^"


def test_a_host_rule_is_for_its_host_alone_and_what_is_below() -> None:
    assert found("||a.test^", "https://x.test/?u=https://a.test/") is None
    assert found("||a.test/x", "https://b.test/?u=//a.test/x") is None
    assert found("||a.test/x", "https://www.a.test:8443/x") == "||a.test/x"


def test_a_long_address_takes_no_longer_than_its_length() -> None:
    """Parts between wildcards are looked for one after the other: nothing is tried twice."""
    text = "/a*b*c*d*e*f*g|\n" * 50
    assert found(text, f"https://a.test/{'abcdef' * 20_000}") is None


def test_the_list_holds_for_its_purpose_and_counts_among_the_rules(tmp_path: Path) -> None:
    files = [tmp_path / "easyprivacy.txt", tmp_path / "easylist.txt"]
    files[0].write_text("! Last modified: 20 Nov 2026 12:00 UTC\n" + LIST)
    files[1].write_text("||ads.test^\n")
    sources = [
        Source("EasyPrivacy", Purpose.ANALYTICS, files[0]),
        Source("EasyList", Purpose.MARKETING, files[1]),
    ]
    assert (str(sources[0].read().when), sources[0].read().rules) == ("2026-11-20", 7)
    assert sources[1].read().when is not None
    rules = Rulebook.load(lists=sources)
    for url, purpose, name in (
        ("https://spy.test/", Purpose.ANALYTICS, "EasyPrivacy ||spy.test^"),
        ("https://ads.test/", Purpose.MARKETING, "EasyList ||ads.test^"),
    ):
        match = rules.url(url, own_host="shop.test")
        assert match is not None
        assert match.rule == name
        assert rules.held(match, Released())
        assert not rules.held(match, Released(frozenset({purpose})))
    assert len({rules.digest, Rulebook.load(lists=sources[:1]).digest, Rulebook.load().digest}) == 3
    known = rules.url("https://www.google-analytics.com/x", own_host="shop.test")
    assert known is not None
    assert known.service is not None


def test_a_list_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Rulebook.load(lists=[Source("EasyPrivacy", Purpose.ANALYTICS, tmp_path / "none.txt")])
