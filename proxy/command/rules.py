"""``holdback rules``: what is known, and what it would do."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from ..settings_sources import load

    settings = load(config)
    rulebook = Rulebook.load(settings.declared_services(), settings.easyprivacy)
    for thing in things:
        for explanation in explained(rulebook, thing):
            if as_json:
                say(_fact(explanation))
            else:
                _print(explanation)


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
