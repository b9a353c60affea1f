"""``holdback store``: where the log and the events are kept."""

import sys
from typing import Annotated

import typer

from .failure import Failure
from .options import Config, Data, Json, command, say, store_location

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
        typer.Option(metavar="URL", help="The PostgreSQL database; without: [store] url of the settings."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Move the log and the events from SQLite to an empty PostgreSQL database.

    Records keep their indices, checkpoints and proofs: what anybody saved of the log before still fits it. The copy is
    verified before it counts. The old files are renamed to log.db.moved and events.db.moved, and are yours to delete.
    Keys stay in the data folder: copy it, without those files, to every host that shares the database.

    `holdback store migrate --to postgresql://holdback@db.internal/holdback`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.upkeep.migration import move

    where = store_location(config, data)
    url = to or where.url
    if not url:
        raise Failure("Where to is not said: give --to URL, or url in [store].", 2)
    try:
        steps = move(where.folder, url)
        total = 0
        if (first := next(steps, None)) is not None:
            total = first.total
            with typer.progressbar(length=total, label="Rows", file=sys.stderr) as bar:
                for step in steps:
                    bar.update(step.done - bar.pos)
    except (StoreUnavailable, ValueError) as error:
        raise Failure(f"Nothing was moved: {error}.") from None
    if as_json:
        say({"rows": total})
    else:
        print(f"Moved: {total} rows. The log holds there. Set url in [store], and start the proxy.")
