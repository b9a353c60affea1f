"""``holdback events``: the first-party events that visitors agreed to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failure import Failure
from .log.opening import moment_of
from .options import (
    Config,
    Data,
    Json,
    Output,
    Whom,
    command,
    disclosed,
    say,
    store_location,
    write_lines,
    writing_bytes,
)

if TYPE_CHECKING:
    from ...store.events.figures import Period
    from ...store.events.tables import EventTables

app = typer.Typer(no_args_is_help=True, help="Read the first-party events.")


@app.callback()
def _group() -> None:
    """Read the first-party events."""


@command(app)
def export(
    data: Data = None,
    config: Config = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="jsonl, csv, or parquet, which needs --output.")
    ] = "jsonl",
    output: Output = None,
    whom: Whom = None,
) -> None:
    """Write every stored event, oldest first: one line of JSON each, CSV, or a Parquet file.

    `holdback events export | jq -r .event | sort | uniq -c`

    `holdback events export --format parquet --output events.parquet`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.events.events import stored
    from ...store.export.csv_lines import as_csv
    from ...store.export.log_lines import as_json
    from ...store.keys.keyring import BadKeys
    from ...store.store import LOG_FILE

    where = store_location(config, data)
    if format_ not in ("jsonl", "csv", "parquet"):
        raise Failure(f'--format must be jsonl, csv or parquet, not "{format_}".', 2)
    if format_ == "parquet" and output is None:
        raise Failure("A Parquet file is a file: name it with --output.", 2)
    try:
        with where.reading(LOG_FILE) as log, where.reading_events() as database:
            vault = where.vault(log)
            if whom:
                disclosed(where, "events export", whom, format=format_)
            rows = stored(database, vault)
            if format_ == "parquet":
                _write_parquet(rows, output)
                return
            write_lines(as_csv(rows) if format_ == "csv" else (f"{as_json(row)}\n" for row in rows), output)
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"The events in {where} can't be read: {error}.", 2) from None


def _write_parquet(rows: Iterator[dict[str, Any]], output: Path | None) -> None:
    from ...store.events.events import COLUMNS, TIMES

    try:
        from ...store.export import parquet
    except ModuleNotFoundError:
        raise Failure('Parquet needs the extra "parquet": pip install "holdback[parquet]".', 2) from None
    assert output is not None
    with writing_bytes(output) as file:
        parquet.write(rows, COLUMNS, TIMES, file)


_LOOKS = 0.5
"""Seconds between two looks for new events."""
_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}

Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="From this day or moment on (UTC); else the last 30 days."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this day or moment.")]


@command(app)
def top(
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="WHAT",
            help="name, path, referrer, source, medium, campaign, device or country.",
        ),
    ] = "name",
    since: Since = None,
    until: Until = None,
    last: Annotated[int, typer.Option("--last", "-n", min=1, max=1000, metavar="N", help="How many.")] = 20,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show the commonest events, or where most happened, came from or were made, with how many visitors they were of.

    `holdback events top --by path --since 2026-11-01`

    `holdback events top --by referrer`
    """
    from ...store.events import figures

    if by not in figures.BY:
        *others, last_one = figures.BY
        raise Failure(f'--by must be {", ".join(others)} or {last_one}, not "{by}".', 2)
    with _reading(config, data) as events:
        found = figures.top(events, _period(since, until), by, last)
    if as_json:
        say([{by: name, "events": many, "visitors": people} for name, many, people in found])
        return
    for name, many, people in found:
        print(f"{many:>9}  {people:>8} visitors  {name or '(none)'}")
    if not found:
        print("No event is stored for this time.")


@command(app)
def trend(
    event: Annotated[str | None, typer.Argument(metavar="[EVENT]", help="Of one name; else of all.")] = None,
    by: Annotated[str, typer.Option("--by", metavar="STEP", help="hour, day or week.")] = "day",
    since: Since = None,
    until: Until = None,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show how many events there were, step by step, with how many visitors they were of.

    `holdback events trend "page view" --by week`
    """
    from ...store.events import figures

    if by not in _STEPS:
        raise Failure(f'--by must be hour, day or week, not "{by}".', 2)
    with _reading(config, data) as events:
        step = int(_STEPS[by].total_seconds() * 1000)
        found = figures.trend(events, _period(since, until), step, event)
    if as_json:
        say([{"from": start, "events": many, "visitors": people} for start, many, people in found])
        return
    most = max((many for _, many, _ in found), default=0) or 1
    for start, many, people in found:
        print(f"{start:<17}  {many:>9}  {people:>8} visitors  {'#' * round(40 * many / most)}")


@command(app)
def live(
    last: Annotated[
        int,
        typer.Option("--last", "-n", min=0, max=1000, metavar="N", help="Begin with so many that are there."),
    ] = 10,
    data: Data = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show events as they are stored, until you press Ctrl-C: whether an SDK is set up right shows in a second.

    `holdback events live`

    `holdback events live --json | jq .properties`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.events.events import following, newest
    from ...store.keys.keyring import BadKeys
    from ...store.store import LOG_FILE

    where = store_location(config, data)
    try:
        with where.reading(LOG_FILE) as log:
            vault = where.vault(log)
        after: int | None = None
        while True:
            with where.reading_events() as events:  # anew: it may be another file since the last look
                there = newest(events)  # less than before where the newest were deleted
                after = max(there - last, 0) if after is None else min(after, there)
                for number, _, event in following(events, vault, after):
                    print(_live_line(event, as_json=as_json), flush=True)
                    after = number
            time.sleep(_LOOKS)
    except KeyboardInterrupt:
        return
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"The events in {where} can't be read: {error}.", 2) from None


def _live_line(event: dict[str, Any], *, as_json: bool) -> str:
    from ...store.export.log_lines import as_json as line

    if as_json:
        return line(event)
    whose = event["person"] or event["visitor"] or "(nobody)"
    parts = (event["time"], event["event"], event["path"], whose, event["device"])
    return "  ".join(_one_line(part) for part in parts if part)


def _one_line(text: str) -> str:
    """What a page has sent must not move the terminal's cursor."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


@contextmanager
def _reading(config: Path | None, data: Path | None) -> Iterator["EventTables"]:
    from ...store.engine.errors import StoreUnavailable

    where = store_location(config, data)
    try:
        with where.reading_events() as database:
            yield database
    except StoreUnavailable as error:
        raise Failure(f"The events in {where} can't be read: {error}.", 2) from None


def _period(since: str | None, until: str | None) -> "Period":
    from ...store.events.figures import Period

    end = moment_of("--until", until) or datetime.now(UTC) + timedelta(seconds=1)
    midnight = end.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = moment_of("--since", since) or midnight - timedelta(days=29)
    if start >= end:
        raise Failure("--since must be before --until.", 2)
    return Period(int(start.timestamp() * 1000), int(end.timestamp() * 1000))
