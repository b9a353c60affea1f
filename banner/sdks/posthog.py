"""PostHog: capture and batch in all their eras, flags, remote config, surveys, and the scripts that it loads later."""

import json
import re
import uuid
from collections.abc import Container, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from .events import Told, corrected, moment, objects, properties_of, told

CAPTURE = re.compile(r"(?:(?:i/v0/)?e|capture|track|engage|batch|i/v1/analytics/events)/?")
_FLAGS = re.compile(r"(?:flags|decide)/?")
_CONFIG = re.compile(r"array/([^/]{1,200})/config(\.js)?")
_LISTS: dict[str, dict[str, list[Any]]] = {
    "surveys": {"surveys": []},
    "web_experiments": {"experiments": []},
    "early_access_features": {"earlyAccessFeatures": []},
    "product_tours": {"product_tours": []},
}
_NOT_OURS = ("token", "api_key")
"""What is in an event for PostHog's own sake: the project's key."""
_NAMES = ("distinct_id", "$device_id", "$anon_distinct_id", "alias")
"""The properties in which a visitor is called something."""


def events(said: Any, received: datetime) -> Iterator[Told]:
    """The events in a body. Raises :class:`..endpoints.posted.Malformed`."""
    whole = said if isinstance(said, dict) else {}
    batch = whole.get("batch", said)
    sent = moment(whole.get("sent_at"))
    for event in objects(batch):
        if not event:
            continue
        properties: dict[str, Any] = {
            **{name: event[name] for name in ("$set", "$set_once", "$unset", "distinct_id") if name in event},
            **properties_of(event, "properties"),
        }
        happened = moment(event.get("timestamp"))
        offset = event.get("offset")
        if happened is None and isinstance(offset, int | float) and abs(offset) < 1e12:
            happened, sent_at = received - timedelta(milliseconds=offset), None
        else:
            sent_at = moment(event.get("sent_at")) or sent
        keys = (properties.pop(name, None) for name in _NOT_OURS)
        yield told(
            event.get("event"),
            event.get("uuid") or properties.get("$insert_id"),
            corrected(happened, sent_at, received),
            properties,
            person=_person(event.get("event"), properties),
            aliases=[properties.get(name) for name in _NAMES],
            key=next(
                filter(None, (*keys, event.get("api_key"), whole.get("api_key"), whole.get("token"))), None
            ),
        )


def _person(name: object, properties: dict[str, Any]) -> object:
    """What the site calls who it is. Before it has said so, ``distinct_id`` is a random name of the browser's."""
    if user := properties.get("$user_id"):
        return user
    if name == "$identify" or properties.get("$is_identified"):
        return properties.get("distinct_id")
    return None


def taken(path: str, told: Sequence[Told], kept: Container[str]) -> Any:
    """The answer to a capture of which the ids *kept* are stored: without consent too, the SDK's own thanks."""
    if not path.startswith("i/v1/"):
        return {"status": "Ok"}
    return {"results": {one.id: {"result": "ok" if one.id in kept else "drop"} for one in told if one.id}}


def answer(path: str) -> Any:
    """What a path that takes no events answers: JSON values, or a script as bytes; None where nothing is known of
    it."""
    if _FLAGS.fullmatch(path):
        return {
            "flags": {},
            "featureFlags": {},
            "featureFlagPayloads": {},
            "errorsWhileComputingFlags": False,
            "requestId": str(uuid.uuid4()),
            **_config(),
        }
    if match := _CONFIG.fullmatch(path):
        token, is_script = match.groups()
        return _config_script(token) if is_script else {"token": token, **_config()}
    if path.startswith(("static/", "array/")) and path.endswith(".js"):
        return b""
    if path.startswith("api/"):
        return _LISTS.get(path.removeprefix("api/").strip("/"), {})
    if re.fullmatch(r"s/?", path):
        return {"status": "Ok"}  # recordings of a visitor's screen are not kept
    return None


def _config() -> dict[str, Any]:
    return {
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": False,
        "captureDeadClicks": False,
        "capturePerformance": False,
        "autocapture_opt_out": False,
        "autocaptureExceptions": False,
        "analytics": {"endpoint": "/i/v0/e/"},
        "elementsChainAsString": True,
        "sessionRecording": False,
        "heatmaps": False,
        "surveys": False,
        "productTours": False,
        "defaultIdentifiedOnly": True,
        "siteApps": [],
        "toolbarParams": {},
        "isAuthenticated": False,
    }


def _config_script(token: str) -> bytes:
    """The configuration as the SDK loads it by a script. The token is the address's, so it is quoted as JSON."""
    name = json.dumps(token).replace("<", "\\u003c")
    value = json.dumps({"config": {"token": token, **_config()}, "siteApps": []}).replace("<", "\\u003c")
    configs = "window._POSTHOG_REMOTE_CONFIG"
    return f"{configs}={configs}||{{}};{configs}[{name}]={value};".encode()
