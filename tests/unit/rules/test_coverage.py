"""What is held out of the box, of requests that real pages make."""

from collections import Counter
from pathlib import Path

import pytest
from holdback.proxy.rules import wide
from holdback.proxy.rules.catalogue import curated
from holdback.proxy.rules.companies import with_companies
from holdback.proxy.rules.model import Purpose, Released, Service
from holdback.proxy.rules.rulebook import Rulebook

from tests.support.tokens import folder

RULES = Rulebook.load()
COMPANIES = with_companies(curated())[1]
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


def of_company(url: str, own_host: str = "shop.test") -> Service | None:
    """The company for advertising or measurement that *url* belongs to, on a page of *own_host*."""
    match = RULES.url(url, own_host=own_host)
    return match.service if match and match.service and match.service.id in COMPANIES else None


@pytest.mark.parametrize("address", NEEDED.split())
def test_what_sites_need_is_no_tracker(address: str) -> None:
    assert of_company(f"https://{address}") is None


def test_a_company_is_no_tracker_on_its_own_pages() -> None:
    assert of_company("https://cdn.zedo.com/x.js") is not None
    assert of_company("https://cdn.zedo.com/x.js", "www.zedo.com:8443") is None


def test_a_company_is_held_until_it_was_asked_for() -> None:
    match = RULES.url("https://beacon.krxd.net/event.gif?x=1", own_host="shop.test")
    assert match is not None
    assert match.service is not None
    assert (match.service.name, match.purpose) == ("Salesforce Audience Studio", Purpose.MARKETING)
    assert RULES.held(match, Released())
    marketing = frozenset({Purpose.MARKETING})
    assert RULES.held(match, Released(marketing))
    assert not RULES.held(match, Released(marketing, frozenset({match.service.id})))
    assert not RULES.clears("beacon.krxd.net")
    assert RULES.clears("clean.test")


@pytest.mark.parametrize("path", ["/tr/x", "//tr/x", "/a/../tr/x", "/%74r/x"])
def test_a_host_with_a_path_is_held_however_the_path_is_written(path: str) -> None:
    company = Service("acme", "Acme", Purpose.MARKETING, hosts=("mixed.test/tr",))
    assert Rulebook([company]).url(f"https://mixed.test{path}") is not None


def test_the_guard_knows_the_companies_that_are_held() -> None:
    def known(*granted: str) -> dict[str, tuple[str, ...]]:
        released = Released(frozenset({Purpose.MARKETING}), frozenset(granted))
        return {service.id: service.hosts for service in RULES.guard_facts(released).services}

    [krux] = [id_ for id_, hosts in known().items() if "krxd.net" in hosts]
    assert krux not in known(krux)


def test_companies_that_are_curated_too_are_one_service() -> None:
    services = {service.id: service for service in curated()}
    names = [(service.name.casefold(), service.purpose) for service in RULES.services.values()]
    assert len(names) == len(set(names))
    grown = [one.id for one in RULES.services.values() if one.id in services and one != services[one.id]]
    assert all(set(services[id_].hosts) < set(RULES.services[id_].hosts) for id_ in grown)
    assert "adform" in grown


def test_the_table_is_in_order_and_says_all() -> None:
    lines = DATA.read_text("utf-8").splitlines()[1:]
    assert lines == sorted(lines)
    assert all(line.count("\t") == 2 and all(line.split("\t")) for line in lines)
    assert len({line.split("\t")[0] for line in lines}) == len(lines)
