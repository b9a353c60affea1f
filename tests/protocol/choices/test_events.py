"""Events over HTTP: kept with consent, durably, before the 200; without it not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.proxy.rules.model import Regime

from tests.support.desk import ACME, Counter, counter

EVENT = {"event": "signup", "properties": {"plan": "free"}}
PAGE = {"accept": "text/html"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


async def test_without_consent_nothing_is_kept(desk: Counter) -> None:
    async with desk.browser() as browser:
        answer = await browser.post("/_hb/events", json=EVENT)
        assert (answer.status_code, answer.json()) == (202, {"stored": 0})
        await browser.post("/_hb/choice", data=desk.form("save", purpose="marketing"))
        assert (await browser.post("/_hb/events", json=EVENT)).json() == {"stored": 0}
    assert desk.kept() == []


async def test_with_consent_events_are_kept_before_the_answer(desk: Counter) -> None:
    async with desk.browser(referer="http://shop.test/coffee?secret=1") as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose="analytics"))
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
        assert (await browser.post("/_hb/events", json=EVENT)).json() == {"stored": 1}
        assert len(desk.kept()) == 1
        answer = await browser.post("/_hb/events", json=[EVENT, {"event": "purchase"}])
        assert (answer.status_code, answer.json()) == (200, {"stored": 2})
    assert choice is not None
    first, *_, last = desk.kept()
    assert (first["event"], first["properties"], first["path"], first["visitor"]) == (
        "signup",
        {"plan": "free"},
        "/coffee",
        choice.id,
    )
    assert last["event"] == "purchase"


async def test_withdrawing_ends_it(desk: Counter) -> None:
    async with desk.browser() as browser:
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        await browser.post("/_hb/choice", data=desk.form("reject-all"))
        assert (await browser.post("/_hb/events", json=EVENT)).status_code == 202
    assert desk.kept() == []


async def test_one_analytics_service_alone_is_not_the_purpose(desk: Counter) -> None:
    async with desk.browser() as browser:
        await browser.post("/_hb/choice", data=desk.form("save", service=ACME.id))
        assert (await browser.post("/_hb/events", json=EVENT)).status_code == 202


async def test_where_the_regime_releases_without_a_choice_there_is_no_visitor(tmp_path: Path) -> None:
    with counter(tmp_path, regime=Regime.OPT_OUT) as desk:
        async with desk.browser() as browser:
            assert (await browser.post("/_hb/events", json=EVENT)).json() == {"stored": 1}
        (event,) = desk.kept()
        assert event["visitor"] is None


async def test_a_beacon_is_read_whatever_type_it_claims(desk: Counter) -> None:
    async with desk.browser() as browser:
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        answer = await browser.post(
            "/_hb/events", content='{"event": "left"}', headers={"content-type": "text/plain;charset=UTF-8"}
        )
    assert answer.json() == {"stored": 1}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body must be JSON"),
        (b"{", "the body must be JSON"),
        (b"\xff", "the body must be JSON"),
        (b'{"event": 7}', '"event" must be a name of 1 to 200 characters'),
        (b'[{"event": "a"}, {}]', '"event" must be a name of 1 to 200 characters'),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_kept(desk: Counter, body: bytes, says: str) -> None:
    async with desk.browser() as browser:
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        answer = await browser.post("/_hb/events", content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": says})
    assert desk.kept() == []


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.test"}])
async def test_other_sites_can_not_send_events(tmp_path: Path, headers: dict[str, str]) -> None:
    with counter(tmp_path, regime=Regime.OPT_OUT) as desk:
        async with desk.browser(**headers) as browser:
            assert (await browser.post("/_hb/events", json=EVENT)).status_code == 403
        assert desk.kept() == []


async def test_too_much_at_once_is_refused(desk: Counter) -> None:
    async with desk.browser() as browser:
        assert (await browser.post("/_hb/events", json=[EVENT] * 3000)).status_code == 413
        assert (await browser.post("/_hb/events", json=[{"event": "a"}] * 501)).status_code == 400
