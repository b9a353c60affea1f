"""``holdback log show``: records and notices, for people to read."""

from typing import Annotated, Any

import typer

from ..failure import Failure
from ..options import Config, Data, Json, command, say, warn
from .opening import open_log, vault_of

_HOW_MANY = 10


def register(app: typer.Typer) -> None:
    """Add the command to ``holdback log``."""
    command(app)(show)


def show(
    index: Annotated[int | None, typer.Argument(metavar="[INDEX]", min=0, help="One record in full.")] = None,
    data: Data = None,
    config: Config = None,
    last: Annotated[
        int, typer.Option("--last", "-n", min=1, metavar="N", help="How many of the newest.")
    ] = _HOW_MANY,
    notice: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="Instead: the text of a notice exactly as it was shown, in HTML."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the newest records, one record, or the notice that a record names.

    `holdback log show --last 50`

    `holdback log show 7 --json`

    `holdback log show --notice 3f1c… > notice.html`
    """
    from ....store.export import log_lines

    with open_log(config, data) as database:
        if notice is not None:
            html = log_lines.notice(database, notice)
            if html is None:
                raise Failure(f"The log has no notice {notice}.")
            print(html.decode())
            return
        vault = vault_of(database, config, data)
        if index is not None:
            row = log_lines.one(database, vault, index)
            if row is None:
                raise Failure(f"The log has no record {index}.")
            _print_one(row, as_json=as_json)
            return
        for row in log_lines.newest(database, vault, last, warn):
            if as_json:
                print(log_lines.as_json(row))
            else:
                print(_line(row))


def _line(row: dict[str, Any]) -> str:
    if "missing" in row:
        return f"{row['index']:>7}  {row['time']}  {row['kind']:<10}  {row['missing']}"
    if told := row.get("disclosed"):
        whom = f", for {told['to']}" if told.get("to") else ""
        return f"{row['index']:>7}  {row['time']}  {row['kind']:<10}  {told['what']}{whom}, by {told['by']}"
    if not row["id"]:
        named = (f"{name} {row[name][:12]}…" for name in ("notice", "rules", "settings") if row[name])
        return f"{row['index']:>7}  {row['time']}  {row['kind']:<10}  {', '.join(named)}".rstrip()
    agreed = ", ".join(purpose for purpose, yes in row["purposes"].items() if yes) or "nothing"
    return f"{row['index']:>7}  {row['time']}  {row['kind']:<10}  {agreed}  ({row['how']}, {row['regime']})"


def _print_one(row: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say(row)
        return
    for name, value in row.items():
        if isinstance(value, dict):
            value = (
                ", ".join(f"{key}: {'yes' if yes else 'no'}" for key, yes in value.items()) or "none apart"
            )
        print(f"{name:>9}  {'' if value is None else value}")
