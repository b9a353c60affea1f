"""Options that several commands share, and the settings that they amount to."""

import getpass
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from .failure import Failure

if TYPE_CHECKING:
    from ...store.store import StoreLocation
    from ..settings.model import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML; HOLDBACK_… variables and flags win."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the consent log, the events and the keys."),
]
Upstream = Annotated[
    str | None, typer.Option("--upstream", metavar="URL", help="The site, such as http://127.0.0.1:9000.")
]
Json = Annotated[bool, typer.Option("--json", help="Say it in JSON.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE instead of standard output."),
]

Whom = Annotated[
    str | None,
    typer.Option("--for", metavar="WHOM", help="Who gets it: a record of the log says so."),
]


def command[F: Callable[..., None]](app: typer.Typer) -> Callable[[F], F]:
    """Make a function a command of *app*, its docstring the help: paragraphs, not the lines of the source."""

    def register(function: F) -> F:
        paragraphs = (function.__doc__ or "").split("\n\n")
        app.command(help="\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs))(function)
        return function

    return register


def data_folder(config: Path | None, data: Path | None) -> Path:
    """The folder that a command reads. Raises :class:`.Failure` (status 2) where there is none."""
    folder = data if data is not None else _settings(config).data
    if not folder.is_dir():
        raise Failure(f"There is no data folder at {folder}: name it with --data, or with --config.", 2)
    return folder


def store_location(config: Path | None, data: Path | None) -> "StoreLocation":
    """The store that a command works on. Raises :class:`.Failure` (status 2) where there is none."""
    return replace(_settings(config).store_location(), folder=data_folder(config, data))


def disclosed(
    where: "StoreLocation", what: str, whom: str | None, *, person: str = "", **details: object
) -> None:
    """Put on record that *what* is handed out, to *whom*; where that can't be done, a sentence says so."""
    from ...store.engine.errors import StoreUnavailable
    from ...store.log.disclosures import disclose

    try:
        by = getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in containers
        by = str(os.getuid())
    try:
        disclose(where.folder, what, person=person, by=by, to=whom, **details)
    except (StoreUnavailable, OSError) as error:
        warn(f"that this was handed out is not on record: {error}.")


def _settings(config: Path | None) -> "Settings":
    from ..settings.sources import load

    return load(config)


@contextmanager
def writing(output: Path | None) -> Iterator[IO[str]]:
    """Standard output, or *output*, which is complete or absent when the command ends."""
    if output is None:
        yield sys.stdout
        return
    with writing_bytes(output) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        yield text


@contextmanager
def writing_bytes(output: Path) -> Iterator[IO[bytes]]:
    """*output*, which is complete or absent when the command ends."""
    partial = output.with_name(output.name + ".partial")
    try:
        with open(partial, "wb", opener=_private) as file:
            yield file
        partial.replace(output)
    except OSError as error:
        raise Failure(f"{output} can't be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    """What is exported is about people: nobody else may read it."""
    return os.open(path, flags, 0o600)


def write_lines(lines: Iterable[str], output: Path | None) -> None:
    """Write *lines* as they come."""
    with writing(output) as file:
        file.writelines(lines)


def say(fact: object) -> None:
    """One fact as a line of JSON."""
    print(json.dumps(fact, ensure_ascii=False))


def warn(sentence: str) -> None:
    """A sentence on standard error that does not end the command."""
    print(f"holdback: {sentence}", file=sys.stderr)
