"""``holdback subject``: what is kept of one person, for them to have or to be forgotten (GDPR Art. 15, 17, 20)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failure import Failure
from .options import Config, Data, Json, Output, Whom, command, disclosed, say, store_location, write_lines

if TYPE_CHECKING:
    from ...store.store import StoreLocation

app = typer.Typer(no_args_is_help=True, help="Export or erase what is kept of one person.")

Id = Annotated[
    str, typer.Argument(metavar="ID", help="Their identifier, as their receipt and `log show` have it.")
]


@app.callback()
def _group() -> None:
    """Export or erase what is kept of one person."""


@command(app)
def export(
    id_: Id, data: Data = None, config: Config = None, output: Output = None, whom: Whom = None
) -> None:
    """Write all that is kept of a person: their records, then their events, a line of JSON each.

    A record that it was handed out is kept with theirs; `--for` says to whom.

    `holdback subject export 6f9c… --output theirs.jsonl`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.export.log_lines import as_json
    from ...store.keys.keyring import BadKeys

    where = store_location(config, data)
    try:
        rows = list(_kept(where, id_))
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"The data in {where} can't be read: {error}.", 2) from None
    if not rows:
        raise Failure(f"Nothing is kept of {id_}.")
    disclosed(where, "subject export", whom, person=id_, rows=len(rows))
    write_lines((f"{as_json(row)}\n" for row in rows), output)


@command(app)
def erase(id_: Id, data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """Forget a person: their events, their key, and all that the log keeps of them.

    The log still verifies: what stays of a record says nothing about anybody. A record that somebody was erased is
    added. Their cookie grants nothing from now on, wherever a copy of it survives; a running proxy knows within a
    second. What backups hold of the log stays encrypted, by a key that
    is in them as well; backups and exports that were made before are yours to clean.

    `holdback subject erase 6f9c…`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys

    where = store_location(config, data)
    try:
        if next(_kept(where, id_), None) is None:
            raise Failure(f"Nothing is kept of {id_}.")
        store = where.open()
        try:
            done = store.erase(id_)
        finally:
            store.close()
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"Nothing was erased: {error}.") from None
    if as_json:
        say({"records": done.records, "events": done.events, "index": done.index, "settled": done.settled})
    else:
        print(f"Erased: {done.records} records, {done.events} events. Record {done.index} says so.")
    if not done.settled:
        raise Failure(
            "It is erased, but others kept reading, and a write-ahead log still holds traces: restart the proxy."
        )


def _kept(where: "StoreLocation", person: str) -> Iterator[dict[str, Any]]:
    from ...store.events.events import stored
    from ...store.export.log_lines import lines
    from ...store.store import EVENTS_FILE, LOG_FILE

    if not person:
        return  # records that are about nobody
    with where.reading(LOG_FILE) as database:
        for row in lines(database, where.vault(database), person):
            yield {"what": "record", **row}
    with where.reading(EVENTS_FILE) as database:
        for row in stored(database, person):
            yield {"what": "event", **row}
