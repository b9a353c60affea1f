"""The vault: what a record says about a person is encrypted under a key that is theirs alone.

Each person has a data key (AES-256-GCM), wrapped by a master key that lies outside the database (:mod:`..keys.master`).
To forget a person is to delete their key with their rows: whatever copy of a row survives, in a backup or on a disk, is
then noise.

Records are filed under a *tag*, a keyed hash of the id (BLAKE2b, RFC 7693), so that they can be found by whoever has
the key, and nobody else can try ids. Its key is made with the log and wrapped like the others. Which master key is in
force is written in the log and read in the very transaction that appends: a worker that does not know it yet reads the
keys again, and nothing is ever wrapped by a key that a rotation has left behind.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, select

from ..engine import facts, schema
from ..engine.dialects import contains
from ..engine.errors import StoreUnavailable
from ..keys.files import BadKeys
from ..keys.master import MasterKey, MasterKeys
from .records import (
    BLIND_BYTES,
    DIGEST_BYTES,
    SEALED,
    TAG_BYTES,
    NewRecord,
    Sealed,
    committed,
    fields_of,
    in_clear,
)

NONCE_BYTES = 12
DATA_KEY_BYTES = 32
MASTER, LOOKUP = "master", "lookup"
"""Facts: the name of the master key in force, and the key of the tags, wrapped by it."""
_REMEMBERED = 1 << 16
"""Tags that are kept in memory: one is asked for with every request of a visitor who has chosen."""
_HEAD_BYTES = TAG_BYTES + DIGEST_BYTES
_IS_SEALED = b'"v":%d}' % SEALED


_KEYS = (
    select(schema.records.c.person, schema.people.c.id, schema.people.c.master, schema.people.c.wrapped)
    .join(schema.people, schema.people.c.id == schema.records.c.key_id)
    .where(schema.records.c.person.in_(bindparam("tags", expanding=True)))
    .distinct()
)
_ADD_PEOPLE = schema.people.insert()


class Unreadable(StoreUnavailable):
    """What is kept of a record does not open by its key: one of them was changed."""


class Vault:
    """Seals and opens records by *masters*; *lookup* is the key of the tags."""

    def __init__(self, masters: MasterKeys, lookup: bytes) -> None:
        self.masters = masters
        self.tag: Callable[[str], str] = lru_cache(_REMEMBERED)(lambda id_: _tag(lookup, id_))
        """The tag of an id, 32 hex digits; empty for no id."""
        self.tag_once: Callable[[str], str] = lambda id_: _tag(lookup, id_)
        """The same, of what is not asked for again."""

    @classmethod
    def begin(cls, connection: Connection, masters: MasterKeys) -> "Vault":
        """The vault of the log behind *connection*, which can write; a log that has none is given one.

        Raises :class:`BadKeys`, and ``OSError`` where a key file can't be made.
        """
        if (vault := cls.of(connection, masters)) is not None:
            return vault
        masters.make()
        master, lookup = masters.load()[0], secrets.token_bytes(DATA_KEY_BYTES)
        facts.put(connection, MASTER, master.name)
        put_lookup(connection, master, lookup)
        return cls(masters, lookup)

    @classmethod
    def of(cls, connection: Connection, masters: MasterKeys) -> "Vault | None":
        """The vault of the log behind *connection*, which need not write; None where it has none.

        Raises :class:`BadKeys` where *masters* do not open it, and :class:`StoreUnavailable` where it was changed.
        """
        named, wrapped = facts.get(connection, MASTER), facts.get(connection, LOOKUP)
        if named is None or wrapped is None:
            if (reason := missing(connection)) is not None:
                raise StoreUnavailable(reason)
            return None
        return cls(masters, lookup_in(masters.named(named), wrapped))

    def seal(
        self, connection: Connection, first: int, records: Sequence[NewRecord], master: str
    ) -> list[Sealed]:
        """Encrypt *records*, each for its person, in the transaction that appends them from index *first* on.

        A person without a key gets one, wrapped by the key in force, which *master* names. Raises
        :class:`StoreUnavailable` where the master key can't be had.
        """
        tags = [self.tag(record.id) for record in records]
        try:
            wanted = {tag: index for index, tag in enumerate(tags, first) if tag}
            keys = self._keys(connection, wanted, master) if wanted else {}
        except BadKeys as error:
            raise StoreUnavailable(str(error)) from error
        return [
            _sealed(record, tag, *keys[tag]) if tag else in_clear(record)
            for record, tag in zip(records, tags, strict=True)
        ]

    def _keys(
        self, connection: Connection, wanted: Mapping[str, int], master: str
    ) -> dict[str, tuple[int, AESGCM]]:
        """Row and data key of every tag; those who have none get one, in the row that *wanted* says.

        So does a person whose key was changed by hand: to agree or withdraw, nobody has to wait until it is mended.
        """
        keys: dict[str, tuple[int, AESGCM]] = {}
        for tag, id_, name, wrapped in connection.execute(_KEYS, {"tags": list(wanted)}):
            with suppress(Unreadable):
                keys[tag] = id_, self._unwrapped(id_, name, wrapped)
        if new := [(tag, id_) for tag, id_ in wanted.items() if tag not in keys]:
            by, rows = self.masters.named(master), []
            for tag, id_ in new:
                key = secrets.token_bytes(DATA_KEY_BYTES)
                rows.append({"id": id_, "master": by.name, "wrapped": wrap(by, key, owner(id_))})
                keys[tag] = id_, AESGCM(key)
            connection.execute(_ADD_PEOPLE, rows)
        return keys

    def _unwrapped(self, id_: int, name: str, wrapped: bytes) -> AESGCM:
        return AESGCM(unwrap(self.masters.named(name), wrapped, owner(id_)))

    def new_key(self, master: str, owner: bytes) -> bytes:
        """A key for *owner*, wrapped by the *master* of this name. Raises :class:`StoreUnavailable`."""
        try:
            return wrap(self.masters.named(master), secrets.token_bytes(DATA_KEY_BYTES), owner)
        except BadKeys as error:
            raise StoreUnavailable(str(error)) from error

    def key(self, master: str, wrapped: bytes, owner: bytes) -> AESGCM:
        """The key of *owner* that the *master* of this name has wrapped.

        Raises :class:`Unreadable`, and :class:`StoreUnavailable` where the master key can't be had.
        """
        try:
            return AESGCM(unwrap(self.masters.named(master), wrapped, owner))
        except BadKeys as error:
            raise StoreUnavailable(str(error)) from error

    def opening(self, payload: bytes, id_: int | None, name: str | None, wrapped: bytes | None) -> bytes:
        """What was encrypted: blind and fields. *id_*, *name* and *wrapped* are the row of its person's key.

        Raises :class:`Unreadable`, and :class:`StoreUnavailable` where the master key can't be had.
        """
        if id_ is None or name is None or wrapped is None:
            raise Unreadable("the key of its person is missing")
        head, nonce = payload[:_HEAD_BYTES], payload[_HEAD_BYTES : _HEAD_BYTES + NONCE_BYTES]
        try:
            key = self._unwrapped(id_, name, wrapped)
            opening = key.decrypt(nonce, payload[_HEAD_BYTES + NONCE_BYTES :], head)
        except (InvalidTag, TypeError, ValueError) as error:
            raise Unreadable("it does not open by the key of its person") from error
        except BadKeys as error:
            raise StoreUnavailable(str(error)) from error
        if hashlib.sha256(opening).digest() != payload[TAG_BYTES:_HEAD_BYTES]:
            raise Unreadable("what is encrypted is not what its leaf commits to")
        return opening


def _tag(lookup: bytes, id_: str) -> str:
    return hashlib.blake2b(id_.encode(), key=lookup, digest_size=TAG_BYTES).hexdigest() if id_ else ""


def _sealed(record: NewRecord, tag: str, key_id: int, key: AESGCM) -> Sealed:
    noise = secrets.token_bytes(BLIND_BYTES + NONCE_BYTES)
    blind, nonce = (
        noise[:BLIND_BYTES],
        noise[BLIND_BYTES:],
    )  # random: a person's key serves a few records in its life
    opening = blind + fields_of(record)
    head = bytes.fromhex(tag) + hashlib.sha256(opening).digest()
    payload = head + nonce + key.encrypt(nonce, opening, head)
    return committed(record, payload, SEALED, person=tag, key_id=key_id)


def owner(key_id: int) -> bytes:
    """What the key in row *key_id* is bound to: it opens in no other row."""
    return b"person %d" % key_id


def wrap(master: MasterKey, key: bytes, owner: bytes) -> bytes:
    """*key* encrypted by *master*; it opens for the same *owner* only."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + master.cipher.encrypt(nonce, key, owner)


