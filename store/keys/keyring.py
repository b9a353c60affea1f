"""The keys: made on first start, readable by the owner alone, never in the database.

``cookie.keys`` holds one secret a line, in hex: the first signs the cookie and the form's token, every one verifies.
:mod:`..upkeep.rotation` puts new ones in; to retire a key take its line out. ``log.key`` is the Ed25519
key that signs checkpoints, with the log's name before it; while it is rotated, a second line holds the next. The master
keys are in :mod:`.master`.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..proof.notes import NoteSigner
from .files import BadKeys, read_or_make

__all__ = ["BadKeys", "Keys", "cookie_secrets", "log_signers"]

COOKIE_KEYS = "cookie.keys"
LOG_KEY = "log.key"
SECRET_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """The keys of one data folder."""

    cookie_secrets: tuple[bytes, ...]
    log: NoteSigner

    @classmethod
    def open(cls, data: Path, *, begun: bool = False) -> "Keys":
        """Read the keys in *data*. Those that are missing are made, unless a log was *begun* with them.

        Raises :class:`BadKeys`.
        """
        if begun:
            _must_be_there(data / LOG_KEY)
            _must_be_there(
                data / COOKIE_KEYS, ", or ask everybody again: `holdback keys rotate cookie` makes new ones"
            )
        return cls(cookie_secrets(data), log_signers(data)[0])


def _must_be_there(path: Path, or_else: str = "") -> None:
    if not path.exists():
        raise BadKeys(
            f"{path} is missing, and a log was begun with it: bring it back, or copy it from another host "
            f"on this log{or_else}"
        )


def loose(data: Path) -> list[Path]:
    """The files of keys in *data* that others than their owner may read or write."""
    files = (data / name for name in (COOKIE_KEYS, LOG_KEY, "master.keys"))
    return [path for path in files if path.exists() and path.stat().st_mode & 0o077]


def cookie_secrets(data: Path) -> tuple[bytes, ...]:
    """The secrets of the cookie in *data*, the one that signs first; made if missing. Raises :class:`BadKeys`."""
    text = read_or_make(data / COOKIE_KEYS, lambda: f"{secrets.token_hex(SECRET_BYTES)}\n")
    return _secrets(data / COOKIE_KEYS, text)


def log_signers(data: Path) -> tuple[NoteSigner, ...]:
    """The signers of checkpoints by the keys in *data*; a key is made if there is none. Raises :class:`BadKeys`.

    Which of several does sign is written in the log (:mod:`.log_signer`).
    """
    text = read_or_make(
        data / LOG_KEY, lambda: f"{new_log_key(f'holdback.example/log-{secrets.token_hex(4)}')}\n"
    )
    signers = tuple(signer_of(data / LOG_KEY, line) for line in text.splitlines() if line.strip())
    if not signers:
        raise BadKeys(f"{data / LOG_KEY} holds no key")
    return signers


def new_log_key(name: str) -> str:
    """A line of the key file: a fresh Ed25519 key for the log *name*."""
    return f"{name} {Ed25519PrivateKey.generate().private_bytes_raw().hex()}"


def signer_of(path: Path, line: str) -> NoteSigner:
    """The signer by one line of the file at *path*. Raises :class:`BadKeys`."""
    try:
        name, key = line.split()
        return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))
    except ValueError as error:
        raise BadKeys(f"{path} must hold the log's name and its Ed25519 key in hex") from error


def _secrets(path: Path, text: str) -> tuple[bytes, ...]:
    try:
        found = tuple(bytes.fromhex(line) for line in text.split())
    except ValueError as error:
        raise BadKeys(f"{path} must hold one secret in hex on each line") from error
    if not found or any(len(secret) < SECRET_BYTES for secret in found):
        raise BadKeys(f"{path} must hold at least one secret, each of {SECRET_BYTES} bytes or more in hex")
    return found
