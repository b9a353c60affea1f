"""Every curated entry is well-formed, says nothing twice, and holds nothing that a site needs."""

import re
from collections import Counter

import pytest
from holdback.proxy.rules import own_paths
from holdback.proxy.rules.catalogue import curated, necessary_names
from holdback.proxy.rules.matchers import HostTable, NameTable
from holdback.proxy.rules.model import Purpose, Released, Service
from holdback.proxy.rules.quiet import KINDS
from holdback.proxy.rules.rulebook import Rulebook

HOST = re.compile(r"([a-z0-9_-]+\.)+[a-z]{2,}(/[^\s*?#]*[^\s*?#/])?")
PATH = re.compile(r"(/[^\s*?#/]+){2,}")
NAME = re.compile(r"[!#-+\--:<-~]+")
SHORTEST_PREFIX = 3
SHORTEST_WORD = 6
SHARED = {"google.com", "facebook.com", "bing.com", "linkedin.com", "yandex.ru", "vk.com", "t.co", "gstatic.com",
          "tiktok.com", "reddit.com", "amazon.com", "microsoft.com", "apple.com", "yahoo.com", "twitter.com", "x.com",
          "googleapis.com", "cloudflare.com", "githubusercontent.com", "amazonaws.com", "wp.com"}  # fmt: skip
RULES = Rulebook.load()
NOTHING = Released()
SERVICES = pytest.mark.parametrize("service", curated(), ids=lambda service: service.id)


def test_there_are_enough() -> None:
    assert len(curated()) >= 150
    assert {service.purpose for service in curated()} == set(Purpose)


@pytest.mark.parametrize("field", ["id", "name"])
def test_nothing_is_there_twice(field: str) -> None:
    assert max(Counter(getattr(service, field).casefold() for service in curated()).values()) == 1


@pytest.mark.parametrize("field", ["hosts", "paths", "cookies", "scripts"])
def test_no_two_services_are_recognised_by_the_same(field: str) -> None:
    counted = Counter(pattern for service in curated() for pattern in getattr(service, field))
    assert [pattern for pattern, times in counted.items() if times > 1] == []


@SERVICES
def test_what_is_said_of_it(service: Service) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", service.id)
    assert service.name == service.name.strip() != ""
    assert service.vendor
    assert service.sources
    for address in (service.privacy, *service.sources):
        assert address.startswith("https://")
        assert " " not in address
    assert service.quiet in KINDS | {""}


@SERVICES
def test_what_it_is_recognised_by(service: Service) -> None:
    assert service.hosts or service.cookies
    assert all(HOST.fullmatch(host) for host in service.hosts), service.hosts
    assert not SHARED.intersection(service.hosts)
    assert all(PATH.fullmatch(path) for path in service.paths), service.paths
    assert all(NAME.fullmatch(name) for name in service.cookies), service.cookies
    for name in (*service.cookies, *service.storage):
        assert "*" not in name[:SHORTEST_PREFIX], name
    for signature in service.scripts:
        words = re.findall(r"[\w$]+", signature)
        assert len(words) > 1 or len(words[0]) >= SHORTEST_WORD, signature


@SERVICES
def test_it_says_nothing_twice(service: Service) -> None:
    for host in service.hosts:
        name, _, path = host.partition("/")
        others = HostTable((other, other) for other in service.hosts if other != host)
        assert others.find(name, f"/{path}") is None, host
    for names in (service.cookies, service.storage):
        for name in names:
            other_names = NameTable((other, other) for other in names if other != name)
            assert other_names.find(name.replace("*", "\0")) is None, name


@pytest.mark.parametrize("name", necessary_names())
def test_nothing_that_a_site_needs_is_held(name: str) -> None:
    for example in (name.replace("*", ""), name.replace("*", "x1")):
        for match in (RULES.cookie(example), RULES.storage(example)):
            assert not RULES.held(match, NOTHING), match


@pytest.mark.parametrize(
    "name",
    ["sessionid", "csrftoken", "XSRF-TOKEN", "PHPSESSID", "JSESSIONID", "ASP.NET_SessionId", "connect.sid",
     "laravel_session", "_session_id", "wordpress_logged_in_1f", "wp-settings-1", "woocommerce_cart_hash",
     "wp_woocommerce_session_1f", "cart", "basket", "AWSALB", "AWSALBCORS", "SERVERID", "ROUTEID", "__cf_bm",
     "cf_clearance", "auth", "token", "jwt", "sid", "next-auth.session-token", "__Host-session", "_shop_session"],
)  # fmt: skip
def test_names_of_common_frameworks_are_needed(name: str) -> None:
    match = RULES.cookie(name)
    assert match is not None
    assert (match.purpose, match.holds) == (Purpose.NECESSARY, False)


