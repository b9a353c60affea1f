"""Quiet refusals: what each SDK takes for success, so that it neither retries nor complains.

Measured with the real SDKs: 204 makes posthog-js retry ten times, ``{}`` makes Amplitude send five times, an error
makes Segment post over and over. Nothing that arrives is kept.
"""

import json
import time
from collections.abc import Callable

from .model import Service

type Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_SCRIPT = (b"content-type", b"text/javascript; charset=utf-8")


def _json(value: object) -> Answer:
    return 200, [_JSON], json.dumps(value, separators=(",", ":")).encode()


def _posthog(path: bytes, query: bytes, body: bytes) -> Answer:
    if path.endswith(b".js"):
        return 200, [_SCRIPT], b""
    if b"/flags" in path or b"/decide" in path:
        return _json({"flags": {}, "featureFlags": {}, "errorsWhileComputingFlags": False, "requestId": ""})
    if b"/analytics/events" in path:
        return _json({"results": {}})
    if path.endswith((b"/config", b"/surveys/", b"/web_experiments/", b"/early_access_features/")):
        return _json({})
    return _json({"status": "Ok"})


def _mixpanel(path: bytes, query: bytes, body: bytes) -> Answer:
    if b"verbose=1" in query:
        return _json({"error": None, "status": 1})
    return 200, [_TEXT], b"1"


def _amplitude(path: bytes, query: bytes, body: bytes) -> Answer:
    return _json(
        {
            "code": 200,
            "events_ingested": max(1, body.count(b'"event_type"')),
            "payload_size_bytes": len(body),
            "server_upload_time": int(time.time() * 1000),
        }
    )


def _segment(path: bytes, query: bytes, body: bytes) -> Answer:
    return _json({"success": True})


def _ok(path: bytes, query: bytes, body: bytes) -> Answer:
    return 200, [_TEXT], b"ok"


_ANSWERS: dict[str, Callable[[bytes, bytes, bytes], Answer]] = {
    "posthog": _posthog,
    "mixpanel": _mixpanel,
    "amplitude": _amplitude,
    "segment": _segment,
    "ok": _ok,
}


def quiet_answer(service: Service, path: bytes, query: bytes, body_prefix: bytes) -> Answer:
    """Status, headers and body that *service*'s SDK takes for success; 204 where nothing is known of it."""
    answer = _ANSWERS.get(service.quiet)
    return (204, [], b"") if answer is None else answer(path, query, body_prefix)
