"""What goes wrong with a store."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, zlib.error)
"""What Python raises where a value is not of the kind that it should be."""


class StoreUnavailable(Exception):
    """Nothing can be written just now: the disk is full, the database locked, broken or gone. The text says which."""


class Misplaced(StoreUnavailable):
    """There is a store, but the settings say that it is elsewhere. Nobody may go on with another in its place."""


class Behind(StoreUnavailable):
    """The log at hand has less in it than is remembered of it elsewhere, or other things. ``size`` is how many records
    are remembered.
    """

    def __init__(self, reason: str, size: int) -> None:
        super().__init__(reason)
        self.size = size


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Make a :class:`StoreUnavailable` of what Python raises over an odd value in *what*: it must end no process.

    SQLite keeps text in a column of bytes, and any text where JSON should be. The error names the place in the code,
    for it could be a bug of ours after all.
    """
    try:
        yield
    except ODD as error:
        raise StoreUnavailable(
            f"{what} holds something that is not what it should be ({located(error)})"
        ) from error


def located(error: Exception) -> str:
    """What *error* says, and where in the code it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f", {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}: {error}{where}"
