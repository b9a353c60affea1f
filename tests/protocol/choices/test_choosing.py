"""A choice over HTTP: who may make one, what it leaves in the log, what it gives the browser."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from holdback.banner.app import AppLimits
from holdback.proxy.rules.model import ASKED, Purpose, Regime
from holdback.store.site.editions import Edition

from tests.support.desk import ACME, RULEBOOK, Counter, counter

PAGE = {"accept": "text/html,application/xhtml+xml"}
SCRIPT = {"accept": "application/json"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


async def test_accepting_records_first_and_sends_back_to_the_page(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        answer = await browser.post("/_hb/choice", data=desk.form("accept-all"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/coffee")
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
    assert choice is not None
    assert choice.purposes == frozenset(ASKED)
    notice = desk.notices.pick("en", Regime.OPT_IN, False, "shop.test")
    assert choice.services == notice.listed
    assert choice.edition == notice.edition.digest
    (record,) = await desk.store.ledger.records_of(choice.id)
    assert (record.kind, record.how, record.regime, record.country) == ("grant", "form", "opt-in", "DE")
    assert record.purposes == dict.fromkeys((purpose.value for purpose in ASKED), True)
    assert record.services == dict.fromkeys(notice.listed, True)
    assert record.notice == notice.hash


async def test_the_cookie_is_closed_to_scripts_and_prefixed_under_https(desk: Counter) -> None:
    async with desk.browser("https://shop.test", **PAGE) as browser:
        answer = await browser.post("/_hb/choice", data=desk.form("reject-all"))
    assert re.fullmatch(
        r"__Host-hb=[\w.-]+; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure",
        answer.headers["set-cookie"],
    )


@pytest.mark.parametrize(
    ("fields", "purposes", "services"),
    [
        ({"purpose": ["media"]}, {Purpose.MEDIA}, None),
        ({"service": [ACME.id]}, set(), {ACME.id}),
        ({"purpose": ["nonsense"], "service": ["nonsense"]}, set(), set()),
    ],
)
async def test_saving_grants_what_was_chosen(
    desk: Counter,
    fields: dict[str, list[str]],
    purposes: set[Purpose],
    services: set[str] | None,
) -> None:
    async with desk.browser(**PAGE) as browser:
        await browser.post("/_hb/choice", data=desk.form("save", **fields))
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
    assert choice is not None
    assert choice.purposes == purposes
    if services is None:
        services = {s.id for s in RULEBOOK.services.values() if s.purpose in purposes}
    assert choice.services == services
    (kept,) = await desk.store.ledger.records_of(choice.id)
    assert {service for service, allowed in kept.services.items() if allowed} == services
    assert kept.services.keys() == desk.notices.pick("en", Regime.OPT_IN, False, "shop.test").listed
    assert kept.kind == ("partial" if services else "refusal")


async def test_refusing_after_a_grant_is_a_withdrawal_and_takes_cookies_back(desk: Counter) -> None:
    async with desk.browser("http://www.shop.test", **PAGE) as browser:
        token = desk.token("www.shop.test")
        await browser.post("/_hb/choice", data=desk.form("accept-all", token=token))
        granted = desk.signer.read(browser.cookies["hb"], "www.shop.test")
        for name in ("acme_id", "sessionid", "_ga"):
            browser.cookies.set(name, "1", domain="www.shop.test")
        answer = await browser.post("/_hb/choice", data=desk.form("reject-all", token=token))
        refused = desk.signer.read(browser.cookies["hb"], "www.shop.test")
    assert granted is not None
    assert refused is not None
    assert (refused.id, refused.services) == (granted.id, frozenset())
    assert refused.at > granted.at
    assert [r.kind for r in await desk.store.ledger.records_of(granted.id)] == ["grant", "withdrawal"]
    lines = answer.headers.get_list("set-cookie")
    for name in ("acme_id", "_ga"):
        assert f"{name}=; Max-Age=0; Path=/" in lines
        assert f"{name}=; Max-Age=0; Path=/; Domain=shop.test" in lines
        assert f"{name}=; Max-Age=0; Path=/coffee" in lines
    assert not [line for line in lines if line.startswith("sessionid")]


async def test_a_script_gets_the_new_state(desk: Counter) -> None:
    async with desk.browser(**SCRIPT) as browser:
        given = (await browser.post("/_hb/choice", data=desk.form("save", purpose="media"))).json()
        assert given["state"] == {
            "purposes": ["media"],
            "status": "some",
            "label": "Some optional services are allowed",
        }
        assert given["reload"] is False
        assert "youtube" in given["released"]
        back = (await browser.post("/_hb/choice", data=desk.form("reject-all"))).json()
        assert (back["reload"], back["released"], back["state"]["status"]) == (True, [], "none")
        assert (await browser.get("/_hb/choices")).json()["state"] == back["state"]
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
    assert choice is not None
    assert [r.how for r in await desk.store.ledger.records_of(choice.id)] == ["script", "script"]


async def test_in_strict_a_page_is_reloaded_after_a_grant_too(tmp_path: Path) -> None:
    with counter(tmp_path, strict=True) as desk:
        async with desk.browser(**SCRIPT) as browser:
            assert (await browser.post("/_hb/choice", data=desk.form("accept-all"))).json()["reload"] is True


async def test_who_sends_json_is_answered_in_json(desk: Counter) -> None:
    async with desk.browser(accept="*/*") as browser:
        answer = await browser.post("/_hb/choice", json=desk.form("accept-all"))
    assert (answer.status_code, answer.json()["state"]["status"]) == (200, "all")


@pytest.mark.parametrize("how", ["json", "multipart", "urlencoded"])
async def test_every_way_of_sending_a_form_is_read(desk: Counter, how: str) -> None:
    form = desk.form("save", purpose=["media", "analytics"])
    async with desk.browser(**SCRIPT) as browser:
        if how == "json":
            answer = await browser.post("/_hb/choice", json=form)
        elif how == "multipart":
            pairs = [
                (k, (None, v))
                for k, values in form.items()
                for v in (values if isinstance(values, list) else [values])
            ]
            answer = await browser.post("/_hb/choice", files=pairs)
        else:
            answer = await browser.post("/_hb/choice", data=form)
    assert answer.json()["state"]["purposes"] == ["analytics", "media"]


async def test_a_form_that_can_not_be_read_is_told_to_the_visitor_alone(
    desk: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    """Else anybody could fill the owner's log."""
    kind = {"content-type": "multipart/form-data; boundary=x"}
    async with desk.browser(**PAGE) as browser:
        answer = await browser.post("/_hb/choice", content=b"no form", headers=kind)
    assert answer.status_code == 400
    assert not caplog.records


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.test"},
        {"origin": "http://shop.test:81"},
    ],
)
async def test_another_site_can_not_choose(desk: Counter, headers: dict[str, str]) -> None:
    async with desk.browser(**PAGE, **headers) as browser:
        answer = await browser.post("/_hb/choice", data=desk.form("accept-all"))
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert await desk.recorded() == 0


