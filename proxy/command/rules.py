"""``holdback rules``: what is known, and what it would do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failure import Failure
from .options import Config, Data, Json, command, say

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
    rulebook = Rulebook.load(settings.declared_services(), settings.filter_lists())
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
    easylist: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where EasyList is to be; else as the settings say."),
    ] = None,
    easyprivacy_url: Annotated[
        str, typer.Option(metavar="URL", help="Another list, or a mirror.")
    ] = "https://easylist.to/easylist/easyprivacy.txt",
    easylist_url: Annotated[
        str, typer.Option(metavar="URL", help="Another list, or a mirror.")
    ] = "https://easylist.to/easylist/easylist.txt",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fetch what is known by others, anew: EasyPrivacy and EasyList into the data folder, and, where the settings name
    one, a free country database.

    What they name is held besides what Holdback knows itself, which comes with it. They are their authors' own files,
    under their licences. A running proxy reads them when it starts again. Where a file is named, that alone is fetched.

    `holdback rules update --config holdback.toml`

    `holdback rules update --geo-database country.mmdb`
    """
    from ..rules import country_data, list_data
    from ..settings.sources import load

    settings = load(config, {"data": data})
    urls = {"easyprivacy": easyprivacy_url, "easylist": easylist_url}
    named = {key: file for key, file in (("easyprivacy", easyprivacy), ("easylist", easylist)) if file}
    country = geo_database
    if not named and country is None:
        country = settings.geo_database
        own = {key: settings.data / f"{key}.txt" for key in urls}
        named = {
            "easyprivacy": settings.easyprivacy or own["easyprivacy"],
            "easylist": settings.easylist or own["easylist"],
        }
    try:
        for key, file in named.items():
            if file.parent == settings.data:
                settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
                list_data.tell_licence(settings.data)
            size = list_data.fetch(file, urls[key])
            _updated(key, file, size, as_json=as_json)
        if country is not None:
            country_data.fetch(country)
            _updated("geo_database", country, country.stat().st_size, as_json=as_json)
    except (country_data.CountryDataError, list_data.ListError) as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{settings.data} can't be used: {error.strerror}.") from None


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