def unwrap(master: MasterKey, wrapped: bytes, owner: bytes) -> bytes:
    """The key that :func:`wrap` has wrapped for *owner*. Raises :class:`Unreadable`."""
    try:
        return master.cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner)
    except (InvalidTag, TypeError, ValueError) as error:
        raise Unreadable("a key does not open by the master key: it was changed") from error


def missing(connection: Connection) -> str | None:
    """What was taken away of the vault of a log in which something is sealed; None where nothing was.

    Another key of the tags must not be made for it: what people have withdrawn would be somebody else's.
    """
    gone = [name for name in (MASTER, LOOKUP) if facts.get(connection, name) is None]
    sealed = select(schema.records.c.idx).where(contains(connection, schema.records.c.leaf, _IS_SEALED))
    if not gone or connection.execute(sealed.limit(1)).first() is None:
        return None
    return f"the log has sealed records, and its facts {' and '.join(gone)} are missing: they were removed by hand"


def lookup_in(master: MasterKey, wrapped: str) -> bytes:
    """The key of the tags, as the fact has it. Raises :class:`StoreUnavailable`."""
    try:
        return unwrap(master, base64.b64decode(wrapped), LOOKUP.encode())
    except (Unreadable, ValueError) as error:
        raise StoreUnavailable(
            "the key by which records are found does not open by the master key: it was changed"
        ) from error


def put_lookup(connection: Connection, master: MasterKey, lookup: bytes) -> None:
    """Keep the key of the tags, wrapped by *master*."""
    facts.put(connection, LOOKUP, base64.b64encode(wrap(master, lookup, LOOKUP.encode())).decode())
