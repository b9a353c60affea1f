"""Mixpanel: events, profiles and groups, flags and settings."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .events import Told, corrected, moment, objects, properties_of, told

TRACK = re.compile(r"(?:track|engage|groups|import)/?")
_NAMES = ("distinct_id", "$user_id", "$device_id", "$anon_id", "$identified_id", "alias")
"""The properties in which a visitor is called something."""
_PROFILE = re.compile(r"\$(?:set|set_once|add|append|union|unset|delete|remove)")


def events(path: str, said: Any, received: datetime) -> Iterator[Told]:
    """The events in a body; what is said of a profile or group is one too. Raises
    :class:`..endpoints.posted.Malformed`."""
    for event in objects(said):
        if not event:
            continue
        if path.startswith(("engage", "groups")):
            kept = {
                name: value
                for name, value in event.items()
                if _PROFILE.fullmatch(name) or name.startswith("$group")
            }
            name, key = event.get("$distinct_id"), event.get("$token")
            kept["distinct_id"] = name
            kind = "$identify" if path.startswith("engage") else "$groupidentify"
            yield told(kind, "", received, kept, person=_person(name), aliases=[name], key=key)
            continue
        properties = properties_of(event, "properties")
        key = properties.pop("token", None)
        happened = corrected(moment(properties.pop("time", None)), None, received)
        yield told(
            event.get("event"),
            properties.get("$insert_id"),
            happened,
            properties,
            person=properties.get("$user_id") or _person(properties.get("$identified_id")),
            aliases=[properties.get(name) for name in _NAMES],
            key=key,
        )


def _person(name: object) -> object:
    """What the site calls who it is: before it has said so, the name is that of a device."""
    return None if isinstance(name, str) and name.startswith("$device:") else name


def answer(path: str, query: Mapping[str, str]) -> Any:
    """What Mixpanel says of a call that went well."""
    if re.fullmatch(r"(?:flags|decide)/?", path):
        return {"flags": {}}
    if re.fullmatch(r"settings/?", path):
        return {}
    if re.fullmatch(r"record/?", path):
        return {"code": 200, "status": "OK"}
    return {"error": None, "status": 1} if query.get("verbose") == "1" else 1


def refusal(reason: str) -> Any:
    """What it says of a call that went wrong."""
    return {"error": reason, "status": 0}
