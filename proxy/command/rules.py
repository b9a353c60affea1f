"""``holdback rules``: what is known, and what it would do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failure import Failure
from .options import Config, Json, command, say

if TYPE_CHECKING:
    from ..rules.explain import Explanation

app = typer.Typer(no_args_is_help=True, help="Ask what is known of trackers.")


@app.callback()
def _group() -> None:
    """Ask what is known of trackers."""


@command(app)
def explain(
    things: Annotated[
        list[str],
        typer.Argument(metavar="URL-OR-NAME...", help="An address, a path, a cookie or a storage key."),
    ],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Say what would happen to an address or a cookie, and which rule says so.

    A visitor is assumed who has agreed to nothing.

    `holdback rules explain https://www.google-analytics.com/g/collect`

    `holdback rules explain _ga sessionid /matomo.php?idsite=1`
    """
    from ..rules.explain import explain as explained
    from ..rules.rulebook import Rulebook
    from ..settings.sources import load, must_be_readable

    settings = load(config)
    must_be_readable(settings)
    rulebook = Rulebook.load(settings.declared_services(), settings.easyprivacy)
    for thing in things:
        for explanation in explained(rulebook, thing):
            if as_json:
                say(_fact(explanation))
            else:
                _print(explanation)


@command(app)
def update(
    config: Config = None,
    geo_database: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the country database is to be; else as the settings say."),
    ] = None,
    easyprivacy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where EasyPrivacy is to be; else as the settings say."),
    ] = None,
    easyprivacy_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another list, or a mirror.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch what is known by others, anew: a free country database, and EasyPrivacy.

    A running proxy reads them when it starts again. The curated services come with Holdback itself.

    `holdback rules update --geo-database country.mmdb --easyprivacy easyprivacy.txt`
    """
    from ..rules import country_data, easyprivacy_data
    from ..settings.sources import load

    settings = load(config)
    country, trackers = geo_database or settings.geo_database, easyprivacy or settings.easyprivacy
    if country is None and trackers is None:
        raise Failure("There is nothing to update: name a file with --geo-database or --easyprivacy.", 2)
    try:
        if trackers is not None:
            size = easyprivacy_data.fetch(trackers, easyprivacy_url or easyprivacy_data.URL)
            _updated("easyprivacy", trackers, size, as_json=as_json)
        if country is not None:
            country_data.fetch(country)
            _updated("geo_database", country, country.stat().st_size, as_json=as_json)
    except (country_data.CountryDataError, easyprivacy_data.ListError) as error:
        raise Failure(str(error)) from None


def _updated(key: str, path: Path, size: int, *, as_json: bool) -> None:
    if as_json:
        say({"key": key, "path": str(path), "bytes": size})
    else:
        print(f"{path}: {size / 1e6:.1f} MB")


def _fact(explanation: "Explanation") -> dict[str, Any]:
    match = explanation.match
    service = match.service if match else None
    return {
        "thing": explanation.thing,
        "kind": explanation.kind,
        "held": explanation.held,
        "purpose": match.purpose.value if match else None,
        "service": service.id if service else None,
        "rule": match.rule if match else None,
        "sources": list(service.sources) if service else [],
    }


def _print(explanation: "Explanation") -> None:
    print(f"{explanation.thing} ({explanation.kind}) {explanation.verdict}")
    match = explanation.match
    if match is None:
        return
    print(f"  rule:    {match.rule}")
    if match.service is None:
        return
    by = f" by {match.service.vendor}" if match.service.vendor else ""
    print(f"  service: {match.service.name}{by} [{match.service.id}], for {match.purpose}")
    for source in match.service.sources:
        print(f"  source:  {source}")
