"""What the site's own server says of people is kept while they agree, in every browser in which they were named."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.http_client import Answer
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor, visitor_id

ORDERS = "phc_for_the_orders_of_the_shop"
OF_A_PAGE = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]
OF_A_SERVER = [("Content-Type", "application/json"), ("User-Agent", "posthog-python/7.91.1")]
AGREES = ("purpose", "analytics")


@pytest.fixture(scope="module")
def shop(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    config = f'[events]\nexempt = {{ "orders of the shop" = "{ORDERS}" }}\n'
    with serving(
        origin.url, tmp_path_factory.mktemp("server") / "data", config=config, options=["--workers", "2"]
    ) as running:
        yield running


def agreed(shop: Holdback, person: str) -> Visitor:
    """A visitor who has agreed, and whose page then says who they are, in PostHog's words."""
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    said = {
        "event": "$identify",
        "properties": {"distinct_id": person, "$anon_distinct_id": f"device of {person}"},
    }
    assert visitor.post("/_hb/posthog/e/", json.dumps(said).encode(), OF_A_PAGE).status == 200
    return visitor


def by_server(shop: Holdback, person: str, name: str, key: str = "phc_site") -> Answer:
    event = {"event": name, "uuid": f"{name}-{person}", "distinct_id": person, "properties": {"n": 1}}
    body = json.dumps({"api_key": key, "batch": [event]}).encode()
    return shop.fetch("/_hb/posthog/batch/", OF_A_SERVER, method="POST", body=body)


def kept(shop: Holdback, name: str) -> list[dict[str, Any]]:
    return [event for event in shop.events() if event["event"] == name]


def test_it_is_kept_while_who_it_is_about_agrees(shop: Holdback) -> None:
    visitor = agreed(shop, "ada")
    thanks = [by_server(shop, person, "first") for person in ("ada", "device of ada", "nobody")]
    assert {(answer.status, answer.body) for answer in thanks} == {(200, b'{"status":"Ok"}')}
    found = kept(shop, "first")
    assert [event["person"] for event in found] == ["ada", "device of ada"]
    assert {event["visitor"] for event in found} == {visitor_id(visitor.signed)}
    assert {(event["device"], event["country"]) for event in found} == {("server", None)}

    visitor.choose("reject-all")
    by_server(shop, "ada", "second")
    assert kept(shop, "second") == []
    visitor.choose("save", AGREES)
    by_server(shop, "ada", "third")
    assert len(kept(shop, "third")) == 1


def test_who_refuses_in_one_browser_is_refused_in_all(shop: Holdback) -> None:
    first, second = agreed(shop, "bob"), agreed(shop, "bob")
    by_server(shop, "bob", "both")
    second.choose("reject-all")
    by_server(shop, "bob", "one")
    second.choose("save", ("purpose", "marketing"))
    by_server(shop, "bob", "other")
    assert [len(kept(shop, name)) for name in ("both", "one", "other")] == [1, 0, 0]
    assert shop.command("subject", "erase", visitor_id(second.signed)).returncode == 0
    by_server(shop, "bob", "forgotten in one")
    assert [event["visitor"] for event in kept(shop, "forgotten in one")] == [visitor_id(first.signed)]


def test_what_the_owner_takes_back_for_a_person_is_held_until_they_agree_again(shop: Holdback) -> None:
    """A "no" by mail holds in every browser of that person, and they may say "yes" again in any of them."""
    first, second = agreed(shop, "fay"), agreed(shop, "fay")
    copies = [Visitor(shop, jar=dict(visitor.jar)) for visitor in (first, second)]
    by_server(shop, "fay", "before")
    done = shop.command("subject", "withdraw", "--person", "fay", "--json")
    assert done.returncode == 0, done.stderr
    indexes = json.loads(done.stdout)["indexes"]
    recorded = [json.loads(shop.command("log", "show", str(index), "--json").stdout) for index in indexes]
    assert {row["id"] for row in recorded} == {visitor_id(visitor.signed) for visitor in (first, second)}
    assert {(row["kind"], row["how"], any(row["purposes"].values())) for row in recorded} == {
        ("withdrawal", "owner", False)
    }
    by_server(shop, "fay", "after")
    said = json.dumps({"event": "of a page", "properties": {"distinct_id": "fay"}}).encode()
    for visitor in (first, second, *copies):
        assert visitor.post("/_hb/posthog/e/", said, OF_A_PAGE).status == 200
        assert visitor.post("/_hb/events", b'{"event": "of a page"}', OF_A_PAGE).status == 202
    assert [len(kept(shop, name)) for name in ("before", "after", "of a page")] == [1, 0, 0]
    again = shop.command("subject", "withdraw", "--person", "fay")
    assert (again.returncode, again.stdout) == (
        0,
        "fay agrees to nothing any more: there was nothing to take back.\n",
    )
    assert shop.command("subject", "withdraw", "nobody").returncode == 1
    assert shop.command("log", "verify", "--data", str(shop.data)).returncode == 0

    ids = [visitor_id(visitor.signed) for visitor in (first, second)]
    for visitor in (first, second):
        visitor.choose("save", AGREES)
    assert [visitor_id(visitor.signed) for visitor in (first, second)] == ids
    by_server(shop, "fay", "again")
    assert len(kept(shop, "again")) == 1
    assert copies[0].post("/_hb/events", b'{"event": "of a copy"}', OF_A_PAGE).status == 202


