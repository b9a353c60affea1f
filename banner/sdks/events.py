"""What the three vocabularies have in common once they are read: an event, when it happened, and where."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ..endpoints.posted import Malformed

LONGEST_NAME = 200
_LONGEST_ID = 200
_MOST_BYTES = 256 * 1024
"""Of one event's properties, as JSON."""
_DEEPEST = 50
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(minutes=5)
"""How far ahead of ours a clock may be that is taken at its word."""
_PAGES = ("$current_url", "current_url", "[Amplitude] Page URL", "[Amplitude] Page Location")
_REFERRERS = ("$referrer", "referrer")
"""What the SDKs call the addresses of the page, and of the one before."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Told:
    """One event as an SDK tells it. ``id`` is the SDK's own, by which a retry is known; empty where it has none.

    ``person`` is what the site calls who it is, empty where it has not said. ``aliases`` are all names that they go by,
    those of devices too. ``page`` and ``referrer`` are addresses; ``key`` is the project's, with which it was sent.
    """

    name: str
    id: str
    time: datetime
    properties: Mapping[str, Any]
    person: str = ""
    aliases: tuple[str, ...] = ()
    page: str = ""
    referrer: str = ""
    key: str = ""

    @property
    def path(self) -> str:
        """The path of the page; its query may hold anything, and stays behind."""
        try:
            return urlsplit(self.page).path[:2048]
        except ValueError:
            return ""


def told(
    name: object,
    id_: object,
    time: datetime,
    properties: Mapping[str, Any],
    *,
    person: object = None,
    aliases: Iterable[object] = (),
    key: object = None,
) -> Told:
    """The event of this name and *id_*. Raises :class:`Malformed` where it is none, or too much of one."""
    if not isinstance(name, str) or not name.strip():
        raise Malformed("an event must have a name")
    clean = {key: value for key, value in _clean(properties, 0).items() if value is not None}
    if len(json.dumps(clean)) > _MOST_BYTES:
        raise Malformed(f"the properties of an event must not be longer than {_MOST_BYTES} bytes")
    id_ = _text(str(id_))[:_LONGEST_ID] if isinstance(id_, str | int) else ""
    called = _name(person)
    return Told(
        name=_text(name.strip())[:LONGEST_NAME],
        id=id_,
        time=time,
        properties=clean,
        person=called,
        aliases=tuple(dict.fromkeys(filter(None, (called, *map(_name, aliases))))),
        page=_first(clean, _PAGES),
        referrer=_first(clean, _REFERRERS),
        key=key if isinstance(key, str) else "",
    )


def _name(value: object) -> str:
    """What a person is called: a text or a number. Longer ones than any SDK takes are no names."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return _text(text) if len(text) <= _LONGEST_ID else ""


def _first(properties: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := properties.get(name), str) and value), "")


def _clean(value: Any, depth: int) -> Any:
    """A JSON value that every database takes: no NUL, no lone surrogate, no infinity."""
    if depth > _DEEPEST:
        raise Malformed(f"properties must not be nested deeper than {_DEEPEST} levels")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(key)): _clean(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list):
        return [_clean(member, depth + 1) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _text(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def moment(value: object) -> datetime | None:
    """A time as SDKs write it: RFC 3339, or seconds or milliseconds since the epoch. None where it is none."""
    try:
        if isinstance(value, str) and not value.isdigit():
            parsed = datetime.fromisoformat(value)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def corrected(happened: datetime | None, sent: datetime | None, received: datetime) -> datetime:
    """When it happened by our clock: a client's own clock may be years off, and says so by when it *sent* the event.

    A time that is no time of ours, before the year 2000 or ahead, is taken for when it was *received*.
    """
    if happened is None:
        return received
    try:
        if sent is not None:
            happened += received - sent
    except OverflowError:
        return received
    if not _EARLIEST <= happened <= received + _AHEAD:
        return received
    return min(happened, received)


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects in a list, or the one that is there. Raises :class:`Malformed` for anything else."""
    for member in value if isinstance(value, list) else [value]:
        if not isinstance(member, dict):
            raise Malformed("an event must be an object")
        yield member


def properties_of(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The properties under this *name*. Raises :class:`Malformed` where they are no object."""
    found = event.get(name) or {}
    if not isinstance(found, dict):
        raise Malformed(f'"{name}" must be an object')
    return found
