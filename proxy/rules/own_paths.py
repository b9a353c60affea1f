"""Tracking endpoints on the site's own host, told by path and, where a path is ambiguous, by query and body.

When in doubt the request is forwarded: the site must work. Shapes are those that the SDKs were measured to send,
behind whatever prefix a site gives them (``/ingest/e/``).
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
    def told(body: bytes) -> bool:
        text = opened(body)
        return any(marker in text for marker in markers)

    return told


_FORM = re.compile(rb"data=(?:eyJ|W3si|H4sI|%7B%22|%5B%7B)")
"""A form with JSON in ``data``, plain, in base64 or compressed: how PostHog and Mixpanel have long sent events."""


def _form_or(*markers: bytes) -> BodyTest:
    has = _has(*markers)
    return lambda body: _FORM.match(body) is not None or has(body)


def _matomo_body(body: bytes) -> bool:
    return (b"idsite=" in body and b"rec=1" in body) or b'"requests":["?' in body


_POSTHOG = _form_or(b'"distinct_id"', b'"token":"phc_', b'"api_key":"phc_', b'"$lib"', b'"$snapshot"')
_POSTHOG_QUERY = re.compile(r"^(?=.*\b_=\d{10})(?=.*\b(?:ver=\d+\.|compression=(?:gzip-js|base64)))")
_MIXPANEL = _form_or(b'"$distinct_id"', b'"distinct_id"', b'"$mp_')
_MIXPANEL_QUERY = re.compile(r"(?:^|&)(?:verbose=1&ip=[01]|data=(?:eyJ|W3si)|replay_id=)")
_AMPLITUDE = _has(b'"event_type"')
_SEGMENT = _has(b'"writeKey"', b'"anonymousId"')


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
    *_each("plausible", "/api/event", None, _has(b'"n":"', b'"n": "')),
    *_each("snowplow", "/com.snowplowanalytics.snowplow/tp2"),
    *_each("matomo", "/matomo.php /piwik.php", r"(?:^|&)rec=1(?:&|$)"),
    *_each("matomo", "/matomo.php /piwik.php", None, _matomo_body),
    *_each("google-analytics", "/g/collect", r"(?:^|&)tid=G-"),
    *_each("google-analytics", "/collect /j/collect /r/collect", r"(?:^|&)tid=UA-"),
    *_each("google-analytics", "/gtag/js", r"(?:^|&)id=(?:G|UA|AW|GT|DC)-"),
    *_each("google-tag-manager", "/gtm.js /ns.html", r"(?:^|&)id=GTM-"),
    *_each("umami", "/api/send", None, _has(b'"website":"', b'"website": "')),
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
