"""Settings from the file, the environment and the flags; the later of these three wins, key by key.

A setting that won't do is one sentence: which key, where it was set, what would be right.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as SourceError

from .model import Settings
from .tables import DeclaredService, Events, Limits, Retention, Site, Store

CONFIG_VARIABLE = "HOLDBACK_CONFIG"
"""Names the file where no ``--config`` does."""

_PREFIX = "HOLDBACK_"
_ORCHESTRATED = re.compile(r"HOLDBACK_(SERVICE|PORT)_")
_PATHS = ("geo_database", "easyprivacy", "easylist", "data", "tls_certificate", "tls_key")
_TABLES: Mapping[str, type[BaseModel]] = {
    "site": Site,
    "limits": Limits,
    "retention": Retention,
    "events": Events,
    "store": Store,
    "service": DeclaredService,
}

type Values = dict[str, Any]


class SettingsError(Exception):
    """A bad setting; its text is one sentence for the site owner. The command exits with status 2."""


def load(
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    *,
    require: Sequence[str] = (),
) -> Settings:
    """Read every source and check the result.

    *flags* that are ``None`` were not given. *require* names keys that the caller can't do without. Paths in
    the file are relative to the file; all others to the working directory. Raises :class:`SettingsError`.
    """
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    file = _file(named) if named else {}
    environment = _environment()
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    values = _merged(_merged(file, environment), given)
    origins = _Origins(named, file, environment, given)
    for key in require:
        if not values.get(key):
            raise SettingsError(f"{key} is missing: it must be {Settings.model_fields[key].description}.")
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_sentence(error.errors()[0], origins)) from None


def must_be_readable(settings: Settings) -> None:
    """Raise :class:`SettingsError` where a list of trackers can't be read: fewer would be held than the owner believes.

    A missing country database is no such fault: an unknown country is the strictest.
    """
    for key, file in (("easyprivacy", settings.easyprivacy), ("easylist", settings.easylist)):
        if file is None:
            continue
        try:
            with file.open("rb"):
                pass
        except OSError as error:
            described = Settings.model_fields[key].description
            reason = (error.strerror or str(error)).lower()
            raise SettingsError(
                f'{key} must be {described}, not "{file}": {reason}; `holdback rules update` fetches one.'
            ) from None


def _file(path: Path) -> Values:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"The settings file {path} does not exist.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} can't be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from None
    for key in _PATHS:
        if isinstance(values.get(key), str):
            values[key] = path.parent / values[key]
    return values


def _environment() -> Values:
    """Settings from ``HOLDBACK_…``; a name that is nearly a setting's is refused, others are not ours.

    Kubernetes gives every pod ``HOLDBACK_SERVICE_HOST``, ``HOLDBACK_PORT_8080_TCP`` and the like for a service
    that is called "holdback".
    """
    known = [_PREFIX + key.upper() for key in Settings.model_fields]
    for name in os.environ:
        first = name.upper().partition("__")[0]
        if not first.startswith(_PREFIX) or first in (*known, CONFIG_VARIABLE) or _ORCHESTRATED.match(first):
            continue
        if near := difflib.get_close_matches(first, known, 1, cutoff=0.85):
            raise SettingsError(f"The environment variable {name} is unknown: did you mean {near[0]}?")
    try:
        return EnvSettingsSource(Settings)()
    except SourceError as error:
        key = str(error).partition('"')[2].partition('"')[0]
        described = Settings.model_fields[key].description
        raise SettingsError(f"{_PREFIX}{key.upper()} must be {described}, written as JSON.") from None


def _merged(low: Values, high: Values) -> Values:
    out = dict(low)
    for key, value in high.items():
        below = out.get(key)
        out[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return out


class _Origins:
    """Which source a value came from, for the sentence."""

    def __init__(self, path: Path | None, file: Values, environment: Values, flags: Values) -> None:
        self._path = path
        self._file = file
        self._environment = environment
        self._flags = flags

    def of(self, loc: tuple[int | str, ...]) -> str:
        if _has(self._flags, loc):
            return ""
        if _has(self._environment, loc):
            names = [part.upper() for part in loc if isinstance(part, str)]
            return f" (set by {_PREFIX}{'__'.join(names)})"
        return f" (in {self._path})" if _has(self._file, loc) else ""


def _has(values: object, loc: tuple[int | str, ...]) -> bool:
    for part in loc:
        try:
            values = values[part]  # type: ignore[index]  # whatever the owner wrote
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _sentence(error: ErrorDetails, origins: _Origins) -> str:
    # Where a member of a list is wrong, or a branch of a union, the key is as far as an owner's eyes need go.
    loc = _shown(error["loc"])
    key = _key(loc)
    source = origins.of(loc)
    if error["type"] == "extra_forbidden":
        return f"{key} is not a setting{source}{_meant(loc)}"
    if not loc:
        return f"{error['msg'].removeprefix('Value error, ')}."
    described = _described(loc)
    if error["type"] == "missing":
        return f"{key} is missing{source}: it must be {described}."
    reason = str(error.get("ctx", {}).get("error") or "")
    because = f", {reason}" if reason.startswith("but ") else ""
    return f"{key} must be {described}, not {_quoted(error['input'])}{because}{source}."


def _shown(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if loc[:1] == ("service",):
        return loc[:3]
    return loc[:2] if loc and loc[0] in _TABLES else loc[:1]


def _key(loc: tuple[int | str, ...]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).lstrip(".")


def _fields(loc: tuple[int | str, ...]) -> type[BaseModel]:
    return _TABLES[str(loc[0])] if len(loc) > 1 and loc[0] in _TABLES else Settings


def _described(loc: tuple[int | str, ...]) -> str:
    names = [part for part in loc if isinstance(part, str)]
    if len(loc) == 2 and isinstance(loc[1], int):
        return "a table with name and purpose"
    field = _fields(loc).model_fields.get(names[-1])
    return (field.description if field else None) or "another value"


def _meant(loc: tuple[int | str, ...]) -> str:
    near = difflib.get_close_matches(str(loc[-1]), list(_fields(loc).model_fields), 1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else "."


def _quoted(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str | Path) else repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
