"""``holdback log export``: records for other programs, and the archive for auditors."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..failure import Failure
from ..options import (
    Config,
    Data,
    Output,
    Whom,
    command,
    disclosed,
    store_location,
    write_lines,
    writing_bytes,
)
from .opening import open_log, selection, vault_of

if TYPE_CHECKING:
    from ....store.engine.database import Database
    from ....store.export.log_lines import Told
    from ....store.log.vault import Vault


def register(app: typer.Typer) -> None:
    """Add the command to ``holdback log``."""
    command(app)(export)


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
    whom: Whom = None,
) -> None:
    """Write every record, oldest first: one line of JSON each, CSV, or JSON-LD after ISO/IEC TS 27560 and DPV.

    An archive holds everything that an auditor needs, and a program that checks it without Holdback; it is always of
    the whole log. No key is in it: each record brings what was encrypted, and one hash shows that it is that.

    Where somebody else gets what is about people, say who: `--for "Example Auditors"` puts it on record.

    `holdback log export --format csv --since 2026-11-01 --until 2026-12-01 --output november.csv`

    `holdback log export --format archive --output consent-log.tar.gz`
    """
    from ....store.export import dpv, log_lines
    from ....store.export.csv_lines import as_csv
    from ....store.log.records import COLUMNS

    asked = selection(since, until, person, purpose)
    with open_log(config, data) as database:
        vault = None if withhold else vault_of(database, config, data)
        if whom and vault is not None:
            period = {"since": since, "until": until, "purpose": purpose}
            where = store_location(config, data)
            disclosed(where, "log export", whom, person=person or "", format=format_, **period)
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


def _export_archive(database: "Database", vault: "Vault | None", output: Path | None, told: "Told") -> None:
    from ....store.export import archive

    if output is None:
        raise Failure("An archive is a file: name it with --output.", 2)
    with writing_bytes(output) as file:
        newest = archive.write(database, file, vault, told)
    print(f"{output}: {newest.size} records, root {newest.root.hex()}.")
