"""The master keys: they wrap the key of each person, and lie outside the database.

Three places can hold them: ``file:PATH`` (relative to the data folder; made on first start, readable by its owner
alone), ``env:NAME``, and ``command:PROGRAM ARGUMENTS``, whose output they are. Each holds one key a line, 32 bytes in
hex. The first is the one that a new log, or a rotation, takes; the others still open what they wrapped.
"""

import hashlib
import os
import secrets
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .files import BadKeys, read_or_make

DEFAULT = "file:master.keys"
KEY_BYTES = 32
_SECONDS = 30
"""How long a command may take to hand the keys over."""


@dataclass(frozen=True)
class MasterKey:
    """One key; ``name`` tells it from others, and says nothing of it."""

    secret: bytes = field(repr=False)
    name: str = field(init=False)
    cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(b"holdback master key" + self.secret).hexdigest()
        object.__setattr__(self, "name", digest[:16])
        object.__setattr__(self, "cipher", AESGCM(self.secret))


class MasterKeys:
    """The keys that *source* holds; *data* is the data folder. They are read when first asked for."""

    def __init__(self, source: str, data: Path) -> None:
        self.source = source
        kind, _, rest = source.partition(":")
        self._kind, self._rest = kind, rest
        self.path = data / Path(rest).expanduser() if kind == "file" else None
        """The file that holds them; None where it is no file."""
        self._known: dict[str, MasterKey] = {}

    def __str__(self) -> str:
        return str(self.path) if self.path is not None else self.source

    def make(self) -> None:
        """Make the file on first start. Raises :class:`BadKeys` and ``OSError``."""
        if self.path is not None:
            read_or_make(self.path, lambda: f"{secrets.token_hex(KEY_BYTES)}\n")

    def load(self) -> tuple[MasterKey, ...]:
        """Every key, read anew. Raises :class:`BadKeys`."""
        found = tuple(MasterKey(secret) for secret in self._secrets())
        self._known = {key.name: key for key in found}
        return found

    def named(self, name: str) -> MasterKey:
        """The key of that name. The source is read again where it is not known. Raises :class:`BadKeys`."""
        if name not in self._known:
            self.load()
        if name not in self._known:
            raise BadKeys(
                f"the log is encrypted under the master key {name}, which {self} does not hold: "
                "[store] master_key must name where it is"
            )
        return self._known[name]

    def _secrets(self) -> list[bytes]:
        try:
            found = [bytes.fromhex(line) for line in self._text().split()]
        except ValueError as error:
            raise BadKeys(f"{self} must hold one key in hex on each line") from error
        if not found or any(len(secret) != KEY_BYTES for secret in found):
            raise BadKeys(f"{self} must hold at least one key, each of {KEY_BYTES} bytes in hex")
        return found

    def _text(self) -> str:
        match self._kind:
            case "file":
                return self._of_file()
            case "env":
                if (text := os.environ.get(self._rest)) is None:
                    raise BadKeys(
                        f"the environment variable {self._rest} is not set: it must hold the master key"
                    )
                return text
            case "command":
                return self._of_command()
            case _:
                raise BadKeys(f'"{self.source}" must begin with file:, env: or command:')

    def _of_file(self) -> str:
        assert self.path is not None
        try:
            return self.path.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise BadKeys(f"{self.path} can't be read: {error}") from error

    def _of_command(self) -> str:
        """What the command prints; nothing of it is ever shown, because it may be the key."""
        try:
            done = subprocess.run(
                shlex.split(self._rest), capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise BadKeys(f'the command "{self._rest}" for the master key can\'t be run: {error}') from error
        if done.returncode:
            raise BadKeys(
                f'the command "{self._rest}" for the master key ended with status {done.returncode}'
            )
        return done.stdout
