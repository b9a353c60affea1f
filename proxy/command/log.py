"""``holdback log``: the consent log, read and verified without a secret key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ..rules.model import ASKED
from .failure import Failure
from .options import (
    Config,
    Data,
    Json,
    Output,
    command,
    say,
    store_location,
    warn,
    write_lines,
    writing_bytes,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ...store.engine.database import Database
    from ...store.export.log_lines import Told
    from ...store.export.selection import Selection
    from ...store.log.vault import Vault
    from ...store.log.verify import Fault, Verified
    from ...store.proof.notes import Verifier

app = typer.Typer(no_args_is_help=True, help="Read and verify the consent log.")

_HOW_MANY = 10
_PURPOSES = tuple(purpose.value for purpose in ASKED)


@contextmanager
def open_log(config: Path | None, data: Path | None) -> Iterator["Database"]:
    """The log that the options name, for reading only. Raises :class:`.Failure`."""
    from ...store.engine.errors import StoreUnavailable
    from ...store.store import LOG_FILE

    where = store_location(config, data)
    try:
        with where.reading(LOG_FILE) as database:
            yield database
    except StoreUnavailable as error:
        raise Failure(f"The log in {where} can't be read: {error}.", 2) from None


def vault_of(database: "Database", config: Path | None, data: Path | None) -> "Vault | None":
    """What opens the log's records; None, with a word on standard error, where the master key is not at hand."""
    from ...store.keys.keyring import BadKeys

    try:
        return store_location(config, data).vault(database)
    except BadKeys as error:
        warn(f"what is about people is withheld: {error}.")
        return None


@command(app)
def verify(
    data: Data = None,
    config: Config = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="SAVED", help="A checkpoint that was saved elsewhere: shows that nothing was cut off."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="VKEY", help="Whose signature counts; without: the one that the log names."),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Instead of the data folder: an archive that was exported from it."
        ),
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Instead: a visitor's receipt, as JSON.")
    ] = None,
    every_signature: Annotated[
        bool,
        typer.Option("--every-signature", help="Of every checkpoint, not of the newest 1000; takes longer."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that no record was changed, dropped or reordered.

    No secret key is needed: what is about people stays encrypted, and is checked as it lies there. Exits 0 if all
    holds, else 1 with the first fault and the index of the record. Works on a read-only copy. Whoever holds the
    signing key could still rewrite the whole log: only a checkpoint that was saved elsewhere convicts them.

    `holdback log checkpoint > saved-somewhere-else.txt`

    `holdback log verify --checkpoint saved-somewhere-else.txt`

    `holdback log verify --archive consent-log.tar.gz`
    """
    from ...store.log.verify import Fault

    verifier = _verifier(key)
    if receipt is not None:
        _verify_receipt(receipt, verifier, as_json=as_json)
        return
    saved = _text(checkpoint) if checkpoint else None
    result = _verified(data, config, archive, verifier, saved, every_signature=every_signature)
    if isinstance(result, Fault):
        _refuse("log", result, as_json=as_json)
    if as_json:
        say({"ok": True, **asdict(result)})
        return
    print(f"The log holds: {result.size} records, root {result.root}.")
    print(f"Stripped to the leaf: {result.stripped}, all accounted for as erased or too old.")
    print(f"Checkpoints: {result.checkpoints}, signatures checked: {result.signatures}.")
    print(f"Signed by {result.verifier}.")
    if result.newest != result.verifier:
        print(f"The key was exchanged, each by the one before; now it is {result.newest}.")
    if key is None:
        print("No --key was given: whose signature counts is what the log itself says.")
    if checkpoint is None:
        print("No saved checkpoint was given: that nothing was cut off at the end is not shown.")


def _verifier(key: str | None) -> "Verifier | None":
    from ...store.proof.notes import BadNote, Verifier

    try:
        return Verifier.parse(key) if key else None
    except BadNote as error:
        raise Failure(f"--key is no verifier key: {error}.", 2) from None


def _verified(
    data: Path | None,
    config: Path | None,
    archive: Path | None,
    verifier: "Verifier | None",
    saved: str | None,
    *,
    every_signature: bool,
) -> "Verified | Fault":
    if archive is None:
        from ...store.log.verify import verify as verified

        with open_log(config, data) as database:
            return verified(database, verifier=verifier, saved=saved, every_signature=every_signature)
    from ...store.export.archive import check

    try:
        return check(archive, verifier=verifier, saved=saved)
    except OSError as error:
        raise Failure(f"{archive} can't be read: {error.strerror or error}.", 2) from None


def _verify_receipt(path: Path, verifier: "Verifier | None", *, as_json: bool) -> None:
    from ...store.export.archive import check_receipt
    from ...store.log.verify import Fault

    try:
        receipt = json.loads(_text(path))
    except ValueError as error:
        raise Failure(f"{path} is not JSON: {error}.", 2) from None
    result = check_receipt(receipt, verifier=verifier)
    if isinstance(result, Fault):
        _refuse("receipt", result, as_json=as_json)
    if as_json:
        say({"ok": True, "records": result})
        return
    print(f"The receipt holds: record {', '.join(map(str, result))} in the log.")
    if verifier is None:
        print("No --key was given: whose signature counts is what the receipt itself says.")


def _refuse(what: str, fault: "Fault", *, as_json: bool) -> NoReturn:
    if as_json:
        say({"ok": False, "reason": fault.reason, "index": fault.index})
    where = "" if fault.index is None else f" (index {fault.index})"
    raise Failure(f"The {what} does not hold{where}: {fault.reason}.")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} can't be read: {error}.", 2) from None


@command(app)
def show(
    index: Annotated[int | None, typer.Argument(metavar="[INDEX]", min=0, help="One record in full.")] = None,
    data: Data = None,
    config: Config = None,
    last: Annotated[
        int, typer.Option("--last", "-n", min=1, metavar="N", help="How many of the newest.")
    ] = _HOW_MANY,
    notice: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="Instead: the text of a notice exactly as it was shown, in HTML."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the newest records, one record, or the notice that a record names.

    `holdback log show --last 50`

    `holdback log show 7 --json`

    `holdback log show --notice 3f1c… > notice.html`
    """
    from ...store.export import log_lines

    with open_log(config, data) as database:
        if notice is not None:
            html = log_lines.notice(database, notice)
            if html is None:
                raise Failure(f"The log has no notice {notice}.")
            print(html.decode())
            return
        vault = vault_of(database, config, data)
        if index is not None:
            row = log_lines.one(database, vault, index)
            if row is None:
                raise Failure(f"The log has no record {index}.")
            _print_one(row, as_json=as_json)
            return
        for row in log_lines.newest(database, vault, last, warn):
            if as_json:
                print(log_lines.as_json(row))
            else:
                print(_line(row))


def _line(row: dict[str, Any]) -> str:
    if "missing" in row:
        return f"{row['index']:>7}  {row['time']}  {row['kind']:<10}  {row['missing']}"
    agreed = ", ".join(purpose for purpose, yes in row["purposes"].items() if yes) or "nothing"
    return f"{row['index']:>7}  {row['time']}  {row['kind']:<10}  {agreed}  ({row['how']}, {row['regime']})"


def _print_one(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say(row)
        return
    for name, value in row.items():
        if isinstance(value, dict):
            value = (
                ", ".join(f"{key}: {'yes' if yes else 'no'}" for key, yes in value.items()) or "none apart"
            )
        print(f"{name:>9}  {'' if value is None else value}")


@command(app)
def export(
    data: Data = None,
    config: Config = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="jsonl, csv, dpv or archive.")
    ] = "jsonl",
    output: Output = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this day or moment on, such as 2026-11-01 (UTC).")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this day or moment.")] = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Of one pseudonymous id.")] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="PURPOSE", help="That say something of this purpose.")
    ] = None,
    withhold: Annotated[
        bool, typer.Option("--withhold", help="Leave out what is about people; it verifies all the same.")
    ] = False,
) -> None:
    """Write every record, oldest first: one line of JSON each, CSV, or JSON-LD after ISO/IEC TS 27560 and DPV.

    An archive holds everything that an auditor needs, and a program that checks it without Holdback; it is always of
    the whole log. No key is in it: each record brings what was encrypted, and one hash shows that it is that.

    `holdback log export --format csv --since 2026-11-01 --until 2026-12-01 --output november.csv`

    `holdback log export --format archive --output consent-log.tar.gz`
    """
    from ...store.events.events import as_csv
    from ...store.export import dpv, log_lines
    from ...store.log.records import COLUMNS

    asked = selection(since, until, person, purpose)
    with open_log(config, data) as database:
        vault = None if withhold else vault_of(database, config, data)
        unreadable: list[str] = []
        records = asked.of(log_lines.records(database, vault, told=unreadable.append))
        rows = (record.line() for record in records)
        match format_:
            case "archive" if asked != selection():
                raise Failure(
                    "An archive is of the whole log: it can't be of a period, person or purpose.", 2
                )
            case "archive":
                _export_archive(database, vault, output, unreadable.append)
            case "jsonl":
                write_lines((f"{log_lines.as_json(row)}\n" for row in rows), output)
            case "csv":
                write_lines(as_csv(rows, COLUMNS), output)
            case "dpv":
                write_lines(dpv.document(records, log_lines.checkpoint(database) or ""), output)
            case _:
                raise Failure(f'--format must be jsonl, csv, dpv or archive, not "{format_}".', 2)
    if unreadable:
        more = f", and {len(unreadable) - 1} more" if unreadable[1:] else ""
        raise Failure(f"All was exported, but in part without what is about a person: {unreadable[0]}{more}.")


