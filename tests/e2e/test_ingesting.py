"""PostHog, Mixpanel and Amplitude, the SDKs as npm has them, set to ``/_hb/<name>``: what they send is the owner's
own."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import Console, choose, chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply
from tests.support.sdk_pages import SDKS, Sdk, installed
from tests.support.visitor import Visitor

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
"""SDKs leave out what says that it is headless."""
NAMES = ("posthog", "mixpanel", "amplitude")
JSON = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]
AGREES = ("purpose", "analytics")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1"}) as running:
        yield running


@pytest.fixture(scope="module")
def shop(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(origin.url, tmp_path_factory.mktemp("ingest") / "data") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(user_agent=AGENT, locale="en-GB") as context:
        yield context.new_page()


def hellos(shop: Holdback, name: str) -> list[dict[str, Any]]:
    return [
        event
        for event in shop.events()
        if event["event"] == "hello" and str(event["id"]).startswith(f"{name}:")
    ]


def _show(page: Page, origin: Origin, shop: Holdback, sdk: Sdk, *, bundled: bool = False) -> None:
    assert installed(), "the SDKs are not there: npm ci in tests/sdks"
    host = f"http://127.0.0.1:{shop.port}"
    name = sdk.service
    origin.pages[f"/sdk/{name}.js"] = Reply(sdk.code, lines=[("Content-Type", "text/javascript")])
    markup = sdk.page(f"{host}/_hb/{name}").replace("ui_host", "opt_out_useragent_filter: true, ui_host")
    if bundled:  # nothing in the markup gives it away, so it runs before a choice
        started = "\n".join(re.findall(r"<script>(.*?)</script>", markup, re.DOTALL))
        origin.pages["/start.js"] = Reply(started.encode(), lines=[("Content-Type", "text/javascript")])
        markup = (
            re.sub(r"<script>.*?</script>", "", markup, flags=re.DOTALL) + '<script src="/start.js"></script>'
        )
    origin.pages["/with-sdk"] = Reply(f"<!doctype html><title>S</title><body>{markup}".encode(), lines=[HTML])
    page.goto(f"{host}/with-sdk?utm_source=news&secret=1")


LATEST = [SDKS[name] for name in NAMES]
ERAS = [
    replace(SDKS["posthog"], file=f"posthog-js-{version}/dist/array.full.js")
    for version in ("1.57", "1.174", "1.236", "1.400")
]
"""How PostHog's SDK has talked: base64 in a form, JSON, gzip that a query or a header tells, or nothing."""
IDENTIFY = {
    "posthog": "posthog.identify(PERSON)",
    "mixpanel": "mixpanel.identify(PERSON)",
    "amplitude": "amplitude.setUserId(PERSON)",
}


@pytest.mark.browser
@pytest.mark.parametrize(
    "sdk",
    [*LATEST, ERAS[0], *(pytest.param(sdk, marks=pytest.mark.long) for sdk in ERAS[1:])],
    ids=lambda sdk: sdk.file.partition("/dist")[0],
)
def test_an_sdk_is_served_before_a_choice_and_stored_after_it(
    page: Page, origin: Origin, shop: Holdback, sdk: Sdk
) -> None:
    console = Console(page)
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    name, stored_before = sdk.service, len(hellos(shop, sdk.service))
    _show(page, origin, shop, sdk)
    page.wait_for_timeout(1500)
    assert len(hellos(shop, name)) == stored_before, "nobody has agreed"

    choose(page, "accept-all")
    page.wait_for_timeout(300)
    person = f"ada of {sdk.file}"
    page.evaluate(IDENTIFY[name].replace("PERSON", json.dumps(person)))
    page.evaluate("again()")

    def stored() -> list[dict[str, Any]]:
        return [event for event in hellos(shop, name)[stored_before:] if event["person"] == person]

    until(lambda: bool(page.wait_for_timeout(50) or stored()), "an event in the store", 15)
    page.wait_for_timeout(1500)
    [kept] = stored()
    assert kept["visitor"]
    assert (kept["path"], kept["device"]) in (("/with-sdk", "computer"), ("", "computer"))
    assert "secret" not in f"{kept['path']} {kept['campaign']}"
    ids = [event["id"] for event in hellos(shop, name)]
    assert len(set(ids)) == len(ids)
    assert failed == []
    assert console.errors == []


