"""The tree of commands, and what becomes of an error."""

import os
import sys
from collections.abc import Sequence

import typer

from . import check, events, keys, log, reference, report, rules, serve, site, store, subject, today
from .failure import Failure

app = typer.Typer(
    name="holdback",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A consent proxy: it holds trackers back at the network boundary until the visitor has agreed.",
    epilog="Try it: `holdback demo`. Use it: `holdback serve --upstream http://127.0.0.1:9000`",
)
for commands in (serve, today, check, reference):
    commands.register(app)
app.add_typer(log.app, name="log")
app.add_typer(events.app, name="events")
app.add_typer(subject.app, name="subject")
app.add_typer(report.app, name="report")
app.add_typer(keys.app, name="keys")
app.add_typer(store.app, name="store")
app.add_typer(rules.app, name="rules")
app.add_typer(site.app, name="site")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        from ..markup.reading import walk

        print(f"holdback {version('holdback')} (page reading: {walk.IN_WORDS})")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """What every command has."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status; every expected error is one sentence on standard error."""
    try:
        status = app(args=arguments, prog_name="holdback", standalone_mode=False)
        sys.stdout.flush()
    except Failure as failure:
        return _sentence(str(failure), failure.status)
    except typer.TyperException as error:
        return _sentence(error.format_message() + " (holdback --help tells more.)", 2)
    except typer.Abort:
        return 130
    except BrokenPipeError:
        # The reader has seen enough ("| head"). Python would complain once more when it flushes at exit.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  it stays open until the process ends
        return 1
    except Exception as error:
        from ...store.engine.errors import ODD, located
        from ..settings.sources import SettingsError

        if isinstance(error, SettingsError):
            return _sentence(str(error), 2)
        if isinstance(error, ODD) and not sys.flags.dev_mode:
            return _sentence(
                f"something that was read is not what it should be ({located(error)}). `holdback log verify` tells "
                f"whether the log was changed; if it holds, this is a bug: PYTHONDEVMODE=1 shows where.",
                1,
            )
        raise
    return status if isinstance(status, int) else 0


def _sentence(sentence: str, status: int) -> int:
    print(f"holdback: {sentence}", file=sys.stderr)
    return status
