"""The reference: every setting and command, in the words that check the settings and help with commands."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..settings.model import Settings
from ..settings.tables import DeclaredService, Events, Limits, Retention, Site, Store

_BEGIN = """# Reference

All settings and commands. `holdback reference` prints this page.

## Settings

Settings stand in a TOML file (`--config holdback.toml`), in environment variables, and in flags; flags count most, the
file least. A variable is named `HOLDBACK_` and the setting in capitals, `HOLDBACK_SITE__NAME` for `name` in `[site]`;
lists in variables are parted by commas."""


def pages(root: Any) -> Iterator[str]:
    """The lines of the reference. *root* is the command that all commands are under."""
    yield _BEGIN
    tables: list[tuple[str, type[BaseModel]]] = [
        ("", Settings),
        ("[site]", Site),
        ("[limits]", Limits),
        ("[retention]", Retention),
        ("[events]", Events),
        ("[store]", Store),
        ("[[service]]", DeclaredService),
    ]
    for name, model in tables:
        yield ""
        if name:
            yield f"### `{name}`\n"
        yield "| setting | what it does | value | without it |\n| --- | --- | --- | --- |"
        for setting, field in model.model_fields.items():
            if field.title:
                yield f"| `{setting}` | {field.title} | {_in_a_cell(field.description or '')} | {_default(field)} |"
    yield "\n## Commands"
    yield from _commands(root, "holdback")


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value: Any = field.default
    if value is None or value in ("", ()):
        return ""
    return f"`{json.dumps(value) if isinstance(value, int | float) else value}`"


def _commands(found: Any, path: str) -> Iterator[str]:
    """A section for each command below *found*, in the order of the help."""
    if hasattr(found, "commands"):
        for name, below in found.commands.items():
            if not below.hidden:
                yield from _commands(below, f"{path} {name}")
        if not found.invoke_without_command:
            return
    arguments = [one for one in found.params if one.param_type_name == "argument"]
    usage = " ".join([path, *((one.metavar or one.name).upper() for one in arguments)])
    yield f"\n### `{usage}`\n\n{_paragraphs(found.help or '')}"
    options = [one for one in found.params if one.param_type_name == "option" and not one.hidden]
    told = [one for one in options if "--help" not in one.opts]
    if told:
        yield ""
    for option in told:
        yield f"- `{', '.join(option.opts)}`: {' '.join((option.help or '').split())}"


def _paragraphs(text: str) -> str:
    """The help without the marks that keep its lines apart on a terminal."""
    return "\n".join(line.strip() for line in text.replace("\b", "").strip().splitlines())
