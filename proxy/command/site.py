"""``holdback site``: what the site was seen to use."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from ..rules.model import Purpose
from ..rules.sighting import Kind
from .failure import Failure
from .options import Config, Data, Json, place, say

if TYPE_CHECKING:
    from pathlib import Path

    from ...store.inventory import Seen
    from ..rules.rulebook import Match, Rulebook

app = typer.Typer(help="See what the site uses.")
_UNKNOWN = ""
_HELP = """\
Print what the site was seen to use, what nothing is known of first: hosts, cookies, storage keys, own paths.

It comes from the pages and headers that the site sends, and no visitor is in it. What is unknown is not held: say what
it is for in a `[[service]]` of the settings.

`holdback site --json | jq -r 'select(.service == null) | .name'`"""


@app.callback(invoke_without_command=True, help=_HELP)
def _site(context: typer.Context, data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """What the site was seen to use."""
    if context.invoked_subcommand is None:
        _print(config, data, as_json=as_json)


def _print(config: "Path | None", data: "Path | None", *, as_json: bool) -> None:
    from ...store.errors import StoreUnavailable
    from ...store.inventory import Inventory
    from ...store.store import LOG_FILE
    from ..rules.rulebook import Rulebook
    from ..settings_sources import load, must_be_readable

    settings = load(config, {"data": data})
    must_be_readable(settings)
    rulebook = Rulebook.load(settings.declared_services(), settings.easyprivacy)
    where = place(config, data)
    try:
        with where.reading(LOG_FILE) as database:
            seen = Inventory(database).all()
    except StoreUnavailable as error:
        raise Failure(f"The inventory in {where} can't be read: {error}.", 2) from None
    if as_json:
        for one in sorted(seen, key=lambda one: (bool(one.service), one.service)):
            say(_fact(one, rulebook))
        return
    if not seen:
        print("Nothing was seen yet: the inventory fills as `holdback serve` passes pages on.")
    for title, things in _grouped(seen, rulebook):
        print(title)
        for one in things:
            print(f"  {one.kind:<8}{_name(one):<44}{_how(one):<18}{_day(one.first_ms)}  {_day(one.last_ms)}")


def _grouped(seen: "list[Seen]", rulebook: "Rulebook") -> "Iterable[tuple[str, list[Seen]]]":
    """What is unknown, then each service: a line about it, and its things."""
    services = sorted({one.service for one in seen} - {_UNKNOWN}, key=str.casefold)
    for service in (_UNKNOWN, *services):
        things = [one for one in seen if one.service == service]
        if not things:
            continue
        known = rulebook.services.get(service)
        if known is not None:
            what = (
                "never held"
                if known.purpose is Purpose.NECESSARY
                else f"held until agreed to {known.purpose}"
            )
            yield f"{known.name} [{service}]: {what}", things
        elif service == _UNKNOWN:
            yield "Of no known service", things
        else:
            yield f"{service}: not known any more", things


def _name(one: "Seen") -> str:
    """The thing's name; a cookie's with the longest lifetime that was seen."""
    if one.kind is not Kind.COOKIE:
        return one.name
    return f"{one.name} ({_lasting(one.seconds)})"


def _lasting(seconds: int | None) -> str:
    if seconds is None:
        return "until the browser closes"
    lasting = timedelta(seconds=seconds)
    return f"{lasting.days} days" if lasting.days else f"{max(1, seconds // 60)} minutes"


def _how(one: "Seen") -> str:
    return ", ".join(sorted(one.how))


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def _fact(one: "Seen", rulebook: "Rulebook") -> dict[str, Any]:
    service = rulebook.services.get(one.service)
    said = None if service is not None else _said(one, rulebook)
    return {
        "kind": one.kind.value,
        "name": one.name,
        "service": one.service or None,
        "purpose": service.purpose.value if service else said.purpose.value if said else None,
        "said": said.rule if said else None,
        "how": sorted(one.how),
        "first": _moment(one.first_ms),
        "last": _moment(one.last_ms),
        **({"seconds": one.seconds} if one.kind is Kind.COOKIE else {}),
    }


def _said(one: "Seen", rulebook: "Rulebook") -> "Match | None":
    """What the rules say of a thing that is of no service: a tracker's host, or a word of the wide facts."""
    if one.kind is Kind.HOST:
        return rulebook.url(f"https://{one.name}/")
    return rulebook.cookie(one.name) if one.kind is Kind.COOKIE else None


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
