"""``holdback site``: what the site was seen to use, and what of it visitors are asked about."""

import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..rules.model import Purpose
from ..rules.sighting import Kind
from . import classify as classifying
from .failure import Failure
from .options import Config, Data, Json, command, say, store_location

if TYPE_CHECKING:
    from ...store.site.editions import Kept
    from ...store.site.inventory import Seen
    from ..rules.rulebook import Match, Rulebook
    from ..settings.model import Settings

_UNKNOWN = ""
_HELP = """\
Print what the site was seen to use, what nothing is known of first: hosts, cookies, storage keys, own paths, inline
scripts.

It comes from the pages and headers that the site sends, and from what visitors' browsers tell of scripts: names alone,
of hosts, cookies and storage keys. No visitor is in it. What is unknown is not held, unless a list of `holdback rules
update` names it: `holdback site classify` says what it is for. A known service that turns up after visitors have
answered is held, and waits for the next edition of the notice (`site.ask_again_days`); `holdback site ask` asks them
now.

`holdback site --json | jq -r 'select(.state == "unknown") | .name'`"""

app = typer.Typer(help="See what the site uses.")
classifying.register(app)


@app.callback(invoke_without_command=True, help=_HELP)
def _site(context: typer.Context, data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """What the site was seen to use."""
    if context.invoked_subcommand is None:
        _print(config, data, as_json=as_json)


@command(app)
def ask(data: Data = None, config: Config = None, as_json: Json = False) -> None:
    """Ask visitors now about the services that were seen on the site since the notice last changed.

    Visitors who have allowed something see the notice once more, with the new services named; what they allowed stays
    allowed.
    A running proxy takes it up within a second.

    `holdback site ask --config holdback.toml`
    """
    from ...store.engine.errors import StoreUnavailable
    from ...store.keys.keyring import BadKeys
    from ..assembly.assembly import listing_of

    settings, rulebook = _known(config, data)
    where = store_location(config, data)
    try:
        with closing(where.open()) as store:
            before = store.editions.all(0).editions
            grown = listing_of(settings, rulebook).grown
            after = store.editions.keep(grown, int(time.time() * 1000), days=0).editions
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"The store in {where} can't be used: {error}.", 2) from None
    listed = before[-1].services if before else {}
    new = [id_ for id_ in after[-1].services if id_ not in listed and id_ in rulebook.services]
    names = sorted((rulebook.services[id_].name for id_ in new), key=str.casefold)
    if as_json:
        say({"new": sorted(new)})
    else:
        print(
            f"Visitors are asked about {', '.join(names)}." if names else "There is nothing new to ask about."
        )


def _print(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    from ...store.engine.errors import StoreUnavailable
    from ...store.site.editions import Editions
    from ...store.site.inventory import Inventory
    from ...store.store import LOG_FILE

    settings, rulebook = _known(config, data)
    where = store_location(config, data)
    try:
        with where.reading(LOG_FILE) as database:
            seen = Inventory(database).all()
            kept = Editions(database).all(settings.site.ask_again_days)
    except StoreUnavailable as error:
        raise Failure(f"The inventory in {where} can't be read: {error}.", 2) from None
    states = _States(rulebook, kept)
    if as_json:
        for one in sorted(seen, key=lambda one: (bool(one.service), one.service)):
            say(_fact(one, rulebook, states))
        return
    if not seen:
        print("Nothing was seen yet: the inventory fills as `holdback serve` passes pages on.")
    for service, things in _grouped(seen):
        print(states.title(service))
        for one in things:
            held = _held_by_list(one, rulebook)
            print(
                f"  {one.kind:<8}{_name(one):<44}{_how(one):<18}{_day(one.first_ms)}  {_day(one.last_ms)}{held}"
            )


def _known(config: Path | None, data: Path | None) -> "tuple[Settings, Rulebook]":
    from ..rules.rulebook import Rulebook
    from ..settings.sources import load, must_be_readable

    settings = load(config, {"data": data})
    must_be_readable(settings)
    return settings, Rulebook.load(settings.declared_services(), settings.filter_lists())


class _States:
    """What becomes of each service, as the newest edition has it."""

    def __init__(self, rulebook: "Rulebook", kept: "Kept") -> None:
        self._rulebook = rulebook
        self._kept = kept
        self._listed = kept.editions[-1].services if kept.editions else {}

    def of(self, service: str) -> str:
        """``unknown``, ``necessary``, ``listed``, or ``waiting`` for the next edition."""
        known = self._rulebook.services.get(service)
        if known is None:
            return "listed" if service in self._listed else "unknown"
        if known.purpose is Purpose.NECESSARY:
            return "necessary"
        return "listed" if service in self._listed else "waiting"

    def title(self, service: str) -> str:
        """A line about a service."""
        known = self._rulebook.services.get(service)
        if service == _UNKNOWN:
            return "Of no known service"
        if known is None:
            asked = f"asked about, for {self._listed.get(service)}; declared in settings that --config did not name"
            return f"{service}: {asked if service in self._listed else 'not known any more'}"
        words = {
            "necessary": "necessary, never held",
            "listed": f"asked about, for {known.purpose}",
            "waiting": f"held, for {known.purpose}; {self._next()}",
        }
        return f"{known.name} [{service}]: {words[self.of(service)]}"

    def _next(self) -> str:
        until = self._kept.closed_until_ms
        return (
            f"asked about from {_day(until)} on" if until > time.time() * 1000 else "about to be asked about"
        )


def _grouped(seen: "list[Seen]") -> "Iterable[tuple[str, list[Seen]]]":
    """What is unknown, then each service, with its things."""
    services = sorted({one.service for one in seen} - {_UNKNOWN}, key=str.casefold)
    for service in (_UNKNOWN, *services):
        if things := [one for one in seen if one.service == service]:
            yield service, things


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


def _fact(one: "Seen", rulebook: "Rulebook", states: _States) -> dict[str, Any]:
    service = rulebook.services.get(one.service)
    said = None if service is not None else _said(one, rulebook)
    return {
        "kind": one.kind.value,
        "name": one.name,
        "service": one.service or None,
        "state": states.of(one.service),
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


def _held_by_list(one: "Seen", rulebook: "Rulebook") -> str:
    said = None if one.service else _said(one, rulebook)
    return f"  held for {said.purpose} by {said.rule}" if said is not None and said.holds else ""


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
