"""The keys: made on first start, readable by the owner alone, never in the database.

``cookie.keys`` holds one secret a line, in hex: the first signs the cookie and the form's token, every one verifies.
:mod:`.rotation` puts new ones in; to retire a key take its line out and start again. ``log.key`` is the Ed25519
key that signs checkpoints, and the log's name.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .notes import NoteSigner

COOKIE_KEYS = "cookie.keys"
_LOG = "log.key"
SECRET_BYTES = 32


class BadKeys(Exception):
    """A key file can't be read or is not what it should be; the text names it."""


@dataclass(frozen=True)
class Keys:
    """The keys of one data folder."""

    cookie_secrets: tuple[bytes, ...]
    log: NoteSigner

    @classmethod
    def open(cls, data: Path) -> "Keys":
        """Read the keys in *data*, and make those that are missing. Raises :class:`BadKeys`."""
        signing = _read_or_make(data / _LOG, _new_log_key)
        return cls(cookie_secrets(data), _signer(data / _LOG, signing))


def cookie_secrets(data: Path) -> tuple[bytes, ...]:
    """The secrets of the cookie in *data*, the one that signs first; made if missing. Raises :class:`BadKeys`."""
    text = _read_or_make(data / COOKIE_KEYS, lambda: f"{secrets.token_hex(SECRET_BYTES)}\n")
    return _secrets(data / COOKIE_KEYS, text)


def _new_log_key() -> str:
    key = Ed25519PrivateKey.generate().private_bytes_raw().hex()
    return f"holdback.example/log-{secrets.token_hex(4)} {key}\n"


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    """What is in the file at *path*; of several processes that find none, one makes it and all read the same."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink()
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeys(f"{path} can't be read: {error}") from error


def _secrets(path: Path, text: str) -> tuple[bytes, ...]:
    try:
        found = tuple(bytes.fromhex(line) for line in text.split())
    except ValueError as error:
        raise BadKeys(f"{path} must hold one secret in hex on each line") from error
    if not found or any(len(secret) < SECRET_BYTES for secret in found):
        raise BadKeys(f"{path} must hold at least one secret, each of {SECRET_BYTES} bytes or more in hex")
    return found


def _signer(path: Path, text: str) -> NoteSigner:
    try:
        name, key = text.split()
        return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))
    except ValueError as error:
        raise BadKeys(f"{path} must hold the log's name and its Ed25519 key in hex") from error