@pytest.mark.browser
@pytest.mark.parametrize("sdk", LATEST, ids=NAMES)
def test_what_an_sdk_said_before_a_choice_arrives_with_its_time(
    page: Page, origin: Origin, shop: Holdback, sdk: Sdk
) -> None:
    """It is part of the site's own bundle, so nothing holds it back: what it says waits in the page's memory."""
    name, before = sdk.service, len(hellos(shop, sdk.service))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    _show(page, origin, shop, sdk, bundled=True)
    page.wait_for_timeout(3000)
    assert [url for url in asked if f"/_hb/{name}/" in url and not re.search("/(flags|decide)", url)] == []
    choose(page, "accept-all")
    [waited] = until(lambda: page.wait_for_timeout(50) or hellos(shop, name)[before:], "what waited", 15)
    moments = [datetime.fromisoformat(waited[which]) for which in ("time", "received")]
    assert moments[1] - moments[0] > timedelta(seconds=2), (
        "it is of when it was made, and came with the choice"
    )
    assert waited["visitor"]
    page.reload()
    until(lambda: page.wait_for_timeout(50) or len(hellos(shop, name)) > before + 1, "another hello", 15)
    page.wait_for_timeout(500)
    assert len(hellos(shop, name)) == before + 2


@pytest.mark.browser
def test_what_an_sdk_said_before_a_refusal_is_never_sent(page: Page, origin: Origin, shop: Holdback) -> None:
    sdk, before = SDKS["posthog"], len(shop.events())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    _show(page, origin, shop, sdk, bundled=True)
    page.wait_for_timeout(1500)
    choose(page, "reject-all")
    page.evaluate("again()")
    page.wait_for_timeout(1500)
    assert [url for url in asked if "/posthog/" in url and "/flags" not in url] == []
    assert len(shop.events()) == before


CALLS = {
    "posthog": ("/e/", {"uuid": "0199-a", "event": "once", "properties": {"distinct_id": "d"}}),
    "mixpanel": ("/track/?verbose=1", [{"event": "once", "properties": {"$insert_id": "m-1", "token": "t"}}]),
    "amplitude": ("/2/httpapi", {"events": [{"event_type": "once", "insert_id": "a-1", "device_id": "d"}]}),
}