@pytest.mark.parametrize(
    "name",
    ["_ga", "_ga_ABC123", "_gid", "_fbp", "_hjSession_1", "ph_phc_x_posthog", "mp_x_mixpanel", "AMP_1a2b3c4d5e",
     "AMP_MKTG_1a2b3c4d5e", "ajs_anonymous_id", "_sp_id.1fff", "_pk_id.1.2", "_clck", "_dd_s", "hubspotutk", "_uetsid",
     "_gcl_au", "li_fat_id", "IDE", "_ttp", "__hstc", "_gat_gtag_UA_1", "_pk_ses.1.1fff", "_sp_ses.1fff",
     "visitor_id12345", "visitor_id12345-hash", "sbjs_first", "_vwo_uuid", "_shopify_y"],
)  # fmt: skip
def test_cookies_of_the_well_known(name: str) -> None:
    assert RULES.held(RULES.cookie(name), NOTHING)


@pytest.mark.parametrize(
    "key",
    ["ph_phc_x_posthog", "__ph_opt_in_out_phc_x", "__mpq_x_ev", "__mp_opt_in_out_x", "AMP_unsent_1a", "ajs_user_id",
     "AMP_remote_config_1a", "snowplowOutQueue_sp_post2"],
)  # fmt: skip
def test_storage_of_the_well_known(key: str) -> None:
    assert RULES.held(RULES.storage(key), NOTHING)


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://www.googletagmanager.com/gtag/js?id=G-1", "google-analytics"),
        ("https://www.googletagmanager.com/gtm.js?id=GTM-1", "google-tag-manager"),
        ("https://region1.google-analytics.com/g/collect", "google-analytics"),
        ("https://stats.g.doubleclick.net/g/collect", "google-analytics"),
        ("https://securepubads.g.doubleclick.net/tag/js/gpt.js", "google-ads"),
        ("https://www.google.com/recaptcha/api.js", "recaptcha"),
        ("https://www.gstatic.com/recaptcha/releases/x.js", "recaptcha"),
        ("https://www.google.com/maps/embed?pb=1", "google-maps"),
        ("https://www.facebook.com/tr?id=1", "meta-pixel"),
        ("https://www.facebook.com/plugins/like.php", "facebook-social"),
        ("https://connect.facebook.net/en_US/fbevents.js", "meta-pixel"),
        ("https://www.youtube-nocookie.com/embed/x", "youtube"),
        ("https://o1.ingest.sentry.io/api/1/envelope/", "sentry"),
        ("https://us.i.posthog.com/e/", "posthog"),
        ("https://us-assets.i.posthog.com/static/array.js", "posthog"),
        ("https://api2.amplitude.com/2/httpapi", "amplitude"),
        ("https://cdn.segment.com/analytics.js/v1/x/analytics.min.js", "segment"),
        ("https://api.segment.io/v1/p", "segment"),
        ("https://api-js.mixpanel.com/track/", "mixpanel"),
        ("https://cdn.mxpnl.com/libs/mixpanel-2-latest.min.js", "mixpanel"),
        ("https://js.stripe.com/v3/", "stripe"),
    ],
)
def test_addresses_of_the_well_known(url: str, service: str) -> None:
    match = RULES.url(url)
    assert match is not None
    assert match.service is not None
    assert match.service.id == service


@pytest.mark.parametrize(
    "url",
    ["https://www.google.com/", "https://www.google.com/search?q=x", "https://www.gstatic.com/x.js",
     "https://www.facebook.com/shop", "https://ajax.googleapis.com/ajax/libs/jquery/3.7.1/jquery.min.js",
     "https://www.bing.com/", "https://s3.amazonaws.com/x", "https://t.co/x", "https://www.linkedin.com/company/x"],
)  # fmt: skip
def test_what_shares_a_host_with_a_tracker_passes(url: str) -> None:
    assert not RULES.held(RULES.url(url), NOTHING)


def test_necessary_services_are_never_held() -> None:
    for service in curated():
        if service.purpose is Purpose.NECESSARY:
            for host in service.hosts:
                assert not RULES.held(RULES.url(f"https://{host}"), NOTHING)


def test_every_endpoint_is_of_a_curated_service() -> None:
    assert {endpoint.service for endpoint in own_paths.ENDPOINTS} <= RULES.services.keys()
