"""Tracking endpoints on the site's own host, told by path and, where a path is ambiguous, by query and body.

When in doubt the request is forwarded: the site must work. Shapes are those that the SDKs were measured to send.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One known endpoint. *query* must match where it is given; *body* decides on the first bytes of the body."""

    service: str
    path: re.Pattern[str]
    query: re.Pattern[str] | None = None
    body: Callable[[bytes], bool] | None = None


def _any(*markers: bytes) -> Callable[[bytes], bool]:
    def told(body: bytes) -> bool:
        return any(marker in body for marker in markers)

    return told


def _gzip_or(*markers: bytes) -> Callable[[bytes], bool]:
    """posthog-js sends gzip without saying so; nothing else posts gzip to these paths."""

    def told(body: bytes) -> bool:
        return body[:3] == b"\x1f\x8b\x08" or any(marker in body for marker in markers)

    return told


def _path(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _query(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_POSTHOG = _gzip_or(b"data=", b'"api_key"', b'"token"', b"distinct_id")
_MIXPANEL = _any(b"data=", b'"token"')

ENDPOINTS = (
    Endpoint("posthog", _path(r".*/i/v[01]/(?:e|analytics/events)/?")),
    Endpoint(
        "posthog", _path(r".*/(?:e|s|capture|batch|engage|track)/?"), _query(r"(?:^|&)(?:ver|compression)=")
    ),
    Endpoint("posthog", _path(r".*/(?:e|s|capture|batch)/?"), body=_POSTHOG),
    Endpoint("posthog", _path(r".*/(?:flags|decide)/?"), _query(r"(?:^|&)v=\d")),
    Endpoint("posthog", _path(r".*/array/phc_[A-Za-z0-9]+/config(?:\.js)?")),
    Endpoint("mixpanel", _path(r".*/(?:track|engage|groups|record)/?"), _query(r"(?:^|&)verbose=1(?:&|$)")),
    Endpoint("mixpanel", _path(r".*/(?:track|engage|groups)/"), body=_MIXPANEL),
    Endpoint("amplitude", _path(r".*/2/httpapi/?")),
    Endpoint(
        "segment",
        _path(r".*/v1/(?:p|t|i|g|a|page|track|identify|group|alias|batch)/?"),
        body=_any(b'"writeKey"', b'"anonymousId"'),
    ),
    Endpoint("plausible", _path(r".*/api/event/?"), body=_any(b'"n":"', b'"n": "')),
    Endpoint("snowplow", _path(r".*/com\.snowplowanalytics\.snowplow/tp2/?")),
    Endpoint("matomo", _path(r".*/(?:matomo|piwik)\.php"), _query(r"(?:^|&)rec=1(?:&|$)")),
    Endpoint("google-analytics", _path(r".*/g/collect/?"), _query(r"(?:^|&)tid=")),
    Endpoint("google-analytics", _path(r".*/(?:[jr]/)?collect/?"), _query(r"(?:^|&)tid=UA-")),
    Endpoint("umami", _path(r".*/api/send/?"), body=_any(b'"website":"', b'"website": "')),
)


def endpoint(forms: tuple[str, ...], query: str) -> Endpoint | None:
    """The first known endpoint that a path (in any of its *forms*) and *query* may be; its body may still decide."""
    for form in forms:
        for known in ENDPOINTS:
            if known.path.fullmatch(form) and (known.query is None or known.query.search(query)):
                return known
    return None