def test_one_request_may_speak_of_many(shop: Holdback) -> None:
    agreed(shop, "eve")
    people = ["eve", "stranger", "eve", "another"]
    batch = [
        {"event_type": "many", "user_id": person, "insert_id": str(n)} for n, person in enumerate(people)
    ]
    body = json.dumps({"api_key": "k", "events": batch}).encode()
    answer = shop.fetch("/_hb/amplitude/2/httpapi", OF_A_SERVER, method="POST", body=body)
    assert (answer.status, json.loads(answer.body)["events_ingested"]) == (200, 4)
    assert [event["person"] for event in kept(shop, "many")] == ["eve", "eve"]


def test_a_key_that_is_exempt_is_so_for_a_server_alone(shop: Holdback) -> None:
    by_server(shop, "customer 7", "paid", ORDERS)
    [order] = kept(shop, "paid")
    assert (order["visitor"], order["person"], order["properties"]["n"]) == (None, "customer 7", 1)

    refusing = Visitor(shop)
    refusing.choose("reject-all")
    body = json.dumps({"api_key": ORDERS, "event": "tracked", "properties": {"distinct_id": "x"}}).encode()
    assert refusing.post("/_hb/posthog/e/", body, OF_A_PAGE).status == 200
    assert Visitor(shop).post("/_hb/posthog/e/", body, OF_A_PAGE).status == 200
    of_browsers = [
        ("Origin", shop.url),
        ("Referer", f"{shop.url}/"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Cookie", "a=b"),
        ("Accept-Language", "de"),
    ]
    for line in of_browsers:
        shop.fetch("/_hb/posthog/e/", [*OF_A_SERVER, line], method="POST", body=body)
    shop.fetch("/_hb/posthog/e/", [("User-Agent", "Mozilla/5.0 (X11)")], method="POST", body=body)
    shop.fetch(f"/_hb/posthog/e/?data={quote(body)}", [("User-Agent", "Mozilla/5.0 (X11)")])
    assert kept(shop, "tracked") == []

    papers = shop.command("report", "processing", "--config", str(shop.data.parent / "data.toml"))
    assert "orders of the shop" in papers.stdout
    assert ORDERS not in papers.stdout


def test_a_person_is_handed_out_and_forgotten_by_what_the_site_calls_them(shop: Holdback) -> None:
    first, second = agreed(shop, "cleo"), agreed(shop, "cleo")
    by_server(shop, "cleo", "of a server")
    by_server(shop, "cleo", "ordered", ORDERS)
    ids = {visitor_id(visitor.signed) for visitor in (first, second)}
    done = shop.command("subject", "export", "--person", "cleo")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["id"] for row in rows if row["what"] == "record"} == ids
    assert {row["event"] for row in rows if row["what"] == "event"} == {"$identify", "of a server", "ordered"}
    assert shop.command("subject", "export", "x", "--person", "cleo").returncode == 2
    assert shop.command("subject", "export").returncode == 2

    erased = shop.command("subject", "erase", "--person", "cleo")
    assert erased.returncode == 0, erased.stderr
    assert "4 events" in erased.stdout
    assert shop.command("subject", "export", "--person", "cleo").returncode == 1
    by_server(shop, "cleo", "later")
    assert kept(shop, "later") == []
    assert shop.command("log", "verify").returncode == 0


def test_a_batch_may_name_a_crowd(shop: Holdback) -> None:
    agreed(shop, "person 30000")
    batch = [{"event": "crowd", "distinct_id": f"person {n}", "properties": {}} for n in range(40_000)]
    body = gzip.compress(json.dumps({"api_key": "k", "batch": batch}).encode())
    lines = [*OF_A_SERVER, ("Content-Encoding", "gzip")]
    assert shop.fetch("/_hb/posthog/batch/", lines, method="POST", body=body).status == 200
    assert [event["person"] for event in kept(shop, "crowd")] == ["person 30000"]


def test_what_is_held_is_counted(shop: Holdback) -> None:
    for number in range(3):
        by_server(shop, f"unknown {number}", "counted")

    def held() -> bool:
        counted = json.loads(shop.command("log", "counters", "--json").stdout)
        return bool(counted.get("held", {}).get("server event", {}).get("posthog", 0) >= 3)

    shop.restart()
    until(held, "the counters", 20)
    today = json.loads(shop.command("today", "--json").stdout)
    assert today["services"]["posthog"]["held"] >= 3


def test_while_the_log_is_away_it_is_to_come_again(origin: Origin, tmp_path: Path) -> None:
    with serving(origin.url, tmp_path / "data") as shop:
        agreed(shop, "ada")
        (shop.data / "log.db").rename(shop.data / "away.db")
        answer = by_server(shop, "ada", "meanwhile")
        assert (answer.status, answer.get("retry-after")) == (503, "5")
        (shop.data / "away.db").rename(shop.data / "log.db")
        until(lambda: by_server(shop, "ada", "meanwhile").status == 200, "the log", 20)
        until(lambda: by_server(shop, "ada", "meanwhile") and kept(shop, "meanwhile"), "the event", 20)
        assert len(kept(shop, "meanwhile")) == 1
