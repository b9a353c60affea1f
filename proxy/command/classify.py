"""``holdback site classify``: the owner says what a host, a cookie or a storage key of their site is for."""

import difflib
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..rules import wide
from ..rules.model import Purpose
from .failure import Failure
from .options import Config, Json, command, say, warn

if TYPE_CHECKING:
    from ..settings.editing import Field

_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+(/\S*)?", re.IGNORECASE)
_STORAGE = "storage:"
_DRY = "Show what would change, and change nothing."


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(classify)


def classify(
    thing: Annotated[
        str,
        typer.Argument(
            metavar="HOST-or-COOKIE",
            help="As `holdback site` prints it; * stands for any letters. A storage key is storage:KEY.",
        ),
    ],
    purpose: Annotated[
        Purpose,
        typer.Argument(metavar="PURPOSE", help="necessary, preferences, analytics, marketing or media."),
    ],
    config: Config = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What visitors know the service by; else a guess.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help=_DRY)] = False,
    as_json: Json = False,
) -> None:
    """Say what a host, a cookie or a storage key is for: show the `[[service]]` that says so, and write it into the
    settings file.

    A service of that name gets it added. What is not necessary is held from the next start on, and asked about.

    `holdback site classify cdn.widget.example preferences --name "Acme Chat" --config holdback.toml`

    `holdback site classify 'acme_*' analytics --config holdback.toml --dry-run`

    `holdback site classify storage:theme necessary --config holdback.toml`
    """
    from ..settings.editing import NotEditable, with_thing
    from ..settings.sources import SettingsError, load

    if config is None:
        raise Failure(
            "There is no settings file to write to: name it with --config; it is made if it is not there.", 2
        )
    field, thing = _field_of(thing)
    before = _read(config)
    try:
        after = with_thing(before, field, thing, purpose.value, name or _guess(field, thing))
    except NotEditable as error:
        raise Failure(f"{config} can't be changed: {error}.") from None
    partial = config.with_name(f"{config.name}.partial")
    try:
        partial.write_text(after, "utf-8")
        if config.exists():
            shutil.copymode(config, partial)
        load(partial)
        if not dry_run:
            partial.replace(config.resolve())
    except SettingsError as error:
        raise Failure(f"Nothing was changed: {str(error).replace(str(partial), str(config))}", 2) from None
    except OSError as error:
        raise Failure(f"{config} can't be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)
    _tell(config, before, after, is_dry=dry_run, as_json=as_json)


def _field_of(thing: str) -> "tuple[Field, str]":
    """Which field of a ``[[service]]`` *thing* belongs into, and its name there."""
    name = thing.removeprefix(_STORAGE)
    if not name.strip("*. "):
        raise Failure(
            f'"{thing}" is no host, cookie or storage key: name one, such as cdn.widget.example, acme_* or '
            "storage:acme.id.",
            2,
        )
    if name != thing:
        return "storage", name
    return ("hosts" if _HOST.fullmatch(thing) else "cookies"), thing


def _read(config: Path) -> str:
    try:
        return config.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{config} can't be read: {error}.", 2) from None


def _guess(field: str, thing: str) -> str:
    """Whose it is said to be; else its own name."""
    bare = thing.removeprefix("*.")
    fact = None
    if field == "hosts":
        fact = wide.address(bare.partition("/")[0].lower(), "/")
    elif field == "cookies":
        fact = wide.cookie(thing)
    return fact.whose if fact else bare


def _tell(config: Path, before: str, after: str, *, is_dry: bool, as_json: bool) -> None:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), str(config), str(config)
    )
    if as_json:
        say({"config": str(config), "changed": before != after and not is_dry, "diff": "".join(lines)})
        return
    sys.stdout.writelines(lines)
    if before == after:
        print(f"{config} says so already.")
    elif not is_dry:
        warn(f"{config} is changed; `holdback serve` takes it up when it starts again.")
