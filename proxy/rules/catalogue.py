"""The curated services, read from the data files."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from .model import Purpose, Service

_DATA = Path(__file__).parent / "data"
_LISTS = ("hosts", "paths", "cookies", "storage", "scripts", "parameters", "globals", "sources")


@cache
def curated() -> tuple[Service, ...]:
    """Every curated service, by id."""
    services = [
        _service(id_, entry)
        for file in sorted((_DATA / "services").glob("*.toml"))
        for id_, entry in tomllib.loads(file.read_text("utf-8")).items()
    ]
    return tuple(sorted(services, key=lambda service: service.id))


def _service(id_: str, entry: dict[str, Any]) -> Service:
    fields: dict[str, Any] = {key: tuple(value) if key in _LISTS else value for key, value in entry.items()}
    return Service(id=id_, **(fields | {"purpose": Purpose(entry["purpose"])}))


@cache
def necessary_names() -> tuple[str, ...]:
    """Cookie names that sites need for sessions, logins, baskets and the like; no wide fact may hold them."""
    lines = (_DATA / "necessary-names.txt").read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
