"""``holdback log``: the consent log, read and verified without a secret key; a file for each command."""

import typer

from . import adopt, anchor, checkpoint, counters, export, show, verify

app = typer.Typer(no_args_is_help=True, help="Read and verify the consent log.")
for command in (verify, show, export, checkpoint, anchor, counters, adopt):
    command.register(app)
