"""Tracking endpoints on the site's own host, told by path and, where a path is ambiguous, by query and body.

When in doubt the request is forwarded: the site must work. Shapes are those that the SDKs were measured to send,
behind whatever prefix a site gives them (``/ingest/e/``).
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

type BodyTest = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One known endpoint: paths that end in *tail*, where ``*`` is one whole segment.

    *query* must be found in the query where it is given; *body* decides on the first bytes of the body, or
    has them read for the answer.
    """

    service: str
    tail: str
    query: re.Pattern[str] | None = None
    body: BodyTest | None = None

    @property
    def certain(self) -> bool:
        """Whether the path alone tells."""
        return self.query is None and self.body is None


_OPENED = 8192
"""Bytes that are looked at of a body that was compressed."""


def opened(body: bytes) -> bytes:
    """*body* as sent, or its beginning if it is gzip: posthog-js compresses without saying so in a header."""
    if body[:3] != b"\x1f\x8b\x08":
        return body
    try:
        return zlib.decompressobj(31).decompress(body, _OPENED)
    except zlib.error:
        return b""


def _has(*markers: bytes) -> BodyTest:
    """Any of *markers* tells."""

    def told(body: bytes) -> bool:
        text = opened(body)
        return any(marker in text for marker in markers)

    return told


def _has_each(*shape: tuple[bytes, ...]) -> BodyTest:
    """One marker of each group tells: a site's own form may have a field of the same name, not all of them."""

    def told(body: bytes) -> bool:
        text = _SPACED.sub(rb"\1", opened(body))
        return all(any(marker in text for marker in markers) for markers in shape)

    return told


_SPACED = re.compile(rb"([:,{\[])[\t\n\r ]++")
_FORM = re.compile(rb"(?:^|&)data=([^&]++)")


def _form_or(*markers: bytes) -> BodyTest:
    """JSON with any of *markers*, or a form with such JSON in ``data``: as it is, in base64 or compressed, as PostHog
    and Mixpanel have long sent events.
    """
    has = _has(*markers)
    return lambda body: has(body) or has(_of_form(body))


def _of_form(body: bytes) -> bytes:
    """The beginning of what a form has in ``data``, decoded."""
    found = _FORM.search(body)
    if found is None:
        return b""
    value = unquote_to_bytes(found[1].replace(b"+", b" "))[:_OPENED]
    if value[:1] in (b"{", b"["):
        return value
    try:
        return opened(base64.b64decode(value[: len(value) // 4 * 4].replace(b" ", b"+")))
    except binascii.Error:
        return b""


def _matomo_body(body: bytes) -> bool:
    return (b"idsite=" in body and b"rec=1" in body) or b'"requests":["?' in body


_POSTHOG = _form_or(b'"distinct_id"', b'"token":"phc_', b'"api_key":"phc_', b'"$lib"', b'"$snapshot"')
_POSTHOG_QUERY = re.compile(r"^(?=.*\b_=\d{10})(?=.*\b(?:ver=\d+\.|compression=(?:gzip-js|base64)))")
_MIXPANEL = _form_or(b'"$distinct_id"', b'"distinct_id"', b'"$mp_')
_MIXPANEL_QUERY = re.compile(r"(?:^|&)(?:verbose=1&ip=[01]|data=(?:eyJ|W3si)|replay_id=)")
_AMPLITUDE = _has_each((b'"api_key":"',), (b'"events":[{',), (b'"event_type":',))
_SEGMENT = _has_each((b'"anonymousId":',), (b'"writeKey":"', b'"messageId":"'))
_PLAUSIBLE = _has_each((b'"n":"',), (b'"u":"http', b'"url":"http'), (b'"d":"', b'"domain":"'))
_UMAMI = _has_each((b'"type":"event"', b'"type":"identify"'), (b'"payload":{',), (b'"website":"',))


def _each(
    service: str, tails: str, query: str | re.Pattern[str] | None = None, body: BodyTest | None = None
) -> Iterator[Endpoint]:
    pattern = re.compile(query) if isinstance(query, str) else query
    return (Endpoint(service, tail, pattern, body) for tail in tails.split())


ENDPOINTS = (
    *_each("posthog", "/i/v0/e /i/v1/e"),
    *_each("posthog", "/i/v1/analytics/events", None, _has(b"")),
    *_each("posthog", "/e /s /capture /batch /engage /track /flags /decide", _POSTHOG_QUERY),
    *_each("posthog", "/e /s /capture /batch /flags /decide", None, _POSTHOG),
    *_each("posthog", "/array/*/config /array/*/config.js"),
    *_each("mixpanel", "/track /engage /groups /record", _MIXPANEL_QUERY),
    *_each("mixpanel", "/track /engage /groups", None, _MIXPANEL),
    *_each("amplitude", "/2/httpapi"),
    *_each("amplitude", "/batch", None, _AMPLITUDE),
    *_each("segment", "/v1/p /v1/t /v1/i /v1/g /v1/a /v1/m /v1/batch", None, _SEGMENT),
    *_each("segment", "/v1/page /v1/track /v1/identify /v1/group /v1/alias", None, _SEGMENT),
    *_each("plausible", "/api/event", None, _PLAUSIBLE),
    *_each("snowplow", "/com.snowplowanalytics.snowplow/tp2"),
    *_each("matomo", "/matomo.php /piwik.php", r"(?:^|&)rec=1(?:&|$)"),
    *_each("matomo", "/matomo.php /piwik.php", None, _matomo_body),
    *_each("google-analytics", "/g/collect", r"(?:^|&)tid=G-"),
    *_each("google-analytics", "/collect /j/collect /r/collect", r"(?:^|&)tid=UA-"),
    *_each("google-analytics", "/gtag/js", r"(?:^|&)id=(?:G|UA|AW|GT|DC)-"),
    *_each("google-tag-manager", "/gtm.js /ns.html", r"(?:^|&)id=GTM-"),
    *_each("umami", "/api/send", None, _UMAMI),
)  # fmt: skip


def _by_last_segment() -> dict[str, tuple[tuple[list[str], Endpoint], ...]]:
    index: dict[str, tuple[tuple[list[str], Endpoint], ...]] = {}
    for known in ENDPOINTS:
        segments = known.tail.split("/")[1:]
        index[segments[-1]] = (*index.get(segments[-1], ()), (segments, known))
    return index


_INDEX = _by_last_segment()
LAST_SEGMENTS = frozenset(segment.encode("ascii") for segment in _INDEX)
"""What the path of every endpoint ends with."""


def endpoints(forms: tuple[str, ...], query: bytes) -> tuple[Endpoint, ...]:
    """Every known endpoint that a path (in all the *forms* that a site may see) with *query* may be.

    One that the path and query tell for certain stands alone; the others are for their bodies to decide.
    """
    possible: dict[Endpoint, None] = {}
    for form in forms:
        path = form[:-1] if form.endswith("/") else form
        for tail, known in _INDEX.get(path[path.rfind("/") + 1 :], ()):
            if not _ends(path.split("/"), tail):
                continue
            if known.query is not None and not known.query.search(query.decode("latin-1")):
                continue
            if known.body is None:
                return (known,)
            possible[known] = None
    return tuple(possible)


def _ends(segments: list[str], tail: list[str]) -> bool:
    return len(segments) > len(tail) and all(
        wanted in ("*", there) for wanted, there in zip(tail, segments[-len(tail) :], strict=True)
    )
