"""``holdback log checkpoint``: the newest signed tree head, to be kept elsewhere."""

import typer

from ..failure import Failure
from ..options import Config, Data, Output, command, write_lines
from .opening import open_log


def register(app: typer.Typer) -> None:
    """Add the command to ``holdback log``."""
    command(app)(checkpoint)


def checkpoint(data: Data = None, config: Config = None, output: Output = None) -> None:
    """Print the newest signed tree head. Keep it where the log's owner can't change it.

    `holdback log checkpoint --output checkpoint.txt`
    """
    from ....store.export import log_lines

    with open_log(config, data) as database:
        note = log_lines.checkpoint(database)
    if note is None:
        raise Failure("The log has no checkpoint yet: it gets one when the proxy starts.")
    write_lines([note], output)