@pytest.mark.parametrize("headers", [{}, {"origin": "null"}, {"origin": "https://shop.test"}])
async def test_forms_without_a_word_of_where_they_come_from_are_taken(
    desk: Counter, headers: dict[str, str]
) -> None:
    async with desk.browser(**PAGE, **headers) as browser:
        assert (await browser.post("/_hb/choice", data=desk.form("accept-all"))).status_code == 303


class TestWithoutAValidToken:
    """The answer is the choices page again, with a fresh token: never a grant."""

    def bad(self, desk: Counter) -> dict[str, str]:
        fresh = desk.token()
        stale = desk.token()
        desk.now += 12 * 3600
        notice = desk.notices.pick("en", Regime.OPT_IN, False, "shop.test")
        unknown = Edition("", {"nobody": Purpose.MEDIA})
        return {
            "missing": "",
            "stale": stale,
            "forged": fresh[:-4] + "AAAA",
            "of another host": desk.token("other.test"),
            "of another notice": desk.tokens.issue(
                replace(notice, hash="0" * 64), host="shop.test", now=desk.now
            ),
            "of an edition that nobody made": desk.tokens.issue(
                replace(notice, edition=unknown), host="shop.test", now=desk.now
            ),
            "of an edition that is not what it says": desk.tokens.issue(
                replace(notice, edition=unknown), host="shop.test", now=desk.now, listed=[ACME.id]
            ),
        }

    @pytest.mark.parametrize(
        "which",
        [
            "missing",
            "stale",
            "forged",
            "of another host",
            "of another notice",
            "of an edition that nobody made",
            "of an edition that is not what it says",
        ],
    )
    async def test_the_page_is_shown_again(self, desk: Counter, which: str) -> None:
        token = self.bad(desk)[which]
        async with desk.browser(**PAGE) as browser:
            answer = await browser.post("/_hb/choice", data=desk.form("accept-all", token=token))
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert await desk.recorded() == 0
            assert "Please answer again" in answer.text
            assert 'name="return" value="/coffee"' in answer.text
            fresh = re.search(r'name="token" value="([^"]+)"', answer.text)
            assert fresh is not None
            again = await browser.post("/_hb/choice", data=desk.form("accept-all", token=fresh[1]))
            assert again.status_code == 303

    async def test_a_script_is_told(self, desk: Counter) -> None:
        async with desk.browser(**SCRIPT) as browser:
            answer = await browser.post("/_hb/choice", data=desk.form("accept-all", token=""))
        assert answer.status_code == 409
        assert answer.json()["choices"] == "/_hb/choices?return=/coffee"


