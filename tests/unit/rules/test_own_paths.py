"""Tracking endpoints on the site's own host: held in every shape that SDKs send, forwarded when in doubt."""

import gzip
from base64 import b64encode
from urllib.parse import quote_plus

import pytest
from holdback.proxy.rules.model import Purpose, Service
from holdback.proxy.rules.rulebook import Rulebook

RULES = Rulebook.load(
    [
        Service("acme", "Acme", Purpose.ANALYTICS, paths=("/acme/collect", "/münze")),
        Service("everything", "Everything", Purpose.ANALYTICS, paths=("/",)),
    ]
)
POSTHOG = (
    b'{"api_key":"phc_x","batch":[{"event":"$pageview","properties":{"distinct_id":"1"}}],"sent_at":"x"}'
)
MIXPANEL = b'[{"event":"x","properties":{"token":"t","distinct_id":"$device:1","$mp_x":1}}]'


def form(body: bytes) -> bytes:
    return b"data=" + quote_plus(b64encode(body)).encode()


@pytest.mark.parametrize(
    ("path", "query", "body", "service"),
    [
        (b"/acme/collect", b"", b"", "acme"),
        (b"/acme/collect/x", b"", b"", "acme"),
        (b"/acme/%63ollect", b"", b"", "acme"),
        (b"/x/../acme/collect", b"", b"", "acme"),
        (b"/x/%2e%2e/acme/collect", b"", b"", "acme"),
        (b"//acme//collect", b"", b"", "acme"),
        (b"/acme%2Fcollect", b"", b"", "acme"),
        (b"/m%C3%BCnze", b"", b"", "acme"),
        (b"/ingest/i/v0/e/", b"", b"", "posthog"),
        (b"/i/v1/analytics/events", b"", b"", "posthog"),
        (b"/e/", b"", POSTHOG, "posthog"),
        (b"/e/", b"", gzip.compress(POSTHOG, mtime=0), "posthog"),
        (b"/ingest/e", b"", form(POSTHOG), "posthog"),
        (b"/e/", b"compression=gzip-js&ip=0&_=1700000000000&ver=1.236.0", b"", "posthog"),
        (b"/e/", b"ip=1&_=1700000000000&ver=1.174.0", b"", "posthog"),
        (b"/decide/", b"v=3", form(b'{"token":"phc_x","distinct_id":"1"}'), "posthog"),
        (b"/flags/", b"v=2", b'{"token":"x","distinct_id":"1"}', "posthog"),
        (b"/s/", b"", gzip.compress(b'[{"event":"$snapshot","properties":{}}]', mtime=0), "posthog"),
        (b"/array/phc_x/config.js", b"", b"", "posthog"),
        (b"/batch/", b"", POSTHOG, "posthog"),
        (b"/batch", b"", b'{"api_key":"x","events":[{"event_type":"y"}]}', "amplitude"),
        (b"/v1/batch", b"", b'{"batch":[{"anonymousId":"x"}],"writeKey":"w"}', "segment"),
        (b"/track/", b"verbose=1&ip=1&_=1700000000000", b"", "mixpanel"),
        (b"/track/", b"", form(MIXPANEL), "mixpanel"),
        (b"/track/", b"", MIXPANEL, "mixpanel"),
        (b"/mp/record/", b"distinct_id=x&seq=0&replay_id=y", b"", "mixpanel"),
        (b"/2/httpapi", b"", b"", "amplitude"),
        (b"/v1/t", b"", b'{"event":"a","anonymousId":"x","messageId":"ajs-next-1","writeKey":"w"}', "segment"),
        (b"/api/event", b"", b'{"n":"pageview","u":"https://shop.test/","d":"shop.test","r":null}', "plausible"),
        (b"/api/event", b"", b'{ "n": "pageview", "u": "https://shop.test/", "d": "shop.test" }', "plausible"),
        (b"/com.snowplowanalytics.snowplow/tp2", b"", b"", "snowplow"),
        (b"/matomo/matomo.php", b"idsite=1&rec=1", b"", "matomo"),
        (b"/piwik.php", b"", b'{"requests":["?idsite=1&rec=1"]}', "matomo"),
        (b"/g/collect", b"v=2&tid=G-1", b"", "google-analytics"),
        (b"/metrics/gtag/js", b"id=G-1", b"", "google-analytics"),
        (b"/gtm.js", b"id=GTM-1", b"", "google-tag-manager"),
        (b"/api/send", b"", b'{"type":"event","payload":{"website":"x"}}', "umami"),
    ],
)  # fmt: skip
def test_held(path: bytes, query: bytes, body: bytes, service: str) -> None:
    own = RULES.own_path(path, query)
    assert own is not None
    match = own.needs_body(body) if own.needs_body else own.match
    assert match is not None
    assert match.service is not None
    assert match.service.id == service


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        (b"/", b"", b""),
        (b"/acme/collector", b"", b""),
        (b"/acme", b"", b""),
        (b"/ACME/collect", b"", b""),
        (b"/e/", b"", b"name=Ann"),
        (b"/e/", b"ver=6.1", b""),
        (b"/s/", b"", b'{"token":"csrf","q":"shoes"}'),
        (b"/s/", b"", gzip.compress(b"not json", mtime=0)),
        (b"/s/", b"", b"\x1f\x8b\x08 broken"),
        (b"/batch", b"", b"metadata=x&data=1"),
        (b"/batch", b"", b'{"api_key":"mine","jobs":[]}'),
        (b"/track/", b"", b"parcel=12345"),
        (b"/track/", b"parcel=1", b""),
        (b"/flags/", b"v=2", b""),
        (b"/img/flags", b"v=20", b""),
        (b"/v1/t", b"", b'{"title":"x"}'),
        (b"/api/event", b"", b'{"title":"Party"}'),
        (b"/api/send", b"", b'{"to":"x"}'),
        (b"/api/send", b"", b'{"name":"Ann","website":"https://ann.test","message":"Hi"}'),
        (b"/batch", b"", b'{"event_type":"wedding","guests":[]}'),
        (b"/v1/track", b"", b'{"anonymousId":"x","parcel":"1"}'),
        (b"/s", b"", b"data=eyJxIjoic2hvZXMifQ%3D%3D"),
        (b"/track", b"", b"data=%7B%22parcel%22%3A1%7D"),
        (b"/matomo.php", b"module=Login", b""),
        (b"/collect", b"id=1", b""),
        (b"/gtm.js", b"", b""),
        (b"/products", b"", b""),
        (b"/config", b"", b""),
        (b"/array/config", b"", b""),
    ],
)
def test_forwarded(path: bytes, query: bytes, body: bytes) -> None:
    own = RULES.own_path(path, query)
    assert own is None or (own.needs_body is not None and own.needs_body(body) is None)


def test_a_body_that_unpacks_to_very_much_is_looked_at_in_part() -> None:
    own = RULES.own_path(b"/e/", b"")
    assert own is not None
    assert own.needs_body is not None
    assert own.needs_body(gzip.compress(bytes(50_000_000))) is None


def test_every_candidate_is_named_where_the_body_decides() -> None:
    own = RULES.own_path(b"/batch/", b"")
    assert own is not None
    assert {match.service.id for match in own.candidates if match.service} == {"posthog", "amplitude"}
