"""Work on a log that this process shares with helpers: processes that import only what does the work.

Those of :mod:`multiprocessing` also import the program that asks, which takes longer and fails where that came by
standard input.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from typing import IO

_PROGRAM = f"from {__name__} import help_out; help_out()"


def shared[Asked, Found](
    there: Callable[[Asked], Found], here: Callable[[Asked], Found], asked: Sequence[Asked], helpers: int
) -> list[Found]:
    """What is found for each of *asked*: by so many *helpers* with *there*, and in this process with *here*.

    Helpers begin with the first and need a tenth of a second to start. This process begins at once, with the last.
    What a helper has in hand when it dies is done here. *there* is found by its name in a module.
    """
    waiting, found = deque(enumerate(asked)), dict[int, Found]()
    with ExitStack() as running:
        for _ in range(min(helpers, len(asked))):
            with suppress(OSError):  # it can't be started
                running.enter_context(_helper(there, waiting, found))
        with suppress(IndexError):  # nothing is left
            while True:
                number, one = waiting.pop()
                found[number] = here(one)
    return [found[number] if number in found else here(one) for number, one in enumerate(asked)]


@contextmanager
def _helper[Asked, Found](
    there: Callable[[Asked], Found], waiting: deque[tuple[int, Asked]], found: dict[int, Found]
) -> Iterator[None]:
    """A process that takes from *waiting* until the end of the block, and is then done with what it took."""

    def ask(asking: IO[bytes], answers: IO[bytes]) -> None:
        with suppress(Exception):  # whatever becomes of a helper: what it had in hand is done by the caller
            while True:
                number, one = waiting.popleft()
                pickle.dump((there, one), asking)
                asking.flush()
                found[number] = pickle.load(answers)  # noqa: S301  of a process that this one started
        with suppress(OSError):  # of what it was asked, it has not read the end
            asking.close()

    command = [sys.executable, "-P", "-c", _PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        thread = Thread(target=ask, args=(process.stdin, process.stdout))
        thread.start()
        try:
            yield
        finally:
            waiting.clear()  # something is left only where the block failed
            thread.join()


def help_out() -> None:
    """What a helper does: answer, by what was its standard output, what comes by standard input, until that ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends it without a word, as whoever asks has one
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed is no answer
    with suppress(EOFError, BrokenPipeError):
        while True:
            work, asked = pickle.load(sys.stdin.buffer)  # noqa: S301  of the process that started this one
            pickle.dump(work(asked), answers)
            answers.flush()
