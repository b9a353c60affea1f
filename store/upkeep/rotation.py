"""New keys while the proxy runs: for the signed cookie, and for the log's checkpoints.

Nobody is asked again, and no worker is surprised. A worker that signed a cookie with a key that another one does not
know yet would have its visitors' choices forgotten for a moment; so that key is made known first, and signs only once
every worker has seen it. For the log there is no such moment: the log itself says which key signs
(:mod:`..keys.log_signer`). Master keys are exchanged by :mod:`.master_rotation`.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..keys.files import BadKeys, alone, exchange
from ..keys.keyring import COOKIE_KEYS, LOG_KEY, SECRET_BYTES, cookie_secrets, new_log_key, signer_of
from ..log.ledger import Appended, Ledger
from ..proof.notes import NoteSigner

_EVERY = 1.0
"""Seconds between two looks at the file."""
_LEARNED = 3.0
"""Seconds in which every worker has looked, a busy machine's too."""

_log = logging.getLogger("holdback")


def rotate(data: Path, wait: Callable[[float], object] = time.sleep) -> int:
    """Give the cookie in *data* a new key; older ones go on verifying. How many keys there are now.

    It blocks for some seconds. If it is interrupted the new key is known and does not sign: doing it again does no
    harm. Raises :class:`BadKeys`.
    """
    fresh = secrets.token_bytes(SECRET_BYTES)
    try:
        with alone(data):
            known = cookie_secrets(data)
            _write(data, (*known, fresh))
            wait(_LEARNED)
            _write(data, (fresh, *known))
    except OSError as error:
        raise BadKeys(f"{data / COOKIE_KEYS} can't be written: {error}") from error
    return len(known) + 1


def prepare_log_key(data: Path, ledger: Ledger) -> NoteSigner:
    """The key that is to sign the log next, in the key file behind the one that signs; made if there is none.

    Raises :class:`BadKeys` and ``StoreUnavailable``.
    """
    path = data / LOG_KEY
    try:
        with alone(data):
            return _next(path, ledger.signer())
    except OSError as error:
        raise BadKeys(f"{path} can't be written: {error}") from error


def rotate_log_key(data: Path, ledger: Ledger) -> Appended:
    """Have the log in *data* signed by a new key; where the record is that says so.

    A key that was prepared is taken. If it is interrupted, both keys are in the file, and the log says which one signs.
    Raises :class:`BadKeys` and ``StoreUnavailable``.
    """
    path = data / LOG_KEY
    try:
        with alone(data):
            following = _next(path, ledger.signer())
            appended = ledger.rotate(following)
            exchange(path, [line for line in _lines(path) if signer_of(path, line) == following])
            return appended
    except OSError as error:
        raise BadKeys(f"{path} can't be written: {error}") from error


def _next(path: Path, current: NoteSigner) -> NoteSigner:
    """The key behind *current* in the file at *path*."""
    lines = _lines(path)
    signers = [signer_of(path, line) for line in lines]
    behind = signers[signers.index(current) + 1 :] if current in signers else []
    if behind:
        return behind[-1]
    line = new_log_key(current.verifier.name)
    exchange(path, [*lines, line])
    return signer_of(path, line)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("ascii").splitlines() if line.strip()]


def _write(data: Path, keys: Sequence[bytes]) -> None:
    exchange(data / COOKIE_KEYS, (key.hex() for key in keys))


class CookieKeys:
    """Tells *use* of the keys in *data* when they have changed, looking each second in a thread of its own.

    A key that was taken out is retired by that: nothing that it signed counts any more.
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
        if found != self._known:
            self._use(found)
            self._known = found

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
