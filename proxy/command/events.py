"""``holdback events``: the first-party events that visitors agreed to."""

from typing import Annotated

import typer

from .failure import Failure
from .options import Config, Data, Output, command, place, write_lines

app = typer.Typer(no_args_is_help=True, help="Read the first-party events.")


@app.callback()
def _group() -> None:
    """Read the first-party events."""


@command(app)
def export(
    data: Data = None,
    config: Config = None,
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="jsonl or csv.")] = "jsonl",
    output: Output = None,
) -> None:
    """Write every stored event, oldest first: one line of JSON each, or CSV.

    `holdback events export | jq -r .event | sort | uniq -c`
    """
    from ...store.errors import StoreUnavailable
    from ...store.events import as_csv, stored
    from ...store.export import as_json
    from ...store.store import EVENTS_FILE

    where = place(config, data)
    if format_ not in ("jsonl", "csv"):
        raise Failure(f'--format must be jsonl or csv, not "{format_}".', 2)
    try:
        with where.reading(EVENTS_FILE) as database:
            rows = stored(database)
            write_lines(as_csv(rows) if format_ == "csv" else (f"{as_json(row)}\n" for row in rows), output)
    except StoreUnavailable as error:
        raise Failure(f"The events in {where} can't be read: {error}.", 2) from None
