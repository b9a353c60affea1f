"""The banner's own pages over HTTP: the second layer, the receipt, the log's public part, health, GPC."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from holdback.proxy.rules.model import Purpose, Regime

from tests.support.desk import ACME, OTHER, RULEBOOK, Counter, counter

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


class Boxes(HTMLParser):
    """The values of the boxes on a page, by name, and which of them are ticked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: dict[str, list[str]] = {}
        self.ticked: dict[str, list[str]] = {}
        self.hidden: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag != "input":
            return
        if given["type"] == "hidden":
            self.hidden[given["name"]] = given["value"]
            return
        if "name" not in given:  # what is necessary can't be chosen
            return
        self.all.setdefault(given["name"], []).append(given["value"])
        if "checked" in given:
            self.ticked.setdefault(given["name"], []).append(given["value"])


async def choices(browser: httpx.AsyncClient) -> Boxes:
    answer = await browser.get("/_hb/choices")
    assert answer.status_code == 200
    return Boxes(answer.text)


async def test_the_second_layer_lists_every_service_and_ticks_none(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        boxes = await choices(browser)
    asked = [s.id for s in RULEBOOK.services.values() if s.purpose is not Purpose.NECESSARY]
    assert sorted(boxes.all["service"]) == sorted(asked)
    assert boxes.all["purpose"] == ["preferences", "analytics", "marketing", "media"]
    assert boxes.ticked == {}


async def test_the_first_layer_comes_for_the_control_with_the_state_of_now(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose=["media"]))
        answer = await browser.get("/_hb/notice")
        boxes = Boxes(answer.text)
        assert boxes.ticked["purpose"] == ["media"]
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        fields = {"action": "save", "purpose": "analytics", "token": boxes.hidden["token"], "return": "/"}
        assert (await browser.post("/_hb/choice", data=fields)).status_code == 303
        assert Boxes((await browser.get("/_hb/notice")).text).ticked["purpose"] == ["analytics"]
        assert 'action="http://shop.test/_hb/choice"' in answer.text


async def test_what_the_owner_declared_comes_first_with_what_it_keeps(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        html = (await browser.get("/_hb/choices")).text
        boxes = Boxes(html)
    analytics = [s for s in boxes.all["service"] if RULEBOOK.services[s].purpose is Purpose.ANALYTICS]
    assert analytics[:2] == [ACME.id, OTHER.id]
    for fact in ("Acme &lt;Inc&gt;", "tracker.test", "/acme/collect", "acme_*, acme:*"):
        assert fact in html


async def test_a_purpose_that_was_accepted_whole_is_on_and_its_services_stay_unticked(desk: Counter) -> None:
    """Or switching the purpose off would leave them granted singly where no script keeps the boxes in step."""
    async with desk.browser(**PAGE) as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose="analytics"))
        assert (await choices(browser)).ticked == {"purpose": ["analytics"]}


