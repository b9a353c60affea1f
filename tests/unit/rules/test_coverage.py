"""What is held out of the box, of requests that real pages make."""

from collections import Counter
from pathlib import Path

import pytest
from holdback.proxy.rules import wide
from holdback.proxy.rules.model import Purpose, Released
from holdback.proxy.rules.rulebook import Rulebook

from tests.support.tokens import folder

RULES = Rulebook.load()
DATA = Path(wide.__file__).parent / "data" / "tracker-hosts.tsv"
AT_LEAST = {"easyprivacy": 0.9, "easylist": 0.8}
AT_MOST_OF_UNKNOWN = 0.1

NEEDED = (
    "accounts.google.com appleid.apple.com login.microsoftonline.com cdn.auth0.com www.facebook.com/login "
    "js.stripe.com checkout.stripe.com www.paypal.com www.paypalobjects.com x.klarnacdn.net "
    "js.braintreegateway.com sandbox.web.squarecdn.com challenges.cloudflare.com hcaptcha.com "
    "js.hcaptcha.com cdn.jsdelivr.net unpkg.com code.jquery.com ajax.googleapis.com cdnjs.cloudflare.com "
    "stackpath.bootstrapcdn.com use.fontawesome.com fonts.gstatic.com polyfill-fastly.io s3.amazonaws.com "
    "d111111abcdef8.cloudfront.net images.unsplash.com cdn.shopify.com js.hsforms.net embed.typeform.com "
    "list-manage.com www.theguardian.com s.yimg.com www.yahoo.com www.bing.com yandex.ru mail.ru "
    "www.baidu.com upload.wikimedia.org "
)


def requests() -> list[list[str]]:
    """Which list names a request, its kind, the page's host, its address."""
    shared = folder()  # html5lib-tests/tokenizer, in the same folder
    file = shared.parents[1] / "tracker-requests.tsv" if shared else None
    if file is None or not file.is_file():
        pytest.skip("the requests of real pages are not here")
    lines = file.read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def test_most_that_lists_name_is_held_and_little_else() -> None:
    all_of, held = Counter[str](), Counter[str]()
    by_kind: Counter[tuple[str, str]] = Counter()
    for verdict, kind, host, url in requests():
        all_of[verdict] += 1
        if RULES.held(RULES.url(url, own_host=host), Released()):
            held[verdict] += 1
        else:
            by_kind[verdict, kind] += 1
    for verdict, share in AT_LEAST.items():
        assert held[verdict] >= share * all_of[verdict], (verdict, held, by_kind)
    assert held["none"] <= AT_MOST_OF_UNKNOWN * all_of["none"], (held, all_of)


@pytest.mark.parametrize("address", NEEDED.split())
def test_what_sites_need_is_no_tracker(address: str) -> None:
    host, _, path = address.partition("/")
    assert wide.tracker(host, f"/{path}", "shop.test") is None


def test_a_company_is_no_tracker_on_its_own_pages() -> None:
    assert wide.tracker("cdn.zedo.com", "/x.js", "shop.test") is not None
    assert wide.tracker("cdn.zedo.com", "/x.js", "www.zedo.com") is None


def test_a_tracker_is_held_for_its_purpose() -> None:
    match = RULES.url("https://beacon.krxd.net/event.gif?x=1", own_host="shop.test")
    assert match is not None
    assert match.purpose is Purpose.MARKETING
    assert match.service is None
    assert RULES.held(match, Released())
    assert not RULES.held(match, Released(frozenset({Purpose.MARKETING})))
    assert not RULES.clears("beacon.krxd.net")
    assert RULES.clears("clean.test")


def test_the_guard_knows_the_trackers_of_purposes_that_are_held() -> None:
    def known(*granted: Purpose) -> dict[str, tuple[str, ...]]:
        released = Released(frozenset(granted))
        services = RULES.guard_facts(released).services
        return {service.id: service.hosts for service in services if service.id.startswith("~")}

    assert known().keys() == {"~analytics", "~marketing"}
    assert "krxd.net" in known()["~marketing"]
    assert known(Purpose.MARKETING).keys() == {"~analytics"}
    # Those of a service are the service's to release.
    assert "casalemedia.com" not in known()["~marketing"]


def test_the_table_is_in_order_and_says_all() -> None:
    lines = DATA.read_text("utf-8").splitlines()[1:]
    assert lines == sorted(lines)
    assert all(line.count("\t") == 2 and all(line.split("\t")) for line in lines)
    assert len({line.split("\t")[0] for line in lines}) == len(lines)


def test_another_table_is_another_rulebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide, "tracker_digest", lambda: "other")
    assert Rulebook.load().digest != RULES.digest
