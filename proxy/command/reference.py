"""``holdback reference``: the page that documents all settings and commands."""

import typer

from .options import command


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    command(app)(reference)


def reference(context: typer.Context) -> None:
    """Print every setting and every command, as Markdown.

    `holdback reference | less`
    """
    from .reference_pages import pages

    print("\n".join(pages(context.find_root().command)))
