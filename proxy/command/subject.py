"""``holdback subject``: what is kept of one person, for them to have, take back or have forgotten.

GDPR Art. 7(3), 15, 17, 20.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failure import Failure
from .options import Config, Data, Json, Output, Whom, command, disclosed, say, store_location, write_lines

if TYPE_CHECKING:
    from ...store.store import Store, StoreLocation

app = typer.Typer(no_args_is_help=True, help="Export, withdraw or erase what is kept of one person.")

Id = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="Their identifier, as their receipt and `log show` have it."),
]
Called = Annotated[
    str | None,
    typer.Option(
        "--person",
        metavar="NAME",
        help="Instead of ID: what an analytics SDK calls them, such as the id of their account.",
    ),
]


@app.callback()
def _group() -> None:
    """Export, withdraw or erase what is kept of one person."""


@command(app)
def export(
    id_: Id = None,
    person: Called = None,
    data: Data = None,
    config: Config = None,
    output: Output = None,
    whom: Whom = None,
) -> None:
    """Write all that is kept of a person: their records, then their events, a line of JSON each.

    With --person, those of every browser in which they agreed and the site said who they are, and what the site's own
    server said of them. Anybody's browser can say so: look at it before you hand it out.

    A record that it was handed out is kept with theirs; `--for` says to whom.

    `holdback subject export 6f9c… --output theirs.jsonl`

    `holdback subject export --person ada@example.com`
    """
    from ...store.export.log_lines import as_json

    where = store_location(config, data)
    whose = _whose(where, id_, person)
    with _told(f"The data in {where} can't be read", 2):
        rows = list(_kept(where, whose))
    if not rows:
        raise Failure(f"Nothing is kept of {whose.name}.")
    for visitor in whose.visitors:
        disclosed(where, "subject export", whom, person=visitor, rows=len(rows))
    write_lines((f"{as_json(row)}\n" for row in rows), output)


@command(app)
def withdraw(
    id_: Id = None, person: Called = None, data: Data = None, config: Config = None, as_json: Json = False
) -> None:
    """Take back for a person all that they have agreed to, as they asked you to by mail or on the telephone.

    A withdrawal is recorded, as one of their own would be. Every copy of their cookie grants nothing from now on, and
    what your server says of them is held. They are asked again when they come back. What was stored until now stays;
    `holdback subject erase` forgets it.

    `holdback subject withdraw 6f9c…`

    `holdback subject withdraw --person ada@example.com`
    """
    where = store_location(config, data)
    whose = _whose(where, id_, person)
    with _opened(where, whose, "Nothing was taken back") as store:
        done = store.withdraw(*whose.visitors)
    if as_json:
        say({"indexes": done})
    elif done:
        print(f"Taken back. {_says(done)}")
    else:
        print(f"{whose.name} agrees to nothing any more: there was nothing to take back.")


@command(app)
def erase(
    id_: Id = None, person: Called = None, data: Data = None, config: Config = None, as_json: Json = False
) -> None:
    """Forget a person: their events, their keys, and all that the log keeps of them.

    The log still verifies: what stays of a record says nothing about anybody. A record that somebody was erased is
    added. Their cookie grants nothing from now on, wherever a copy of it survives; a running proxy knows within a
    second. What backups hold of the log stays encrypted, by a key that is in them as well; backups and exports that
    were made before are yours to clean. If a backup of the events is put back, theirs are erased again.

    `holdback subject erase 6f9c…`

    `holdback subject erase --person ada@example.com`
    """
    where = store_location(config, data)
    whose = _whose(where, id_, person)
    with _opened(where, whose, "Nothing was erased") as store:
        done = store.erase(*whose.visitors, people=whose.people)
    if as_json:
        say(
            {
                "records": done.records,
                "events": done.events,
                "index": done.indexes[0] if done.indexes else None,
                "indexes": done.indexes,
                "settled": done.settled,
            }
        )
    else:
        print(f"Erased: {done.records} records, {done.events} events. {_says(done.indexes)}".rstrip())
    if not done.settled:
        raise Failure(
            "It is erased, but others kept reading, and a write-ahead log still holds traces: restart the proxy."
        )


def _says(indexes: tuple[int, ...]) -> str:
    named = ", ".join(str(index) for index in indexes)
    return (
        "" if not indexes else f"Record {named} says so." if len(indexes) == 1 else f"Records {named} say so."
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """The people who are meant: ids of visitors, and what SDKs call them; ``name`` is what the owner called them."""

    name: str
    visitors: tuple[str, ...]
    people: tuple[str, ...] = ()


def _whose(where: "StoreLocation", id_: str | None, person: str | None) -> _Subject:
    from ...store.events.people import visitors_called
    from ...store.store import LOG_FILE

    if bool(id_) == bool(person):
        raise Failure("Say who is meant: give their ID, or --person NAME.", 2)
    if id_:
        return _Subject(id_, (id_,))
    assert person is not None
    unreadable = f"The data in {where} can't be read"
    with _told(unreadable, 2), where.reading(LOG_FILE) as log, where.reading_events() as events:
        vault = where.vault(log)
        visitors = visitors_called(log, events, vault, person) if vault is not None else []
    return _Subject(person, tuple(visitors), (person,))


@contextmanager
def _told(what: str, status: int) -> Iterator[None]:
    """Whatever keeps the store from being used is told after *what*."""
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys

    try:
        yield
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"{what}: {error}.", status) from None


@contextmanager
def _opened(where: "StoreLocation", whose: _Subject, trouble: str) -> Iterator["Store"]:
    """The store, to change what is kept of them; *trouble* says what failed where it can't be had."""
    with _told(trouble, 1):
        if next(_kept(where, whose), None) is None:
            raise Failure(f"Nothing is kept of {whose.name}.")
        store = where.open()
        try:
            yield store
        finally:
            store.close()


def _kept(where: "StoreLocation", whose: _Subject) -> Iterator[dict[str, Any]]:
    from ...store.events.events import stored
    from ...store.export.log_lines import lines
    from ...store.store import LOG_FILE

    with where.reading(LOG_FILE) as log:
        vault = where.vault(log)
        for visitor in whose.visitors:
            for row in lines(log, vault, visitor):
                yield {"what": "record", **row}
        with where.reading_events() as events:
            for row in stored(events, vault, whose.visitors, whose.people):
                yield {"what": "event", **row}
