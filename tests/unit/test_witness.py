"""The witness finds what a gate let through, and counts what it held; it asks no gate."""

import pytest
from holdback.proxy.rules.model import ASKED, Released
from holdback.proxy.rules.rulebook import Rulebook
from holdback.proxy.witness import ESCAPED, HELD, RELEASED, Thing, Witness

from tests.support.gates import ACME

NOTHING = Released()
RULES = Rulebook.load([ACME])
EVERYTHING = Released(frozenset(ASKED), frozenset(RULES.services))
TRACKER = b'<script src="https://tracker.test/a.js"></script>'


@pytest.fixture
def witness() -> Witness:
    return Witness(RULES)


@pytest.mark.parametrize(
    ("goes", "released", "fate"),
    [
        (b"sessionid=1", NOTHING, HELD),
        (b"sessionid=1; acme_id=2", NOTHING, ESCAPED),
        (b"sessionid=1; acme_id=2", EVERYTHING, RELEASED),
    ],
)
def test_cookies_of_a_request(witness: Witness, goes: bytes, released: Released, fate: str) -> None:
    witness.asked([(b"cookie", b"sessionid=1;acme_id=2")], b"/", [(b"cookie", goes)], b"/", released)
    assert witness.take() == {Thing(fate, "request cookie", "acme-metrics"): 1}
    assert not witness.take()


def test_cookies_of_an_answer(witness: Witness) -> None:
    came = [(b"set-cookie", b"acme_id=2; Path=/"), (b"set-cookie", b"lang=en")]
    witness.answered(came, [came[1], (b"set-cookie", b"acme_old=; Max-Age=0; Path=/")], NOTHING)
    witness.answered(came, came, NOTHING)
    counts = witness.take()
    assert counts[Thing(HELD, "response cookie", "acme-metrics")] == 1
    assert counts[Thing(ESCAPED, "response cookie", "acme-metrics")] == 1


def test_link_parameters_and_endpoints(witness: Witness) -> None:
    witness.asked([], b"/?a=1&gclid=x", [], b"/?a=1", NOTHING)
    witness.asked([], b"/?a=1&gclid=x", [], b"/?a=1&gclid=x", NOTHING)
    witness.quiet(b"/acme/collect?x=1")
    assert witness.take() == {
        Thing(HELD, "link parameter", "google-ads"): 1,
        Thing(ESCAPED, "link parameter", "google-ads"): 1,
        Thing(HELD, "endpoint", "acme-metrics"): 1,
    }


def test_one_page_in_many_is_read_again(witness: Witness) -> None:
    for _ in range(300):
        witness.page(TRACKER, "http://site.test/", NOTHING)
    assert witness.take() == {Thing("sampled", "page", ""): 2, Thing(ESCAPED, "element", "acme-metrics"): 2}


@pytest.mark.parametrize(
    "markup",
    [
        TRACKER.decode(),
        "<base href='https://tracker.test/'><img src='p.gif'>",
        "<link rel='x preload' href='//tracker.test/a'>",
        "<object data='https&#58;//tracker.test/'></object>",
    ],
)
def test_what_a_page_would_fetch(witness: Witness, markup: str) -> None:
    assert witness.live(markup.encode(), "https://site.test/", NOTHING) == [
        Thing(ESCAPED, "element", "acme-metrics")
    ]
    assert witness.live(markup.encode(), "https://site.test/", EVERYTHING) == []


@pytest.mark.parametrize("opening", ["<iframe>", "<iframe src=/own/>", "<iframe />", "<textarea>", "<xmp>"])
def test_what_is_text_fetches_nothing(witness: Witness, opening: str) -> None:
    html = f"{opening}<img src=https://tracker.test/></p>"
    assert witness.live(html.encode(), "https://site.test/", Released()) == []


def test_what_is_held_in_a_page(witness: Witness) -> None:
    held = (
        b'<script data-hb="acme-metrics" type="text/plain" data-hb-src="https://tracker.test/a.js"></script>'
    )
    assert witness.live(held, "https://site.test/", NOTHING) == [Thing(HELD, "element", "acme-metrics")]