def _once(shop: Holdback, name: str) -> list[dict[str, Any]]:
    return [
        event
        for event in shop.events()
        if str(event["id"]).startswith(f"{name}:") and event["event"] == "once"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_retry_is_stored_once_and_thanks_are_the_same_without_consent(shop: Holdback, name: str) -> None:
    path, said = CALLS[name]
    body = gzip.compress(json.dumps(said).encode())
    agreeing, refusing = Visitor(shop), Visitor(shop)
    agreeing.choose("save", AGREES)
    refusing.choose("reject-all")
    answers = []
    for visitor in (refusing, agreeing, agreeing):
        answer = visitor.post(f"/_hb/{name}{path}", body, JSON)
        assert answer.status == 200, answer.body
        answers.append(
            {**json.loads(answer.body), "server_upload_time": 0} if name == "amplitude" else answer.body
        )
    assert answers[0] == answers[1] == answers[2]
    [kept] = _once(shop, name)
    assert kept["received"]
    agreeing.choose("reject-all")
    later = json.dumps(said).replace("-a", "-b").replace("m-1", "m-2").replace("a-1", "a-2").encode()
    assert agreeing.post(f"/_hb/{name}{path}", later, JSON).status == 200
    assert len(_once(shop, name)) == 1


def test_what_is_no_event_is_answered_so_that_nothing_fails(shop: Holdback) -> None:
    visitor = Visitor(shop)
    flags = json.loads(visitor.post("/_hb/posthog/flags/?v=2", b"{}", JSON).body)
    assert (flags["flags"], flags["errorsWhileComputingFlags"]) == ({}, False)
    assert json.loads(visitor.get("/_hb/posthog/array/phc_x/config").body)["supportedCompression"]
    assert b"_POSTHOG_REMOTE_CONFIG" in visitor.get("/_hb/posthog/array/phc_x/config.js").body
    assert visitor.get("/_hb/posthog/static/surveys.js").status == 200
    assert json.loads(visitor.get("/_hb/posthog/api/surveys/?token=x").body) == {"surveys": []}
    assert json.loads(visitor.post("/_hb/posthog/s/", b"recording", JSON).body) == {"status": "Ok"}
    assert visitor.post("/_hb/mixpanel/flags/", b"{}", JSON).status == 200


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe\x00",
        b"[1]",
        gzip.compress(b"[" + b" " * 30_000_000 + b"]"),
        gzip.compress(b"{}")[:-5],
        b"[" * 50_000,
    ],
    ids=["cut", "bytes", "number", "bomb", "cut gzip", "deep"],
)
def test_odd_bodies_are_refused_in_the_sdks_own_words(shop: Holdback, name: str, body: bytes) -> None:
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    answer = visitor.post(f"/_hb/{name}{CALLS[name][0]}", body, JSON)
    assert answer.status == 400
    assert json.loads(answer.body)


def test_a_batch_may_be_longer_than_a_choice(shop: Holdback) -> None:
    visitor = Visitor(shop)
    padded = {"event": "long", "properties": {"text": "x" * 80_000}}
    assert visitor.post("/_hb/posthog/e/", json.dumps(padded).encode(), JSON).status == 200
    assert visitor.post("/_hb/events", json.dumps(padded).encode(), JSON).status == 413


def test_events_of_another_sites_page_are_refused(shop: Holdback) -> None:
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    foreign = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "cross-site")]
    body = json.dumps(CALLS["posthog"][1]).encode()
    assert visitor.post("/_hb/posthog/e/", body, foreign).status == 403


def test_a_thousand_events_at_once_are_all_there(shop: Holdback) -> None:
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    batch = [{"uuid": f"many-{n}", "event": "many", "properties": {"n": n}} for n in range(1000)]
    assert visitor.post("/_hb/posthog/batch/", json.dumps({"batch": batch}).encode(), JSON).status == 200
    kept = [event for event in shop.events() if event["event"] == "many"]
    assert sorted(event["properties"]["n"] for event in kept) == list(range(1000))


def test_our_own_events_may_have_an_id_too(shop: Holdback) -> None:
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    event = {"event": "bought", "uuid": "b-1", "time": "2020-05-05T10:00:00Z"}
    for _ in range(2):
        assert visitor.post("/_hb/events", json.dumps(event).encode(), JSON).status == 200
    [kept] = [one for one in shop.events() if one["event"] == "bought"]
    assert (kept["id"], kept["time"]) == ("own:b-1", "2020-05-05T10:00:00.000Z")


def test_who_is_erased_leaves_no_event(shop: Holdback, tmp_path: Path) -> None:
    visitor = Visitor(shop)
    visitor.choose("save", AGREES)
    body = json.dumps({"uuid": "gone-1", "event": "gone", "properties": {"distinct_id": "somebody"}}).encode()
    visitor.post("/_hb/posthog/e/", body, JSON)
    [kept] = [one for one in shop.events() if one["event"] == "gone"]
    assert shop.command("subject", "erase", kept["visitor"]).returncode == 0
    assert [one for one in shop.events() if one["event"] == "gone"] == []