def selection(
    since: str | None = None, until: str | None = None, person: str | None = None, purpose: str | None = None
) -> "Selection":
    """The records that the options ask for. Raises :class:`.Failure` (status 2)."""
    from ...store.export.selection import Selection

    if purpose is not None and purpose not in _PURPOSES:
        raise Failure(f'--purpose must be one of {", ".join(_PURPOSES)}, not "{purpose}".', 2)
    return Selection(moment_of("--since", since), moment_of("--until", until), person, purpose)


def moment_of(option: str, text: str | None) -> "datetime | None":
    """What *option* says of time. Raises :class:`.Failure` (status 2)."""
    from ...store.export.selection import moment

    try:
        return None if text is None else moment(text)
    except ValueError:
        raise Failure(f'{option} must be a day or a moment such as 2026-11-01, not "{text}".', 2) from None


def _export_archive(database: "Database", vault: "Vault | None", output: Path | None, told: "Told") -> None:
    from ...store.export import archive

    if output is None:
        raise Failure("An archive is a file: name it with --output.", 2)
    with writing_bytes(output) as file:
        newest = archive.write(database, file, vault, told)
    print(f"{output}: {newest.size} records, root {newest.root.hex()}.")


@command(app)
def checkpoint(data: Data = None, config: Config = None, output: Output = None) -> None:
    """Print the newest signed tree head. Keep it where the log's owner can't change it.

    `holdback log checkpoint --output checkpoint.txt`
    """
    from ...store.export import log_lines

    with open_log(config, data) as database:
        note = log_lines.checkpoint(database)
    if note is None:
        raise Failure("The log has no checkpoint yet: it gets one when the proxy starts.")
    write_lines([note], output)
