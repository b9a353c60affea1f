"""What visitors are asked about is what the site uses; what turns up later is held, and asked about in its turn."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply
from tests.support.visitor import Visitor, choice_form

GOOGLE = b'<script src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>'
META = b'<script src="https://connect.facebook.net/en_US/fbevents.js"></script>'
YOUTUBE = b'<iframe src="https://www.youtube-nocookie.com/embed/x"></iframe>'
ACME = '[[service]]\nname = "Acme Metrics"\npurpose = "analytics"\nhosts = ["tracker.test"]\n'


@pytest.fixture
def site(origin: Origin) -> Origin:
    def page(markup: bytes) -> Reply:
        return Reply(b"<!doctype html><html><head>" + markup + b"</head><body><h1>Shop</h1>", lines=[HTML])

    origin.pages |= {"/": page(GOOGLE), "/film": page(YOUTUBE), "/sale": page(META), "/plain": page(b"")}
    return origin


@pytest.fixture(
    params=[pytest.param(1, id="one worker", marks=pytest.mark.long), pytest.param(2, id="two workers")]
)
def shop(request: pytest.FixtureRequest, site: Origin, tmp_path: Path) -> Iterator[Holdback]:
    workers = ["--workers", str(request.param)]
    nothing = {"HOLDBACK_SITE__USES": "[]"}
    with serving(site.url, tmp_path / "data", options=workers, config=ACME, env=nothing) as running:
        yield running


def listed(visitor: Visitor) -> list[str]:
    """What the choices page has boxes for."""
    form = choice_form(visitor.get("/_hb/choices").text)
    return sorted(value for name, value, _ in form.boxes if name == "service")


def state(shop: Holdback) -> dict[str, str]:
    done = shop.command("site", "--json")
    assert done.returncode == 0, done.stderr
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    return {fact["service"]: fact["state"] for fact in facts if fact["service"]}


def asks(visitor: Visitor, page: str) -> bool:
    """Whether the notice on *page* is open."""
    return '<details class="n" open>' in visitor.get(page).text


def answered(visitor: Visitor, page: str, action: str = "accept-all") -> None:
    """The visitor answers, and every worker has heard of it: they look each second."""
    visitor.choose(action, page=page)
    time.sleep(2.0)


def settled(shop: Holdback, services: int) -> None:
    """Every worker knows of so many services."""
    until(lambda: len(state(shop)) == services, "the inventory is written")
    visitor = Visitor(shop)
    until(lambda: len(listed(visitor)) == services + 1, "a worker lists it")
    time.sleep(2.0)  # which of them answers is chance, and each looks every second
    for _ in range(20):
        assert len(listed(visitor)) == services + 1


def test_a_page_that_nobody_saw_before_lists_what_it_uses(shop: Holdback) -> None:
    visitor = Visitor(shop)
    assert listed(visitor) == ["acme-metrics"]
    visitor.choose("accept-all", page="/")
    assert GOOGLE.decode() in visitor.get("/").text
    record = shop.records()[-1]
    assert record["services"] == {"acme-metrics": True, "google-analytics": True}
    assert len(f"hb={visitor.signed}") < 200


def test_an_answer_counts_for_what_was_listed_when_the_page_was_shown(shop: Holdback) -> None:
    early = Visitor(shop)
    form = choice_form(early.get("/plain").text)
    Visitor(shop).get("/sale")
    settled(shop, 1)
    assert early.send(form, "accept-all").status == 303
    assert shop.records()[-1]["services"] == {"acme-metrics": True}
    assert META.decode() not in early.get("/sale").text
    assert asks(early, "/sale")


def test_what_turns_up_later_is_held_and_asked_about_in_its_turn(shop: Holdback) -> None:
    visitor, refusing = Visitor(shop), Visitor(shop)
    visitor.get("/")
    settled(shop, 1)
    refusing.choose("reject-all")
    answered(visitor, "/")
    page = visitor.get("/sale").text
    assert META.decode() not in page
    assert "Meta Pixel" not in page
    until(lambda: state(shop).get("meta-pixel") == "waiting", "the pixel waits")
    assert listed(visitor) == ["acme-metrics", "google-analytics"]
    assert not asks(visitor, "/sale")

    asked = shop.command("site", "ask")
    assert asked.stdout == "Visitors are asked about Meta Pixel.\n", asked.stderr
    settled(shop, 2)
    assert asks(visitor, "/sale")
    page = visitor.get("/").text
    assert "New since your answer, and held until you answer again: Meta Pixel" in page
    assert GOOGLE.decode() in page
    assert not asks(refusing, "/sale")
    visitor.choose("accept-all", page="/sale")
    assert META.decode() in visitor.get("/sale").text
    assert not asks(visitor, "/sale")
    assert "New since your answer" not in visitor.get("/").text
    assert shop.command("site", "ask").stdout == "There is nothing new to ask about.\n"


def test_who_saves_what_they_see_allows_nothing_that_is_new(shop: Holdback) -> None:
    visitor = Visitor(shop)
    answered(visitor, "/plain")
    visitor.get("/")
    until(lambda: state(shop).get("google-analytics") == "waiting", "Google waits")
    shop.command("site", "ask")
    settled(shop, 1)
    form = choice_form(visitor.get("/_hb/choices").text)
    ticked = [(name, value) for name, value, checked in form.boxes if checked]
    visitor.send(form, "save", *ticked)
    assert shop.records()[-1]["services"] == {"acme-metrics": True, "google-analytics": False}
    first = choice_form(visitor.get("/_hb/notice").text)
    assert ("purpose", "analytics", False) in first.boxes


def test_a_held_film_can_be_allowed_where_it_stands_though_it_is_not_listed(shop: Holdback) -> None:
    visitor = Visitor(shop)
    answered(visitor, "/")
    visitor.get("/film")
    until(lambda: state(shop).get("youtube") == "waiting", "YouTube waits")
    placeholder = visitor.get("/_hb/embed?url=https%3A%2F%2Fwww.youtube-nocookie.com%2Fembed%2Fx").text
    form = choice_form(placeholder)
    visitor.send(form, "save")
    assert YOUTUBE.decode() in visitor.get("/film").text
    assert GOOGLE.decode() in visitor.get("/").text
    assert shop.records()[-1]["services"] == {
        "acme-metrics": True,
        "google-analytics": True,
        "youtube": True,
    }
    shop.command("site", "ask")
    until(lambda: asks(visitor, "/"), "YouTube is asked about")


def test_it_is_the_same_after_a_restart(shop: Holdback) -> None:
    visitor = Visitor(shop)
    visitor.choose("accept-all", page="/")
    until(lambda: "google-analytics" in state(shop), "the page is noted")
    shop.restart()
    assert GOOGLE.decode() in visitor.get("/").text
    assert listed(visitor) == ["acme-metrics", "google-analytics"]
    assert not asks(visitor, "/")


def test_a_site_that_uses_nothing_asks_for_its_own_counting_alone(site: Origin, tmp_path: Path) -> None:
    with serving(site.url, tmp_path / "data", env={"HOLDBACK_SITE__USES": "[]"}) as shop:
        visitor = Visitor(shop)
        page = visitor.get("/plain").text
        assert [value for name, value, _ in choice_form(page).boxes if name == "purpose"] == ["analytics"]
        assert "would like to count visits" in page
        visitor.choose("accept-all", page="/plain")
        visitor.get("/plain")
        until(lambda: [event["event"] for event in shop.events()] == ["page view"], "the view is kept")
        assert shop.records()[-1]["kind"] == "grant"
        visitor.choose("reject-all", page="/plain")
        assert shop.records()[-1]["kind"] == "withdrawal"
