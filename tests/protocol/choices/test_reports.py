"""What browsers say that a page's scripts asked for: nobody can fill the notice with lies, or learn who said what."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from holdback.banner.app import create_app
from holdback.proxy.gate.sightings import Sightings
from holdback.proxy.rules.sighting import How, Kind, Sighting
from holdback.store.site import inventory
from holdback.store.store import open_store

from tests.support.desk import SITE, Counter, counter

HERE = {"sec-fetch-site": "same-origin", "content-type": "application/json"}
KRUX = Sighting(Kind.HOST, "beacon.krxd.net", How.CALL, "salesforce-audience-studio")
WIDGET = Sighting(Kind.HOST, "cdn.widget.test", How.REPORTED)


class Listening(Counter):
    """A desk whose reports end in sightings."""

    def __init__(self, made: Counter) -> None:
        self.__dict__ |= made.__dict__
        self.sightings = Sightings()
        self.desk = replace(self.desk, called=self.sightings.called, kept=self.sightings.kept)
        self._app = create_app(self.desk, self.store, SITE)

    async def says(self, hosts: object, prefix: str = "127.0.0.0/24", **headers: str) -> int:
        """The status that a browser in *prefix* gets for its report."""
        self.prefix = prefix
        async with self.browser(**{**HERE, **headers}) as browser:
            return (await browser.post("/_hb/seen", content=json.dumps(hosts))).status_code

    def seen(self) -> list[Sighting]:
        return self.sightings.take()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Listening]:
    with counter(tmp_path) as made:
        yield Listening(made)


async def test_near_the_machine_one_report_is_enough(desk: Listening) -> None:
    assert await desk.says(["beacon.krxd.net", "cdn.widget.test", "shop.test", "www.shop.test"]) == 204
    assert desk.seen() == [KRUX, WIDGET]


async def test_elsewhere_three_networks_must_say_it(desk: Listening) -> None:
    for prefix in ("198.51.100.0/24", "198.51.100.0/24", "203.0.113.0/24", "203.0.113.0/24"):
        assert await desk.says(["beacon.krxd.net"], prefix) == 204
    assert desk.seen() == []
    await desk.says(["beacon.krxd.net"], "192.0.2.0/24")
    assert desk.seen() == [KRUX]


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
async def test_a_proxy_in_front_that_nobody_declared_makes_no_stranger_near(
    desk: Listening, name: str
) -> None:
    for _ in range(5):
        assert await desk.says(["beacon.krxd.net"], **{name: "203.0.113.9"}) == 204
    assert desk.seen() == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "",
        "a b.test",
        "https://a.test/",
        "a.test:80",
        "A.test",
        "a.test/x",
        "x" * 300 + ".test",
        7,
        None,
        ["a.test"],
        {"a": 1},
        "ä.test",
        "a.test.",
        "%61.test",
    ],
)
async def test_only_names_of_hosts_are_taken(desk: Listening, host: object) -> None:
    assert await desk.says([host, "cdn.widget.test"]) == 204
    assert desk.seen() == [WIDGET]


async def test_what_scripts_keep_is_told_by_name_and_a_cookie_by_its_lifetime(desk: Listening) -> None:
    report = [
        "storage:theme",
        "storage:a;b: c",
        "storage:_hjSessionUser_12345",
        "storage:cart-0123456789abcdef",
        "cookie:basket; max-age=3600; path=/",
        "cookie:_ga; expires=Thu, 01 Jan 2099 00:00:00 GMT",
        "cookie:until-closed",
    ]
    assert await desk.says(report) == 204
    seen = {(one.kind, one.name): one for one in desk.seen()}
    assert {key: (one.how, one.service) for key, one in seen.items()} == {
        (Kind.STORAGE, "theme"): (How.REPORTED, ""),
        (Kind.STORAGE, "a;b: c"): (How.REPORTED, ""),
        (Kind.STORAGE, "_hjSessionUser_*"): (How.CALL, "hotjar"),
        (Kind.STORAGE, "cart-*"): (How.REPORTED, ""),
        (Kind.COOKIE, "basket"): (How.REPORTED, ""),
        (Kind.COOKIE, "_ga"): (How.CALL, "google-analytics"),
        (Kind.COOKIE, "until-closed"): (How.REPORTED, ""),
    }
    assert seen[Kind.COOKIE, "basket"].seconds == 3600
    assert (seen[Kind.COOKIE, "_ga"].seconds or 0) > 365 * 86_400
    assert seen[Kind.COOKIE, "until-closed"].seconds is None


async def test_a_key_with_a_visitors_number_in_it_is_told_by_nobody_else(desk: Listening) -> None:
    for number, prefix in enumerate(("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24")):
        await desk.says([f"storage:of anna {number}", f"storage:of {number:08x}"], prefix)
    assert [one.name for one in desk.seen()] == ["of *"]


async def test_in_an_office_a_host_counts_at_once_and_a_key_like_anywhere(desk: Listening) -> None:
    """A key may have a colleague's name in it, and all who work there are in a private network."""
    for number in range(3):
        assert await desk.says(["storage:theme", "storage:of anna", "cdn.widget.test"], "10.1.2.0/24") == 204
        assert desk.seen() == ([WIDGET] if number == 0 else [])
    for prefix in ("10.1.3.0/24", "10.1.4.0/24"):
        await desk.says(["storage:theme"], prefix)
    assert [one.name for one in desk.seen()] == ["theme"]


@pytest.mark.parametrize(
    "thing",
    [
        "cookie:gone; max-age=0",
        "cookie:gone; expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "storage:",
        "cookie:; max-age=1",
        "storage:\x1b[31mred",
        "storage:" + "k" * 201,
        "storage",
        "secret:x",
        ["storage:x"],
        "cookie:a\nb",
    ],
)
async def test_what_is_no_name_is_not_taken(desk: Listening, thing: object) -> None:
    assert await desk.says([thing, "cdn.widget.test"]) == 204
    assert desk.seen() == [WIDGET]


@pytest.mark.parametrize("report", [{"a": 1}, "a.test", 1, None, ["a.test"] * 101])
async def test_what_is_no_report_is_refused(desk: Listening, report: object) -> None:
    assert await desk.says(report) == 400
    assert desk.seen() == []


async def test_other_sites_can_report_nothing(desk: Listening) -> None:
    assert await desk.says(["cdn.widget.test"], **{"sec-fetch-site": "cross-site"}) == 403
    assert desk.seen() == []


async def test_a_flood_of_reports_is_cut_off(desk: Listening) -> None:
    answers = [await desk.says([f"h{n}.test"], "203.0.113.0/24") for n in range(30)]
    assert answers.count(429) == 10


async def test_lies_keep_nothing_else_out(
    desk: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in range(0, 1000, 50):
        await desk.says([f"h{number}.test" for number in range(start, start + 50)])
    seen = desk.seen()
    assert len(seen) == 100
    monkeypatch.setattr(inventory, "_MOST_REPORTED", 10)
    store = open_store(tmp_path / "inventory")
    store.inventory.note(seen, 1)
    store.inventory.note([Sighting(Kind.HOST, "met.test", How.MARKUP), KRUX, WIDGET], 2)
    names = [one.name for one in store.inventory.all()]
    store.close()
    assert len(names) == 12
    assert {"met.test", "beacon.krxd.net"} < set(names)
