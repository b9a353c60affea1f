"""The project's own events as pages send them: read strictly, with an error that says what would be right."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .posted import Malformed

_MOST_EVENTS = 500
_LONGEST_NAME = 200
_MOST_PROPERTIES = 200
_DEEPEST = 5
_LONGEST_ID = 200
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No page of today had anything to tell before."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event: its name, its properties (JSON values), when it happened, and the page's own id for it."""

    name: str
    properties: dict[str, Any]
    time: datetime
    uuid: str = ""


def incoming(body: object, now: float) -> list[Incoming]:
    """The events in *body*, an event or a list of them. Raises :class:`Malformed`; then none of them is taken.

    An event is ``{"event": name, "properties": {…}, "time": RFC 3339, "uuid": id}``; all but the first may be missing.
    One whose id has come before is not stored again. A time that lies ahead, or before the year 2000, is taken for
    *now* (seconds since the epoch): a visitor's clock may be wrong.
    """
    members = body if isinstance(body, list) else [body]
    if len(members) > _MOST_EVENTS:
        raise Malformed(f"at most {_MOST_EVENTS} events may come at once")
    received = datetime.fromtimestamp(now, UTC)
    return [_event(member, received) for member in members]


def _event(member: object, received: datetime) -> Incoming:
    if not isinstance(member, dict):
        raise Malformed('an event must be an object like {"event": "signup", "properties": {}}')
    unknown = sorted(str(key) for key in member if key not in {"event", "properties", "time", "uuid"})
    if unknown:
        raise Malformed(f'an event has no "{unknown[0]}": it has "event", "properties", "time" and "uuid"')
    name, properties = member.get("event"), member.get("properties", {})
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
        raise Malformed(f'"event" must be a name of 1 to {_LONGEST_NAME} characters')
    if not isinstance(properties, dict) or len(properties) > _MOST_PROPERTIES:
        raise Malformed(f'"properties" must be an object of at most {_MOST_PROPERTIES} members')
    if not all(_storable(text) for text in _texts(name, 0)) or not all(
        _storable(t) for t in _texts(properties, 0)
    ):
        raise Malformed("an event must hold text that is valid Unicode without NUL, and finite numbers")
    return Incoming(
        name.strip(), properties, _time(member.get("time"), received), _id(member.get("uuid", ""))
    )


def _id(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_ID or not _storable(value):
        raise Malformed(f'"uuid" must be a text of at most {_LONGEST_ID} characters, the same for each retry')
    return value


def _texts(value: object, depth: int) -> Iterator[object]:
    """Every key and leaf of a JSON value."""
    if depth > _DEEPEST:
        raise Malformed(f"properties must not be nested deeper than {_DEEPEST} levels")
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from _texts(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member, depth + 1)
    else:
        yield value


def _storable(value: object) -> bool:
    """No database takes a lone surrogate or a NUL as text, and JSON has no infinity (RFC 8259 §6)."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    return not isinstance(value, float) or math.isfinite(value)


def _time(value: object, received: datetime) -> datetime:
    if value is None:
        return received
    try:
        happened = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        happened = None
    if happened is None or happened.tzinfo is None:
        raise Malformed('"time" must be an RFC 3339 time such as "2026-11-23T09:30:00Z"')
    try:
        happened = happened.astimezone(UTC)
    except OverflowError:
        raise Malformed('"time" lies before the year 1 or after the year 9999') from None
    return happened if _EARLIEST <= happened <= received else received
