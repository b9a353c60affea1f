"""Each SDK is told what it takes for success (measured with the real ones), and nothing more."""

import gzip
import json

import pytest
from holdback.proxy.rules.catalogue import curated
from holdback.proxy.rules.model import Purpose, Service
from holdback.proxy.rules.quiet import KINDS, quiet_answer

UUID = "01890c5e-0000-7000-8000-000000000001"


def answered(kind: str, path: bytes, query: bytes = b"", body: bytes = b"") -> tuple[int, object]:
    service = Service("x", "X", Purpose.ANALYTICS, quiet=kind)
    status, headers, content = quiet_answer(service, path, query, body, 1_800_000_000.5)
    is_json = (b"content-type", b"application/json") in headers
    return status, json.loads(content) if is_json else content


PACKED = gzip.compress(b'{"batch":[{"uuid":"%b"}]}' % UUID.encode(), mtime=0)


@pytest.mark.parametrize(
    ("kind", "path", "query", "body", "answer"),
    [
        ("posthog", b"/e/", b"", b"", {"status": "Ok"}),
        ("posthog", b"/ingest/i/v0/e/", b"", b"", {"status": "Ok"}),
        ("posthog", b"/i/v1/analytics/events", b"", b'{"batch":[{"uuid":"%b"}]}' % UUID.encode(),
         {"results": {UUID: {"result": "drop"}}}),
        ("posthog", b"/i/v1/analytics/events", b"", PACKED,
         {"results": {UUID: {"result": "drop"}}}),
        ("posthog", b"/i/v1/analytics/events", b"", b"", {"results": {}}),
        ("posthog", b"/array/phc_x/config.js", b"", b"", b""),
        ("posthog", b"/array/phc_x/config", b"", b"", {}),
        ("posthog", b"/api/surveys/", b"", b"", {"surveys": []}),
        ("mixpanel", b"/track/", b"verbose=1&ip=1", b"", {"error": None, "status": 1}),
        ("mixpanel", b"/track/", b"", b"", b"1"),
        ("amplitude", b"/2/httpapi", b"", b'{"events":[{"event_type":"a"},{"event_type":"b"}]}',
         {"code": 200, "events_ingested": 2, "payload_size_bytes": 50, "server_upload_time": 1_800_000_000_500}),
        ("segment", b"/v1/t", b"", b"", {"success": True}),
        ("ok", b"/api/event", b"", b"", b"ok"),
    ],
)  # fmt: skip
def test_answer(kind: str, path: bytes, query: bytes, body: bytes, answer: object) -> None:
    assert answered(kind, path, query, body) == (200, answer)


@pytest.mark.parametrize("path", [b"/flags/", b"/decide", b"/ingest/flags"])
def test_no_flag_is_on(path: bytes) -> None:
    status, answer = answered("posthog", path, b"v=2")
    assert status == 200
    assert isinstance(answer, dict)
    assert (answer["flags"], answer["errorsWhileComputingFlags"]) == ({}, False)


def test_what_is_not_known_is_answered_with_nothing() -> None:
    assert answered("", b"/x") == (204, b"")


def test_every_service_names_an_answer_that_there_is() -> None:
    assert {service.quiet for service in curated()} - {""} <= KINDS
