"""Editions in the store: what is new joins at once until somebody has answered, and then waits."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.proxy.rules.model import Purpose
from holdback.proxy.rules.sighting import How, Kind, Sighting
from holdback.store.site.editions import Edition
from holdback.store.store import Store, open_store

DAY = 86_400_000
DAYS = 30


def grown(newest: Edition | None, seen: frozenset[str]) -> Edition:
    """As a listing has it, every service being for media."""
    before = newest.services if newest else {}
    return Edition("Shop", {**dict.fromkeys(seen, Purpose.MEDIA), **before})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def see(store: Store, *services: str, how: How = How.MARKUP) -> None:
    store.inventory.note([Sighting(Kind.HOST, f"{one}.test", how, one) for one in services], 1)


def listed(store: Store, now_ms: int, *made: Edition) -> list[list[str]]:
    """The services of each edition, after it was looked at *now_ms*."""
    return [sorted(edition.services) for edition in store.editions.keep(grown, now_ms, DAYS, made).editions]


async def answer(store: Store, now_ms: int) -> None:
    newest = store.editions.keep(grown, now_ms, DAYS).editions[-1]
    await store.ledger.publish_notice(hashlib.sha256(b"<p>").hexdigest(), b"<p>", "en", newest.digest)


def test_there_is_always_one(store: Store) -> None:
    assert listed(store, 0) == [[]]
    assert listed(store, 1) == [[]]


def test_what_is_new_joins_until_somebody_answers(store: Store) -> None:
    see(store, "a")
    assert listed(store, 0) == [["a"]]
    see(store, "b", "c")
    assert listed(store, 1) == [["a"], ["a", "b", "c"]]


async def test_then_it_waits_for_the_next_edition(store: Store) -> None:
    see(store, "a")
    await answer(store, 0)
    see(store, "b")
    assert listed(store, DAYS * DAY - 1) == [["a"]]
    assert store.editions.keep(grown, 1, DAYS).closed_until_ms == DAYS * DAY
    see(store, "c")
    assert listed(store, DAYS * DAY) == [["a"], ["a", "b", "c"]]
    assert store.editions.keep(grown, DAYS * DAY + 1, DAYS).closed_until_ms == 0


async def test_the_owner_need_not_wait(store: Store) -> None:
    await answer(store, 0)
    see(store, "b")
    assert store.editions.keep(grown, 1, days=0).editions[-1].services == {"b": Purpose.MEDIA}


def test_what_visitors_browsers_alone_say_is_not_listed(store: Store) -> None:
    see(store, "lie", how=How.REPORTED)
    assert listed(store, 0) == [[]]
    see(store, "lie")
    assert listed(store, 1) == [[], ["lie"]]


def test_what_was_shown_is_kept_though_others_were_faster(store: Store) -> None:
    see(store, "a", "b")
    one, other = (Edition("Shop", {service: Purpose.MEDIA}) for service in "ab")
    assert listed(store, 0, one) == [["a"], ["a", "b"]]
    assert listed(store, 1, other) == [["a"], ["a", "b"], ["b"], ["a", "b"]]
    assert listed(store, 2, one, other) == [["a"], ["a", "b"], ["b"], ["a", "b"]]


def test_another_connection_sees_the_same(store: Store) -> None:
    see(store, "a")
    listed(store, 0)
    again = open_store(store.data)
    assert listed(again, 1) == [["a"]]
    again.close()
