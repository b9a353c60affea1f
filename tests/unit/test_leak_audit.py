"""The leak audit finds what a gate let through, and counts what it held; it asks no gate."""

import asyncio

import pytest
from holdback.proxy.audit import leak_audit
from holdback.proxy.audit.leak_audit import ESCAPED, HELD, RELEASED, LeakAudit, Thing
from holdback.proxy.rules.model import ASKED, Released
from holdback.proxy.rules.rulebook import Rulebook

from tests.support.gates import ACME

NOTHING = Released()
RULES = Rulebook.load([ACME])
EVERYTHING = Released(frozenset(ASKED), frozenset(RULES.services))
TRACKER = b'<script src="https://tracker.test/a.js"></script>'


@pytest.fixture
def audit() -> LeakAudit:
    return LeakAudit(RULES)


@pytest.mark.parametrize(
    ("goes", "released", "outcome"),
    [
        (b"sessionid=1", NOTHING, HELD),
        (b"sessionid=1; acme_id=2", NOTHING, ESCAPED),
        (b"sessionid=1; acme_id=2", EVERYTHING, RELEASED),
    ],
)
def test_cookies_of_a_request(audit: LeakAudit, goes: bytes, released: Released, outcome: str) -> None:
    audit.asked([(b"cookie", b"sessionid=1;acme_id=2")], b"/", [(b"cookie", goes)], b"/", released)
    assert audit.take() == {Thing(outcome, "request cookie", "acme-metrics"): 1}
    assert not audit.take()


def test_cookies_of_an_answer(audit: LeakAudit) -> None:
    came = [(b"set-cookie", b"acme_id=2; Path=/"), (b"set-cookie", b"lang=en")]
    audit.answered(came, [came[1], (b"set-cookie", b"acme_old=; Max-Age=0; Path=/")], NOTHING)
    audit.answered(came, came, NOTHING)
    counts = audit.take()
    assert counts[Thing(HELD, "response cookie", "acme-metrics")] == 1
    assert counts[Thing(ESCAPED, "response cookie", "acme-metrics")] == 1


def test_link_parameters_and_endpoints(audit: LeakAudit) -> None:
    audit.asked([], b"/?a=1&gclid=x", [], b"/?a=1", NOTHING)
    audit.asked([], b"/?a=1&gclid=x", [], b"/?a=1&gclid=x", NOTHING)
    audit.quiet(b"/acme/collect?x=1")
    assert audit.take() == {
        Thing(HELD, "link parameter", "google-ads"): 1,
        Thing(ESCAPED, "link parameter", "google-ads"): 1,
        Thing(HELD, "endpoint", "acme-metrics"): 1,
    }


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak_audit, "_PAUSE", 0)


async def _pass(audit: LeakAudit, page: bytes, times: int) -> None:
    """*page* goes out so many times, and the loop has time for something else after each."""
    for _ in range(times):
        audit.page(page, "http://site.test/", NOTHING)
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.mark.usefixtures("at_once")
async def test_one_page_in_many_is_read_again(audit: LeakAudit) -> None:
    await _pass(audit, TRACKER, 300)
    assert audit.take() == {Thing("sampled", "page", ""): 2, Thing(ESCAPED, "element", "acme-metrics"): 2}


async def test_a_long_page_is_read_in_slices_and_no_other_meanwhile(
    audit: LeakAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = TRACKER.ljust(500_000) + TRACKER
    await _pass(audit, page, 257)
    assert not audit.take()

    monkeypatch.setattr(leak_audit, "_PAUSE", 0)
    await asyncio.sleep(0.2)
    counts = audit.take()
    assert counts == {Thing("sampled", "page", ""): 1, Thing(ESCAPED, "element", "acme-metrics"): 2}
    await _pass(audit, page, 256)
    await asyncio.sleep(0.2)
    assert audit.take()[Thing("sampled", "page", "")] == 1


async def test_what_is_being_read_is_read_to_its_end_when_the_process_ends(audit: LeakAudit) -> None:
    audit.finish()
    audit.page(TRACKER.ljust(500_000) + TRACKER, "http://site.test/", NOTHING)
    audit.finish()
    counts = {Thing("sampled", "page", ""): 1, Thing(ESCAPED, "element", "acme-metrics"): 2}
    assert audit.take() == counts
    await asyncio.sleep(0.05)
    assert not audit.take()


@pytest.mark.usefixtures("at_once")
async def test_a_page_that_can_not_be_read_is_a_line_of_log(
    audit: LeakAudit, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(leak_audit, "urljoin", None)
        await _pass(audit, TRACKER, 1)
    assert "could not be compared: TypeError" in caplog.text

    await _pass(audit, TRACKER, 256)
    assert audit.take()[Thing("sampled", "page", "")] == 1


@pytest.mark.parametrize(
    "markup",
    [
        TRACKER.decode(),
        "<base href='https://tracker.test/'><img src='p.gif'>",
        "<link rel='x preload' href='//tracker.test/a'>",
        "<object data='https&#58;//tracker.test/'></object>",
    ],
)
def test_what_a_page_would_fetch(audit: LeakAudit, markup: str) -> None:
    assert audit.live(markup.encode(), "https://site.test/", NOTHING) == [
        Thing(ESCAPED, "element", "acme-metrics")
    ]
    assert audit.live(markup.encode(), "https://site.test/", EVERYTHING) == []


@pytest.mark.parametrize("opening", ["<iframe>", "<iframe src=/own/>", "<iframe />", "<textarea>", "<xmp>"])
def test_what_is_text_fetches_nothing(audit: LeakAudit, opening: str) -> None:
    html = f"{opening}<img src=https://tracker.test/></p>"
    assert audit.live(html.encode(), "https://site.test/", Released()) == []


def test_what_is_held_in_a_page(audit: LeakAudit) -> None:
    held = (
        b'<script data-hb="acme-metrics" type="text/plain" data-hb-src="https://tracker.test/a.js"></script>'
    )
    assert audit.live(held, "https://site.test/", NOTHING) == [Thing(HELD, "element", "acme-metrics")]
