"""The ``holdback`` command.

One module for each group of commands; what a command works with is imported when it runs, so that ``--help``
and shell completion answer at once. Results go to standard output, all else to standard error; the exit
status is 0, 1 (the answer is no: a log that does not verify, a check that fails) or 2 (it can't be asked that
way: a bad setting, an unknown option).
"""

import sys


def main() -> None:
    """Run the command on the process's arguments, and end the process with its status."""
    from .app import run

    sys.exit(run())
