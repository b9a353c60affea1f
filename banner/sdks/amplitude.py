"""Amplitude: the HTTP API, version 2, and its batches."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .events import Told, corrected, moment, objects, properties_of, told

TRACK = re.compile(r"(?:2/httpapi|batch|httpapi)/?")
_KEPT = ("user_id", "device_id", "session_id", "platform", "language", "groups", "group_properties")


def events(said: Any, received: datetime) -> Iterator[Told]:
    """The events in a body. Raises :class:`..endpoints.posted.Malformed`."""
    whole = said if isinstance(said, dict) else {}
    sent = moment(whole.get("client_upload_time"))
    for event in objects(whole.get("events", []) if isinstance(said, dict) else said):
        properties = {
            **properties_of(event, "event_properties"),
            **({"$set": found} if (found := event.get("user_properties")) else {}),
            **{name: event[name] for name in _KEPT if event.get(name) is not None},
        }
        happened = corrected(moment(event.get("time")), sent, received)
        yield told(
            event.get("event_type"),
            event.get("insert_id"),
            happened,
            properties,
            person=event.get("user_id"),
            aliases=[event.get("device_id")],
            key=whole.get("api_key"),
        )


def thanks(count: int, size: int, now_ms: int) -> Any:
    """What it says of *count* events in *size* bytes. The SDK goes by ``code``, and sends five times where there is
    none."""
    return {"code": 200, "events_ingested": count, "payload_size_bytes": size, "server_upload_time": now_ms}


def refusal(reason: str, status: int = 400) -> Any:
    """What it says of a call that went wrong."""
    return {"code": status, "error": reason}
