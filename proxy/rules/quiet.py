"""Quiet refusals: what each SDK takes for success, so that it neither retries nor complains.

Measured with the real SDKs: 204 makes posthog-js retry ten times, ``{}`` makes Amplitude send five times, an error
makes Segment post over and over. Nothing that arrives is kept.
"""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from .model import Service
from .own_paths import opened

type Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""

_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_SCRIPT = (b"content-type", b"text/javascript; charset=utf-8")


class _Call(NamedTuple):
    path: bytes
    query: bytes
    body: bytes
    now: float


def _json(value: object) -> Answer:
    return 200, [_JSON], json.dumps(value, separators=(",", ":")).encode()


_UUID = re.compile(rb'"uuid"\s*:\s*"([0-9A-Fa-f-]{36})"')
_LISTS = ("surveys", "web_experiments", "early_access_features", "product_tours")


def _posthog(call: _Call) -> Answer:
    last = call.path.rstrip(b"/").rpartition(b"/")[2].decode("latin-1")
    if last.endswith(".js"):
        return 200, [_SCRIPT], b""
    if last in ("flags", "decide"):
        return _json({"flags": {}, "featureFlags": {}, "errorsWhileComputingFlags": False, "requestId": ""})
    if last == "events":
        # Capture V1 wants a word on each event; "drop" is final, a missing one is sent again.
        found = _UUID.findall(opened(call.body))
        return _json({"results": {uuid.decode("ascii"): {"result": "drop"} for uuid in found}})
    if last in _LISTS:
        return _json({last: []})
    if last == "config":
        return _json({})
    return _json({"status": "Ok"})


def _mixpanel(call: _Call) -> Answer:
    if b"verbose=1" in call.query:
        return _json({"error": None, "status": 1})
    return 200, [_TEXT], b"1"


def _amplitude(call: _Call) -> Answer:
    return _json(
        {
            "code": 200,
            "events_ingested": max(1, call.body.count(b'"event_type"')),
            "payload_size_bytes": len(call.body),
            "server_upload_time": int(call.now * 1000),
        }
    )


def _segment(_call: _Call) -> Answer:
    return _json({"success": True})


def _ok(_call: _Call) -> Answer:
    return 200, [_TEXT], b"ok"


_ANSWERS: dict[str, Callable[[_Call], Answer]] = {
    "posthog": _posthog,
    "mixpanel": _mixpanel,
    "amplitude": _amplitude,
    "segment": _segment,
    "ok": _ok,
}
KINDS = frozenset(_ANSWERS)
"""What a service's ``quiet`` may name."""


def quiet_answer(service: Service, path: bytes, query: bytes, body_prefix: bytes, now: float) -> Answer:
    """What *service*'s SDK takes for success at *now* (seconds since the epoch); 204 where nothing is known of it."""
    answer = _ANSWERS.get(service.quiet)
    return (204, [], b"") if answer is None else answer(_Call(path, query, body_prefix, now))
