"""Events in PostHog's words, as its ``/batch/`` takes them (PostHog documentation, "Capture API")."""

import uuid
from collections.abc import Mapping
from typing import Any

from ...store.events.event import BOT, SERVER, VIEW

_OURS = uuid.UUID("5b1f0c8e-6d0e-5d53-9a4c-0e3f1a7b6c21")
"""What the ids of events without one of their sender's are derived from, so that one that is sent twice is one."""
_DEVICES = {"phone": "Mobile", "tablet": "Tablet", "computer": "Desktop", "tv": "TV"}
_CAMPAIGN = {"source": "utm_source", "medium": "utm_medium", "campaign": "utm_campaign"}


def batch(key: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of a call, for the project of this *key*."""
    return {"api_key": key, "batch": events}


def event(number: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """An event of this *number*, as an export has it."""
    path, properties = said["path"], dict(said["properties"] or {})
    named = said["person"] or said["visitor"] or properties.get("distinct_id")
    ours = {
        "distinct_id": str(named or f"event {number}"),
        "$pathname": path or None,
        "$referring_domain": said["referrer"],
        "$device_type": _DEVICES.get(said["device"]),
        "$geoip_disable": True,  # the address is ours, not the visitor's
        "$process_person_profile": bool(named),
        "$lib": "holdback",
        "country": said["country"],
        "by_server": True if said["device"] == SERVER else None,
        "bot": True if said["device"] == BOT else None,
        **{theirs: said[name] for name, theirs in _CAMPAIGN.items()},
    }
    properties.pop("distinct_id", None)
    return {
        "event": "$pageview" if said["event"] == VIEW else said["event"],
        "uuid": str(_id(number, said)),
        "timestamp": said["time"],
        "properties": {**{name: value for name, value in ours.items() if value is not None}, **properties},
    }


def _id(number: int, said: Mapping[str, Any]) -> uuid.UUID:
    """The sender's own id where it is a UUID, which PostHog keeps an event once by; else one that stays the same."""
    text = said["id"] or f"{number} {said['received']}"
    try:
        return uuid.UUID(text.rpartition(":")[2])
    except ValueError:
        return uuid.uuid5(_OURS, text)
