"""A new key for the signed cookie, while the proxy runs: nobody is asked again, and no worker is surprised.

A worker that signed with a key that another one does not know yet would have its visitors' choices forgotten for a
moment. So a key is made known first, and signs only once every worker has seen it.
"""

import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .keys import COOKIE_KEYS, SECRET_BYTES, BadKeys, cookie_secrets

_EVERY = 1.0
"""Seconds between two looks at the file."""
_LEARNED = 3.0
"""Seconds in which every worker has looked, a busy machine's too."""

_log = logging.getLogger("holdback")


def rotate(data: Path, wait: Callable[[float], None] = time.sleep) -> int:
    """Give the cookie in *data* a new key; older ones go on verifying. How many keys there are now.

    It blocks for some seconds. If it is interrupted the new key is known and does not sign: doing it again does no
    harm. Raises :class:`BadKeys`.
    """
    fresh = secrets.token_bytes(SECRET_BYTES)
    try:
        with _alone(data):
            known = cookie_secrets(data)
            _write(data / COOKIE_KEYS, (*known, fresh))
            wait(_LEARNED)
            _write(data / COOKIE_KEYS, (fresh, *known))
    except OSError as error:
        raise BadKeys(f"{data / COOKIE_KEYS} can't be written: {error}") from error
    return len(known) + 1


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Two at a time would lose one another's key."""
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, keys: Sequence[bytes]) -> None:
    """Put *keys* in the place of what the file holds: readers see all of the old or all of the new."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{key.hex()}\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


class CookieKeys:
    """Tells *use* of the keys in *data* when some were added, looking each second in a thread of its own.

    A key that was taken out is retired at the next start, and not before: what it signed may be remembered.
    """

    def __init__(self, data: Path, known: Sequence[bytes], use: Callable[[Sequence[bytes]], None]) -> None:
        self._data = data
        self._known = tuple(known)
        self._use = use
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="holdback-keys", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def _run(self) -> None:
        told = ""
        while not self._closed.wait(_EVERY):
            try:
                self._look()
            except BadKeys as error:
                if str(error) != told:
                    _log.warning("the keys of before stay in use: %s", error)
                told = str(error)

    def _look(self) -> None:
        if not (self._data / COOKIE_KEYS).exists():
            return  # opening would make one; the keys of before stay in use
        found = cookie_secrets(self._data)
        if found != self._known and set(found) >= set(self._known):
            self._use(found)
            self._known = found

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
