"""Files of keys: made by one process of several, exchanged whole, readable by their owner alone."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class BadKeys(Exception):
    """Keys can't be read or are not what they should be; the text names where they are."""


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """What is in the file at *path*; of several processes that find none, one makes it and all read the same."""
    if not path.exists():
        fresh = _written(path, [make()])
        try:
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink()
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeys(f"{path} can't be read: {error}") from error


def exchange(path: Path, lines: Iterable[str]) -> None:
    """Put *lines* in the place of what the file holds: readers see all of the old or all of the new.

    Raises ``OSError``.
    """
    fresh = _written(path, (f"{line}\n" for line in lines))
    try:
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _written(path: Path, text: Iterable[str]) -> Path:
    """A file beside *path* that nobody else reads, on the disk."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(text)
        file.flush()
        os.fsync(file.fileno())
    return fresh


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """The keys of *data* for one process: two at a time would lose one another's. Raises ``OSError``."""
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
