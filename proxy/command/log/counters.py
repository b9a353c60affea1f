"""``holdback log counters``: what was held and released, as the log's signed counters say."""

from typing import Annotated

import typer

from ..failure import Failure
from ..options import Config, Data, Json, command, say
from .opening import open_log, selection


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
    as_json: Json = False,
) -> None:
    """Add up what the proxy held back and released, by kind and service, and say whether anything escaped.

    Every process writes its counters into the log each minute, as a record like all others, so that they are signed
    with it. What escaped is measured behind the gate, by code of its own; exits 1 if it is not zero.

    `holdback log counters --since 2026-11-01`
    """
    from ....store.export import log_lines
    from ....store.log.counters import added_up

    asked = selection(since, until)
    with open_log(config, data) as database:
        sums = added_up(asked.of(log_lines.records(database, None)))
    if as_json:
        say({"records": sums.records, "escaped": sums.escaped if sums.records else None, **sums.nested()})
    else:
        for (fate, kind, service), count in sorted(sums.counts.items()):
            print(f"{count:>10}  {fate:<8}  {kind:<16}  {service}")
        if sums.records:
            print(f"{sums.escaped} escaped, by {sums.records} records of the log.")
        else:
            print("No counters are in the log for this time: whether anything escaped is not known.")
    if sums.escaped:
        raise Failure("Held things went out: this is a fault of Holdback. Please report it.")
