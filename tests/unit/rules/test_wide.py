"""Wide facts are made by a script that leaves out what sites need; what is committed keeps to that."""

import json
from pathlib import Path

import pytest
from holdback.proxy.rules import build_wide, wide
from holdback.proxy.rules.catalogue import necessary_names
from holdback.proxy.rules.model import Purpose
from holdback.proxy.rules.wide import Fact


@pytest.mark.parametrize("name", necessary_names())
def test_nothing_that_a_site_needs_is_described(name: str) -> None:
    assert wide.cookie(name.replace("*", "x")) is None


def test_there_are_many() -> None:
    assert len(wide._cookies()._exact) > 1500
    assert wide.cookie("PUBMDCID") == Fact("PUBMDCID", Purpose.MARKETING, "PubMatic")
    found = wide.address("cdn.adgear.com", "/x")
    assert found is not None
    assert found.purpose is Purpose.MARKETING


def test_cookies_of_a_database(tmp_path: Path) -> None:
    file = tmp_path / "database.csv"
    file.write_text(
        "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Wildcard match\n"
        '1,Spy,Marketing,spy_id,,"of, course",1 year,0\n'
        "2,Spy,Analytics,spy_,,x,1 year,1\n"
        "3,Spy,Marketing,sessionid,,x,1 year,0\n"
        "4,Spy,Marketing,_s,,x,1 year,1\n"
        "5,Spy,Marketing,wordpress,,x,1 year,1\n"
        "6,Other,Functional,spy_id,,x,1 year,0\n"
        "7,Spy,Nonsense,spy_x,,x,1 year,0\n"
        "8,Spy,Marketing,not a name,,x,1 year,0\n"
    )
    assert build_wide.useful_cookies(build_wide.cookies_of_database(file)) == [
        Fact("spy_*", Purpose.ANALYTICS, "Spy"),
        Fact("spy_id", Purpose.MARKETING, "Spy"),
    ]


def test_cookies_of_services(tmp_path: Path) -> None:
    file = tmp_path / "services.js"
    file.write_text(
        't.services.a = {"key": "a", "type": "ads", "name": "Ay", "uri": "x", "cookies": [\'one\', "two"], "js": 1};\n'
        't.services.b = {"key": "b", "type": "other", "name": "Bee", "cookies": ["three"]};\n'
    )
    assert list(build_wide.cookies_of_services(file)) == [
        Fact("one", Purpose.MARKETING, "Ay"),
        Fact("two", Purpose.MARKETING, "Ay"),
    ]


def test_hosts_of_entities(tmp_path: Path) -> None:
    file = tmp_path / "entities.json"
    entities = [
        {"name": "Spy", "category": "ad", "domains": ["*.spy.test", "spy.test", "eye.test"]},
        {"name": "Else", "category": "other", "domains": ["else.test"]},
    ]
    file.write_text(json.dumps(entities))
    facts = build_wide.useful_hosts(build_wide.hosts_of_entities(file))
    assert [fact.pattern for fact in facts] == ["eye.test", "spy.test"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    facts = [Fact("a*", Purpose.MEDIA, "A\tB"), Fact("b", Purpose.ANALYTICS, "B")]
    file = tmp_path / "facts.tsv"
    build_wide.write(file, facts, "nowhere")
    assert wide.read(file) == [Fact("a*", Purpose.MEDIA, "A B"), facts[1]]
