"""``holdback report``: papers that the law asks of a controller, as far as settings, rules and data fill them in."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..rules.model import Purpose
from .failure import Failure
from .log.opening import moment_of
from .options import Config, Data, Json, Output, command, say, store_location, warn, write_lines

if TYPE_CHECKING:
    from ...store.export.breach import Exposure
    from ...store.store import StoreLocation
    from ..rules.model import Service
    from ..settings.model import Settings

app = typer.Typer(
    no_args_is_help=True, help="Papers for authorities: breach notification, records of processing."
)

_PAPERS = Path(__file__).parent / "papers"
_OURS = "files that only the proxy's own user may read"
_SEALED = f"{_OURS}; what an event says is encrypted for each person (AES-256-GCM), keys apart"


@dataclass(frozen=True, slots=True)
class Activity:
    """One processing activity, in the words of Art. 30(1)."""

    title: str
    purpose: str
    basis: str
    data: str
    recipients: str
    transfers: str
    retention: str
    security: str


@command(app)
def breach(
    data: Data = None,
    config: Config = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Data from this day or moment on, such as 2026-11-01 (UTC)."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Data before this day or moment.")] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Say whom a breach of the data folder concerns, which data and since when, in a form for authority and people.

    Art. 33 GDPR gives 72 hours. With `--json` the pseudonymous ids are listed too.

    `holdback report breach --config holdback.toml --since 2026-11-01 --output breach.md`
    """
    from ..settings.sources import load

    settings = load(config, {"data": data})
    period = moment_of("--since", since), moment_of("--until", until)
    found = _exposure(store_location(config, data), *period)
    if as_json:
        say(asdict(found))
        return
    receipt = f"{settings.prefix}/receipt"
    write_lines([_page("breach.md", site=settings.site, found=found, receipt=receipt)], output)


@command(app)
def processing(
    data: Data = None, config: Config = None, output: Output = None, as_json: Json = False
) -> None:
    """Write the records of processing activities (Art. 30 GDPR) that settings, rules and the site's inventory amount
    to.

    `holdback report processing --config holdback.toml --output processing.md`
    """
    from ..settings.sources import load

    settings = load(config, {"data": data})
    activities = [*_own(settings), *(_service(service) for service in _used(settings))]
    if as_json:
        say([asdict(activity) for activity in activities])
        return
    write_lines([_page("processing.md", site=settings.site, activities=activities)], output)


def _exposure(where: "StoreLocation", since: datetime | None, until: datetime | None) -> "Exposure":
    from ...store.engine.errors import StoreUnavailable
    from ...store.events import events
    from ...store.export import log_lines
    from ...store.export.breach import exposure
    from ...store.keys.keyring import BadKeys
    from ...store.store import LOG_FILE

    try:
        with where.reading(LOG_FILE) as log, where.reading_events() as kept:
            vault = where.vault(log)
            people = log_lines.records(log, vault)
            return exposure(people, events.stored(kept, vault), since=since, until=until)
    except (StoreUnavailable, BadKeys) as error:
        raise Failure(f"The data in {where} can't be read: {error}.", 2) from None


def _own(settings: "Settings") -> Iterator[Activity]:
    """What the proxy itself keeps."""
    yield Activity(
        "Record of consent",
        "to prove who agreed to what (Art. 7(1))",
        "legal obligation, Art. 6(1)(c)",
        "pseudonymous id, time, choice, notice shown, language, country, regime",
        "none; supervisory authority and auditors on request",
        "none by this proxy",
        f"a choice stands for {settings.choice_days} days; its record stays {_period(settings.retention.records_days)}",
        f"{_OURS}; append-only log with signed checkpoints; encrypted for each person (AES-256-GCM), keys apart",
    )
    yield Activity(
        "First-party statistics",
        "to count visits and actions",
        "consent, Art. 6(1)(a), where the regime asks for it",
        "pseudonymous id, what the site calls the person, time, path, kind of device, country, properties that the "
        "site sends",
        settings.events.relay or "none",
        "none by this proxy",
        f"kept {_period(settings.retention.events_days)}",
        _SEALED,
    )
    for what in settings.events.exempt:
        yield Activity(
            f"Events of the site's own server: {what}",
            what,
            "to be named by the controller: no consent is asked for it",
            "what the site calls the person, time, properties that the server sends",
            "none",
            "none by this proxy",
            f"kept {_period(settings.retention.events_days)}",
            _SEALED,
        )


def _period(days: int | None) -> str:
    return f"for {days} days" if days else "until you erase it"


def _used(settings: "Settings") -> list["Service"]:
    """The services that the owner declares, and those that the site was seen to use."""
    from ..rules.rulebook import Rulebook

    declared = settings.declared_services()
    rulebook = Rulebook.load(declared)
    named = {*rulebook.declared, *settings.site.uses, *_seen(settings)}
    return [service for id_, service in rulebook.services.items() if id_ in named]


def _seen(settings: "Settings") -> set[str]:
    """The ids of services in the inventory, if there is one yet."""
    from ...store.engine.errors import StoreUnavailable
    from ...store.site.inventory import Inventory
    from ...store.store import LOG_FILE

    where = settings.store_location()
    try:
        with where.reading(LOG_FILE) as database:
            return {one.service for one in Inventory(database).all() if one.service}
    except StoreUnavailable as error:
        warn(f"what the site was seen to use is not in it: {error}.")
        return set()


def _service(service: "Service") -> Activity:
    kept = [*service.cookies, *service.storage]
    basis = "[legal basis]" if service.purpose is Purpose.NECESSARY else "consent, Art. 6(1)(a)"
    return Activity(
        service.name,
        service.purpose.value,
        basis,
        "IP address, user agent and page" + (f"; kept in the browser: {', '.join(kept)}" if kept else ""),
        service.vendor or "[company behind the service]",
        "[transfer and safeguards: ask the company]",
        service.retention or "[period]",
        "held back until the visitor agrees" if service.purpose is not Purpose.NECESSARY else "[measures]",
    )


def _page(name: str, **values: object) -> str:
    from jinja2 import Environment, StrictUndefined

    pages = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)  # noqa: S701  Markdown
    return pages.from_string((_PAPERS / name).read_text("utf-8")).render(values)
