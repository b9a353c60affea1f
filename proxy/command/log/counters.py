"""``holdback log counters``: what was held and released, as the log's signed counters say."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..failure import Failure
from ..options import Config, Data, Json, command, say
from .opening import open_log, selection

if TYPE_CHECKING:
    from ....store.log.counters import Sums

ENDS = {
    "clean": "ended as asked",
    "crash": "died, of which up to a second of counts is lost",
    "open": "of which no end is told: they run, or their machine went away",
}
"""How processes ended, in words."""


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(counters)


def counters(
    data: Data = None,
    config: Config = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this day or moment on, such as 2026-11-01 (UTC).")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this day or moment.")] = None,
    after: Annotated[
        Path | None,
        typer.Option("--after", metavar="SAVED", help="Behind the records that this checkpoint covers."),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option("--before", metavar="SAVED", help="Only records that this checkpoint covers."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add up what the proxy held back and released, by kind and service, and say whether anything escaped.

    Every process writes its counters into the log each minute, as a record like all others, so that they are signed
    with it. What escaped is measured behind the gate, by code of its own; exits 1 if it is not zero. A process that is
    killed loses a second of its counts at most. The records are numbered, and the last one says how the process ended:
    what is missing is told.

    `holdback log counters --since 2026-11-01`

    `holdback log counters --after monday.txt --before friday.txt`
    """
    from ....store.export import log_lines
    from ....store.log.counters import added_up

    asked = selection(since, until)
    first, last = _size(after, 0), _size(before, None)
    with open_log(config, data) as database:
        records = islice(log_lines.records(database, None), first, last)
        sums = added_up(asked.of(records))
    if as_json:
        say(
            {
                "records": sums.records,
                "escaped": sums.escaped if sums.records else None,
                "missing": sums.missing,
                "ends": {end: sums.ends.get(end, 0) for end in ENDS},
                **sums.nested(),
            }
        )
    else:
        _print(sums)
    if sums.escaped:
        raise Failure("Held things went out: this is a fault of Holdback. Please report it.")


def _print(sums: "Sums") -> None:
    for (outcome, kind, service), count in sorted(sums.counts.items()):
        print(f"{count:>10}  {outcome:<8}  {kind:<16}  {service}")
    if not sums.records:
        print("No counters are in the log for this time: whether anything escaped is not known.")
        return
    print(f"{sums.escaped} escaped, by {sums.records} records of the log.")
    if sums.missing:
        print(f"Missing: {sums.missing} records between others of the same process.")
    ends = (f"{sums.ends[end]} {words}" for end, words in ENDS.items() if sums.ends.get(end))
    if told := ", ".join(ends):
        print(f"Processes: {told}.")


def _size(checkpoint: Path | None, otherwise: int | None) -> int | None:
    from ....store.proof.notes import BadNote, Checkpoint

    if checkpoint is None:
        return otherwise
    try:
        return Checkpoint.parse(checkpoint.read_text("utf-8")).size
    except (OSError, UnicodeDecodeError, BadNote) as error:
        raise Failure(f"{checkpoint} is no checkpoint that can be read: {error}.", 2) from None
