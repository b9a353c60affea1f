"""A list of the owner's, held for analytics: by the package that reads all of it, and without that package."""

from collections.abc import Callable
from pathlib import Path

import pytest
from holdback.proxy.rules.easyprivacy import HostRules, TrackerList, WholeList
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


def _whole(text: str) -> TrackerList:
    return WholeList(text, pytest.importorskip("adblock"))


@pytest.fixture(params=[HostRules, _whole], ids=["hosts", "whole"])
def reader(request: pytest.FixtureRequest) -> Callable[[str], TrackerList]:
    read: Callable[[str], TrackerList] = request.param
    return read


@pytest.mark.parametrize(
    ("url", "own", "found"),
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
        ("https://shop.test/", "shop.test", False),
    ],
)
def test_find(reader: Callable[[str], TrackerList], url: str, own: str, found: bool) -> None:
    address = parse(url)
    assert address is not None
    assert (reader(LIST).find(address, own) is not None) is found


def test_the_whole_list_knows_more_than_hosts() -> None:
    address = parse("https://shopping.test/collect-everything.js")
    assert address is not None
    assert _whole(LIST).find(address, "shop.test") is not None
    assert HostRules(LIST).find(address, "shop.test") is None


def test_the_list_holds_for_analytics_and_counts_among_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "easyprivacy.txt"
    file.write_text(LIST)
    rules = Rulebook.load(easyprivacy=file)

    match = rules.url("https://spy.test/", own_host="shop.test")
    assert match is not None
    assert match.rule.startswith("EasyPrivacy ")
    assert rules.held(match, Released())
    assert not rules.held(match, Released(frozenset({Purpose.ANALYTICS})))
    assert rules.digest != Rulebook.load().digest
    known = rules.url("https://www.google-analytics.com/x", own_host="shop.test")
    assert known is not None
    assert known.service is not None


def test_a_list_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Rulebook.load(easyprivacy=tmp_path / "none.txt")