@pytest.mark.parametrize(
    "body", [b"", b"action=nonsense", b"action=accept-all\xff&action", b"\0", b"action=" + b"x" * 500]
)
async def test_an_answer_that_can_not_be_read_is_none(desk: Counter, body: bytes) -> None:
    async with desk.browser(**PAGE) as browser:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await browser.post("/_hb/choice", content=body, headers=headers)
    assert answer.status_code in {200, 400}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"[]", b"{", b"7", b"[" * 5000, b'{"action": 7}'])
async def test_json_that_is_no_answer_is_refused(desk: Counter, body: bytes) -> None:
    async with desk.browser(**SCRIPT) as browser:
        answer = await browser.post("/_hb/choice", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "error" in answer.json()


async def test_files_are_refused(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        answer = await browser.post("/_hb/choice", files={"token": ("a.txt", b"x")})
    assert answer.status_code == 400


@pytest.mark.parametrize("value", ["//evil.test", "https://evil.test/", "/\\evil.test", ""])
async def test_the_way_back_never_leads_elsewhere(desk: Counter, value: str) -> None:
    async with desk.browser(**PAGE) as browser:
        answer = await browser.post("/_hb/choice", data=desk.form("reject-all", **{"return": value}))
    assert answer.headers["location"] == "/"


async def test_a_body_beyond_the_limit_is_refused_announced_or_not(desk: Counter) -> None:
    long = b"action=accept-all&x=" + b"x" * 70_000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 1000):
            yield long[start : start + 1000]

    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with desk.browser(**PAGE) as browser:
        assert (await browser.post("/_hb/choice", content=long, headers=headers)).status_code == 413
        assert (await browser.post("/_hb/choice", content=pieces(), headers=headers)).status_code == 413


async def test_a_network_that_chooses_too_often_waits(tmp_path: Path) -> None:
    with counter(tmp_path, limits=AppLimits(choices_per_minute=2)) as desk:
        async with desk.browser(**PAGE) as browser:
            for _ in range(2):
                assert (await browser.post("/_hb/choice", data=desk.form("reject-all"))).status_code == 303
            refused = await browser.post("/_hb/choice", data=desk.form("reject-all"))
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
            desk.now += 30
            assert (await browser.post("/_hb/choice", data=desk.form("reject-all"))).status_code == 303


async def test_the_signal_is_in_the_choice_that_was_made_under_it(desk: Counter) -> None:
    async with desk.browser(**PAGE, **{"sec-gpc": "1"}) as browser:
        await browser.post("/_hb/choice", data=desk.form("accept-all", token=desk.token(gpc=True)))
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
    assert choice is not None
    assert choice.gpc


async def test_the_record_is_of_the_language_that_was_shown(desk: Counter) -> None:
    async with desk.browser(**PAGE, **{"accept-language": "de"}) as browser:
        await browser.post("/_hb/choice", data=desk.form("reject-all", token=desk.token(language="fr")))
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
    assert choice is not None
    (record,) = await desk.store.ledger.records_of(choice.id)
    assert record.language == "fr"


async def test_where_nothing_can_be_recorded_nothing_is_granted(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser:
        shutil.rmtree(desk.store.data)
        answer = await browser.post("/_hb/choice", data=desk.form("accept-all"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "set-cookie" not in answer.headers
        ready = await browser.get("/_hb/readyz")
        assert (ready.status_code, bool(ready.text.strip())) == (503, True)
        assert (await browser.get("/_hb/healthz")).status_code == 200
        told = await browser.post("/_hb/choice", data=desk.form("accept-all"), headers=SCRIPT)
        assert told.status_code == 503
        assert "could not be recorded" in told.json()["error"]


PARTS = {
    "a part is taken back": (["analytics", "marketing"], ["analytics"], ["analytics"]),
    "one is exchanged for another": (["analytics", "marketing"], ["analytics", "media"], ["analytics"]),
    "all is exchanged": (["analytics"], ["media"], []),
}


@pytest.mark.parametrize(("before", "after", "kept"), PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["by the form", "by a script"])
async def test_where_nothing_can_be_recorded_what_is_taken_back_is_held(
    desk: Counter, headers: dict[str, str], before: list[str], after: list[str], kept: list[str]
) -> None:
    """And so is what they keep: it has no record. Nothing is granted that was not."""
    async with desk.browser(**PAGE) as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose=before))
        (desk.store.data / "log.db").rename(desk.store.data / "away.db")
        answer = await browser.post("/_hb/choice", data=desk.form("save", purpose=after), headers=headers)
        assert answer.status_code == (200 if headers else 303)
        if headers:
            assert answer.json()["state"]["purposes"] == []
            assert (answer.json()["released"], answer.json()["reload"]) == ([], True)
        choice = desk.signer.read(browser.cookies["hb"], "shop.test")
        assert choice is not None
        assert (sorted(choice.purposes), choice.size, choice.leaf) == (kept, 0, bytes(8))
        (waiting,) = [entry.said["record"] for entry in desk.store.spool.entries() if "at" in entry.said]
        assert [purpose for purpose, granted in waiting["purposes"].items() if granted] == kept
        assert waiting["kind"] == ("partial" if kept else "withdrawal")
        told = (await browser.get("/_hb/choices", headers=SCRIPT)).json()["state"]
        assert told["purposes"] == []


async def test_a_copy_of_a_withdrawn_grant_is_no_choice(desk: Counter) -> None:
    async with desk.browser(**PAGE) as browser, desk.browser(**SCRIPT) as thief:
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        thief.cookies.set("hb", browser.cookies["hb"])
        assert (await thief.get("/_hb/choices")).json()["state"]["status"] == "all"
        await browser.post("/_hb/choice", data=desk.form("reject-all"))
        assert (await thief.get("/_hb/choices")).json()["state"]["status"] == "none"
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        assert (await thief.get("/_hb/choices")).json()["state"]["status"] == "none"
        assert (await browser.get("/_hb/choices", headers=SCRIPT)).json()["state"]["status"] == "all"
