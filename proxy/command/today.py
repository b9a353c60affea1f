"""``holdback today``: one screen of what happened on the site, what is new, and what is wrong."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failure import Failure
from .options import Config, Data, Json, command, say, store_location

if TYPE_CHECKING:
    from ...store.engine.database import Database
    from ...store.events.figures import Answers, Period, Visits
    from ...store.events.tables import EventTables
    from ...store.site.inventory import Seen
    from ...store.store import StoreLocation

_MOST = 12
"""Services and new things that are shown; ``--json`` has all."""


@dataclass(frozen=True, slots=True)
class Day:
    """What there is to show. ``services`` says for each what was held, released and escaped."""

    since: str
    answers: "Answers"
    visits: "Visits"
    services: dict[str, dict[str, int]]
    counted: bool
    new: list[dict[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(today)


def today(
    data: Data = None,
    config: Config = None,
    days: Annotated[
        int,
        typer.Option(
            "--days", min=1, max=400, metavar="N", help="The last N days; 1 is today, from midnight on."
        ),
    ] = 1,
    as_json: Json = False,
) -> None:
    """Show what happened: answers, what was held and released, visitors, what is new on the site, what is wrong.

    Views and visitors are those of people who have agreed to statistics: beside them stands how many do.

    `holdback today`

    `holdback today --days 30 --json`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.events.figures import Period

    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=days - 1)
    where = store_location(config, data)
    period = Period(int(since.timestamp() * 1000), int(time.time() * 1000) + 1)
    try:
        day = _day(where, period, since.isoformat(timespec="minutes"), config, data)
    except StoreUnavailable as error:
        raise Failure(f"The data in {where} can't be read: {error}.", 2) from None
    if as_json:
        say(_fact(day))
    else:
        _show(day)


def _day(where: "StoreLocation", period: "Period", since: str, config: Path | None, data: Path | None) -> Day:
    from ...store.events import figures
    from ...store.site.inventory import Inventory
    from ...store.store import LOG_FILE
    from .log.opening import vault_of

    with where.reading(LOG_FILE) as log, where.reading_events() as events:
        answers, sums = figures.answers(log, vault_of(log, config, data), period)
        visits = figures.visits(events, period)
        new = [_thing(one) for one in Inventory(log).all() if one.first_ms >= period.since]
        wrong = list(_wrong(log, where, sums.escaped))
        wrong.extend(_not_passed_on(events, config, data))
    return Day(since, answers, visits, figures.by_service(sums), bool(sums.records), new, wrong)


def _thing(one: "Seen") -> dict[str, str]:
    return {"kind": one.kind.value, "name": one.name, "service": one.service}


def _wrong(log: "Database", where: "StoreLocation", escaped: int) -> Iterator[str]:
    from ...store.keys.keyring import loose
    from ...store.log.spool import FILE, Spool
    from ...store.log.start_check import amiss

    if reason := amiss(log):
        yield reason
    if escaped:
        yield f"{escaped} held things went out: this is a fault of Holdback. Please report it"
    if (where.folder / FILE).exists() and not (spool := Spool(where.folder)).is_empty:
        yield f"{len(spool.entries())} refusals wait for the log"
    for path in loose(where.folder):
        yield f"{path} can be read by others than its owner: chmod 600 {path}"


def _not_passed_on(events: "EventTables", config: Path | None, data: Path | None) -> Iterator[str]:
    from ...store.events.outbox import state
    from ..settings.sources import load

    if relay := load(config, {"data": data}).events.relay:
        found = state(events, relay)
        if found is not None and found.trouble:
            since = datetime.fromtimestamp(found.since_ms / 1000).astimezone().isoformat(timespec="minutes")
            yield f"{found.trouble}, since {since}; {found.waiting} wait"


def _fact(day: Day) -> dict[str, Any]:
    rate = day.answers.rate
    return {
        "since": day.since,
        "answers": dict(day.answers.kinds),
        "consent_rate": None if rate is None else round(rate, 4),
        "unread": day.answers.unread,
        **asdict(day.visits),
        "services": day.services,
        "counted": day.counted,
        "new": day.new,
        "wrong": day.wrong,
    }


def _show(day: Day) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    rate = (
        "nobody has answered"
        if day.answers.rate is None
        else f"{day.answers.rate:.0%} of the answers allow statistics"
    )
    console.print(f"Since {day.since}", style="bold")
    kinds = ", ".join(f"{count} {kind}" for kind, count in day.answers.kinds.items() if count)
    console.print(f"Answers: {day.answers.total}{f' ({kinds})' if kinds else ''}; {rate}.")
    who = "those who agreed" if day.answers.rate is None else f"the {day.answers.rate:.0%} who agree"
    console.print(f"Of {who}: {day.visits.visitors} visitors in {day.visits.sessions} sessions,", end=" ")
    console.print(f"{day.visits.views} page views, {day.visits.events} other events.")
    if day.visits.by_server:
        console.print(f"Sent by your server of people who agree: {day.visits.by_server} events.")
    if day.visits.by_bots:
        console.print(f"Left out: {day.visits.by_bots} events of machines that say what they are.")
    if day.services:
        table = Table("service", "held", "released", "escaped", box=None, pad_edge=False)
        for service, outcomes in list(day.services.items())[:_MOST]:
            table.add_row(service, *(str(outcomes[outcome]) for outcome in ("held", "released", "escaped")))
        console.print(table)
    elif not day.counted:
        console.print("Nothing was counted in this time: whether anything was held is not known.")
    if day.new:
        console.print("New on the site:", style="bold")
        for thing in day.new[:_MOST]:
            console.print(
                f"  {thing['kind']:<8} {thing['name']}  {thing['service'] or 'nothing is known of it'}"
            )
        if len(day.new) > _MOST:
            console.print(f"  and {len(day.new) - _MOST} more: holdback site")
    for line in day.wrong:
        console.print(Text(f"Wrong: {line}.", style="bold red"))
    if not day.wrong:
        console.print("Nothing is wrong that can be seen from here.")
