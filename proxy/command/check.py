"""``holdback check``: settings, notice and site, linted."""

from dataclasses import asdict
from typing import Annotated

import typer

from .options import Config, Data, Json, Upstream, command, say


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(check)


def check(
    config: Config = None,
    upstream: Upstream = None,
    data: Data = None,
    offline: Annotated[bool, typer.Option("--offline", help="Don't ask the site, nor ClickHouse.")] = False,
    as_json: Json = False,
) -> None:
    """Lint the settings, the notice that visitors would see, and the site; exit 1 with the reasons.

    It checks what a machine can check: it can't tell whether a site is lawful.

    `holdback check --config holdback.toml`
    """
    from ..settings.sources import load, must_be_readable
    from .lint import settings_findings
    from .lint_events import events_findings
    from .lint_notice import notice_findings
    from .lint_site import site_findings

    settings = load(config, {"upstream": upstream, "data": data})
    must_be_readable(settings)
    findings = [*settings_findings(settings), *notice_findings(settings)]
    if not offline:
        findings += [*site_findings(settings), *events_findings(settings)]
    faults = sum(finding.level == "fault" for finding in findings)
    if as_json:
        say({"ok": not faults, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            rule = f" [{finding.rule}]" if finding.rule else ""
            print(f"{finding.level}: {finding.where}: {finding.sentence}{rule}")
        warnings = len(findings) - faults
        print(f"{_counted(faults, 'fault')}, {_counted(warnings, 'warning')}.")
    if faults:
        raise typer.Exit(1)


def _counted(number: int, thing: str) -> str:
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"
