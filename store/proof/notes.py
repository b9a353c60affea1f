"""C2SP signed notes and tlog checkpoints: a few lines of text, and an Ed25519 signature under them."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ED25519 = b"\x01"
_DASH = "— "


class BadNote(ValueError):
    """A note or a checkpoint that is malformed, or not signed by the right key."""


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


@dataclass(frozen=True)
class Verifier:
    """Whose signature counts: the key's name and its public half. Its text form is a C2SP verifier key."""

    name: str
    public: bytes

    def __str__(self) -> str:
        key = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{_key_id(self.name, self.public).hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """The verifier that *text* (``name+hash+key``) stands for. Raises :class:`BadNote`."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadNote("a verifier key looks like name+hash+key") from error
        if raw[:1] != _ED25519 or len(raw) != 33 or _key_id(name, raw[1:]).hex() != key_id:
            raise BadNote("the verifier key does not fit its own hash")
        return cls(name, raw[1:])

    def verify(self, note: str) -> str:
        """The signed text of *note*. Raises :class:`BadNote` where this key has not signed it."""
        text, blank, signatures = note.rpartition("\n\n")
        if not blank:
            raise BadNote("the note has no signature")
        text += "\n"
        for line in signatures.splitlines():
            name, _, encoded = line.removeprefix(_DASH).partition(" ")
            if not line.startswith(_DASH) or name != self.name:
                continue
            try:
                raw = base64.b64decode(encoded, validate=True)
                if raw[:4] != _key_id(self.name, self.public):
                    continue
                Ed25519PublicKey.from_public_bytes(self.public).verify(raw[4:], text.encode())
            except (binascii.Error, InvalidSignature) as error:
                raise BadNote(f"the signature of {self.name} is wrong") from error
            return text
        raise BadNote(f"{self.name} has not signed this")


class NoteSigner:
    """Signs notes with an Ed25519 key under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier = Verifier(name, public)
        self._key = key
        self._key_id = _key_id(name, public)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoteSigner) and other.verifier == self.verifier

    def __hash__(self) -> int:
        return hash(self.verifier)

    def sign(self, text: str) -> str:
        """*text*, which ends in a line feed, with the signature line under it."""
        signature = base64.b64encode(self._key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{self.verifier.name} {signature}\n"


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: the log's origin, how many leaves it has, and their root hash."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The lines that are signed (C2SP tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The tree head in the signed *text*. Raises :class:`BadNote`."""
        lines = text.split("\n")
        try:
            origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
            if not origin or str(int(size)) != size or int(size) < 0 or len(root) != 32:
                raise ValueError(size)
        except (IndexError, ValueError, binascii.Error) as error:
            raise BadNote("this is no checkpoint: its lines are origin, size and root") from error
        return cls(origin, int(size), root)


def opened(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a *note* that *verifier* has signed for its own log. Raises :class:`BadNote`."""
    checkpoint = Checkpoint.parse(verifier.verify(note))
    if checkpoint.origin != verifier.name:
        raise BadNote(f"the checkpoint is of the log {checkpoint.origin}, not of {verifier.name}")
    return checkpoint