async def test_what_the_page_shows_saves_as_it_is(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        for fields in (
            {"purpose": ["analytics", "media"]},
            {"purpose": ["analytics"], "service": [ACME.id]},
            {},
        ):
            await browser.post("/_hb/choice", data=desk.form("save", **fields))
            before = desk.signer.read(browser.cookies["hb"], "shop.test")
            shown = await choices(browser)
            await browser.post("/_hb/choice", data={**shown.hidden, **shown.ticked, "action": "save"})
            after = desk.signer.read(browser.cookies["hb"], "shop.test")
            assert before is not None
            assert after is not None
            assert (after.purposes, after.services) == (before.purposes, before.services)


async def test_who_says_nothing_of_what_they_accept_gets_the_page(desk: Counter) -> None:
    async with desk.browser(accept="*/*") as browser:
        assert "<form" in (await browser.get("/_hb/choices")).text


async def test_the_page_can_not_be_framed_and_runs_nothing(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        answer = await browser.get("/_hb/choices")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("value", "kept"),
    [("/a?b=c", "/a?b=c"), ("//evil.test", "/"), ('/"><script>', "/&#34;&gt;&lt;script&gt;")],
)
async def test_the_way_back_is_kept_if_it_is_one(desk: Counter, value: str, kept: str) -> None:
    async with desk.browser(**PAGE) as browser:
        html = (await browser.get("/_hb/choices", params={"return": value})).text
    assert f'name="return" value="{kept}"' in html


async def test_the_page_speaks_the_visitors_language(desk: Counter) -> None:
    async with desk.browser(**PAGE, **{"accept-language": "ar"}) as browser:
        html = (await browser.get("/_hb/choices")).text
    assert '<html lang="ar" dir="rtl">' in html


async def test_opt_out_visitors_see_what_runs_and_that_their_signal_counts(tmp_path: Path) -> None:
    with counter(tmp_path, regime=Regime.OPT_OUT) as desk:
        async with desk.browser(**PAGE) as browser:
            plain = (await browser.get("/_hb/choices")).text
            signalled = (await browser.get("/_hb/choices", headers={"sec-gpc": "1"})).text
    assert Boxes(plain).ticked["purpose"] == ["preferences", "analytics", "marketing", "media"]
    assert "Opt-Out Request Honored" not in plain
    assert "Opt-Out Request Honored" in signalled
    assert "marketing" not in Boxes(signalled).ticked["purpose"]


async def test_a_receipt_is_for_who_chose(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser, desk.browser(**PAGE) as stranger:
        await browser.post("/_hb/choice", data=desk.form("save", purpose="analytics"))
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
        page = await browser.get("/_hb/receipt")
        nothing = await stranger.get("/_hb/receipt")
    assert choice is not None
    assert page.status_code == 200
    assert choice.id in page.text
    assert nothing.status_code == 404
    assert "no answer of yours on record" in nothing.text


async def test_a_receipt_as_data_says_what_the_standard_asks_for(desk: Counter) -> None:
    async with desk.browser(accept="application/ld+json") as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose="analytics"))
        await browser.post("/_hb/choice", data=desk.form("reject-all"))
        answer = await browser.get("/_hb/receipt")
        assert (await browser.get("/_hb/receipt?data", headers=PAGE)).json()["@type"] == "ConsentReceipt"
    assert answer.headers["content-type"] == "application/ld+json"
    receipt = answer.json()
    assert receipt["schema:schemaVersion"] == "ISO/IEC TS 27560:2023"
    granted, withdrawn = receipt["hasConsentRecord"]
    assert (granted["hasConsentStatus"], withdrawn["hasConsentStatus"]) == (
        "ConsentGiven",
        "ConsentWithdrawn",
    )
    assert granted["hasDataController"]["schema:name"] == "Example Shop"
    assert "Acme <Inc>" in [recipient["schema:name"] for recipient in granted["hasRecipient"]]
    assert withdrawn["hasRecipient"] == []
    states = {p["dct:title"]: p["hasConsentStatus"] for p in granted["hasProcess"]}
    assert states["analytics"] == "ConsentGiven"
    assert states["marketing"] == "ConsentRefused"
    for field in ("hasNotice", "isIndicatedAtTime", "hasJurisdiction", "hasRight", "hasConsentControl"):
        assert granted[field]
    assert granted["schema:inclusionProof"].startswith("c2sp.org/tlog-proof@v1\n")


async def test_a_receipt_for_nobody_is_none(desk: Counter) -> None:
    async with desk.browser() as browser:
        assert (await browser.get("/_hb/receipt")).status_code == 404


async def test_gpc_support(desk: Counter) -> None:
    async with desk.browser() as browser:
        support = (await browser.get("/.well-known/gpc.json")).json()
    assert support["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", support["lastUpdate"])


async def test_alive(desk: Counter) -> None:
    async with desk.browser() as browser:
        assert (await browser.get("/_hb/healthz")).text == "ok\n"
        assert (await browser.get("/_hb/readyz")).text == "ready\n"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_hb/choice", 405),
        ("POST", "/_hb/choices", 405),
        ("GET", "/_hb/nothing", 404),
        ("GET", "/_hb/log/tile/9/999", 404),
        ("GET", "/_hb/log/tile/../../etc/passwd", 404),
        ("GET", "/_hb/", 404),
    ],
)
async def test_what_is_not_there(desk: Counter, method: str, path: str, status: int) -> None:
    async with desk.browser() as browser:
        assert (await browser.request(method, path)).status_code == status


async def test_the_public_part_of_the_log(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        checkpoint = await browser.get("/_hb/log/checkpoint")
        tile = await browser.get("/_hb/log/tile/0/000.p/1")
    assert checkpoint.text.partition("\n")[0]
    assert checkpoint.headers["cache-control"] == "private, no-store"
    assert len(tile.content) == 32
    assert "immutable" in tile.headers["cache-control"]
