"""Writes into an owner's settings file what they said of a thing; comments and order stay as they are."""

from collections.abc import MutableMapping
from typing import Any, Literal

import tomlkit
from tomlkit.exceptions import TOMLKitError

type Field = Literal["hosts", "cookies", "storage"]


class NotEditable(Exception):
    """The file can't be changed in this way; the message says why."""


def with_thing(text: str, field: Field, thing: str, purpose: str, name: str) -> str:
    """The settings *text*, in which *thing* is among the *field* of the ``[[service]]`` *name* with *purpose*.

    The service is added where there is none of that name. Raises :class:`NotEditable`.
    """
    try:
        settings = tomlkit.parse(text)
    except TOMLKitError as error:
        raise NotEditable(f"it is not TOML: {error}") from None
    services = settings.get("service", [])
    same = [one for one in services if str(one.get("name", "")).casefold() == name.casefold()]
    if not same:
        # At the end and with a line before it, as a person would write it.
        block = tomlkit.table()
        block.update({"name": name, "purpose": purpose, field: [thing]})
        return f"{_ended(text)}[[service]]\n{tomlkit.dumps(block)}"
    [service] = same
    if service.get("purpose") != purpose:
        raise NotEditable(
            f'"{name}" is declared for {service.get("purpose")} there: give another --name, or change that'
        )
    _add(service, field, thing)
    return tomlkit.dumps(settings)


def _ended(text: str) -> str:
    return f"{text.rstrip()}\n\n" if text.strip() else ""


def _add(service: MutableMapping[str, Any], field: Field, thing: str) -> None:
    there = service.get(field)
    if there is None:
        service[field] = [thing]
    elif isinstance(there, str):
        service[field] = [*(part.strip() for part in there.split(",") if part.strip()), thing]
    elif thing not in there:
        there.append(thing)
