"""``holdback store``: where the log and the events are kept."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from .failure import Failure
from .options import Config, Data, Json, command, say, store_location

if TYPE_CHECKING:
    from ...store.store import StoreLocation
    from ...store.upkeep.migration import Progress

app = typer.Typer(no_args_is_help=True, help="Where the consent log and the events are kept.")


@app.callback()
def _group() -> None:
    """Where the consent log and the events are kept."""


@command(app)
def migrate(
    data: Data = None,
    config: Config = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="The database; without: url in [store], and url in [events], of the settings."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Move the log and the events from SQLite to an empty PostgreSQL database, or events to ClickHouse.

    Records keep their indices, checkpoints and proofs: what anybody saved of the log before still fits it. The copy is
    verified before it counts. The old files are renamed to log.db.moved and events.db.moved, and are yours to delete.
    Keys stay in the data folder: copy it, without those files, to every host that shares the database.

    To ClickHouse only the events go; the keys that open them stay where they are. Stop the proxy before.

    `holdback store migrate --to postgresql://holdback@db.internal/holdback`

    `holdback store migrate --to clickhouse://holdback@db.internal:8123/holdback`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys

    where = store_location(config, data)
    total = 0
    try:
        moves = list(_moves(where, to))
        if not moves:
            raise Failure("Where to is not said: give --to URL, or url in [store] or [events].", 2)
        for label, steps in moves:
            total += _shown(label, steps)
    except (StoreUnavailable, BadKeys, ValueError) as error:
        what = "The log was moved, but the events were not" if total else "Nothing was moved"
        raise Failure(f"{what}: {error}.") from None
    if as_json:
        say({"rows": total})
    else:
        tables = " and ".join(f"[{table}]" for table in dict.fromkeys(_TABLES[label] for label, _ in moves))
        print(f"Moved: {total} rows. The log holds. Set url in {tables}, and start the proxy.")


_TABLES = {"Rows": "store", "Events": "events"}
"""Where an address belongs in the settings, by what is shown of its move."""


def _moves(where: "StoreLocation", to: str | None) -> Iterator[tuple[str, Iterator["Progress"]]]:
    """What is to be moved, in order."""
    from ...store.engine.addresses import is_clickhouse
    from ...store.store import LOG_FILE
    from ...store.upkeep.migration import move

    events_url = to if to and is_clickhouse(to) else "" if to else where.events_url
    url = "" if events_url == to else to or where.url
    if url and (to or not events_url or (where.folder / LOG_FILE).exists()):
        yield "Rows", move(where.folder, url)
    if events_url:
        yield "Events", _events_moved(replace(where, events_url=events_url))


def _events_moved(where: "StoreLocation") -> Iterator["Progress"]:
    from ...store.upkeep.migration import move_rows

    with where.event_tables() as tables:
        yield from move_rows(tables)


def _shown(label: str, steps: Iterator["Progress"]) -> int:
    """Take the *steps*, and show how far it is; how many rows were moved."""
    first = next(steps, None)
    if first is None:
        return 0
    with typer.progressbar(length=first.total, label=label, file=sys.stderr) as bar:
        for step in steps:
            bar.update(step.done - bar.pos)
    return first.total
