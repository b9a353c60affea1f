"""Seals what an event says, and its visitor's id, by a key of that visitor's own.

So no log of the database, and no backup of it, says anything about a person who was erased: their key is gone with
their events. What is counted stays in the clear: name, time, path and circumstances, filed under tags that only the
log's key makes (:mod:`..log.vault`).

An event without a visitor is sealed by the key of the person whom its sender names, one without either by a key that
all of them share.
"""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, select

from ..engine import schema
from ..engine.dialects import insert_once
from ..log.vault import NONCE_BYTES, Unreadable, Vault

type Key = tuple[int, AESGCM]
"""The row of a key, and the key."""
_KEYS = schema.event_keys.c
_FIND_AND_KEEP = (
    select(_KEYS.tag, _KEYS.id, _KEYS.master, _KEYS.wrapped)
    .where(_KEYS.tag.in_(bindparam("tags", expanding=True)))
    .with_for_update(read=True)
)
"""PostgreSQL lets nobody delete these keys until what is sealed by them is committed; SQLite has one writer anyway."""
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


class EventKeys:
    """The keys of events. *in_force* names the master key that wraps a new one; it may read the log."""

    def __init__(self, vault: Vault, in_force: Callable[[], str]) -> None:
        self._vault = vault
        self._in_force = in_force
        self.tag = vault.tag
        self.tag_once = vault.tag_once

    def of(self, connection: Connection, tags: Collection[str]) -> dict[str, Key]:
        """The key of every tag, made where there is none, in the transaction of *connection*.

        Raises ``StoreUnavailable`` where the master key can't be had.
        """
        found = self._found(connection, tags)
        missing = sorted(set(tags) - set(found))  # in one order, so that two hosts don't wait for each other
        if missing:
            master = self._in_force()
            rows = [
                {"tag": tag, "master": master, "wrapped": self._vault.new_key(master, owner(tag))}
                for tag in missing
            ]
            connection.execute(insert_once(connection, schema.event_keys), rows)
            found |= self._found(connection, missing)  # another host may have been first
        return found

    def _found(self, connection: Connection, tags: Collection[str]) -> dict[str, Key]:
        return {
            tag: (id_, self._vault.key(master, wrapped, owner(tag)))
            for tag, id_, master, wrapped in connection.execute(_FIND_AND_KEEP, {"tags": list(tags)})
        }


def owner(tag: str) -> bytes:
    """What the key of a tag is bound to: it opens for no other one."""
    return b"events of " + tag.encode()


def content(visitor: str | None, person: str, uid: str | None, properties: Mapping[str, Any]) -> bytes:
    """What is sealed of an event: whose it is, its sender's id for it, and what it says."""
    said = {"visitor": visitor, "person": person, "id": uid, "properties": properties}
    return _json(said).encode("utf-8", "surrogatepass")


def seal(key: AESGCM, said: bytes, nonce: bytes) -> bytes:
    """*said*, encrypted."""
    return nonce + key.encrypt(nonce, said, None)


class Opener:
    """Opens what was sealed, by keys that *connection* reads. No more of them are kept than it was made ready for."""

    def __init__(self, vault: Vault | None, connection: Connection) -> None:
        self._vault = vault
        self._connection = connection
        self._keys: dict[int, AESGCM] = {}

    def make_ready(self, key_ids: Collection[int]) -> None:
        """Read the keys of these rows. Raises ``StoreUnavailable``, but not for a key that is missing or broken."""
        self._keys = {}
        if self._vault is None:
            return
        query = select(_KEYS.id, _KEYS.tag, _KEYS.master, _KEYS.wrapped).where(_KEYS.id.in_(key_ids))
        for id_, tag, master, wrapped in self._connection.execute(query):
            with suppress(Unreadable):
                self._keys[id_] = self._vault.key(master, wrapped, owner(tag))

    def content(self, key_id: int, sealed: bytes) -> Any:
        """What an event says. Raises :class:`Unreadable`."""
        if key_id not in self._keys:
            raise Unreadable("the key of an event is missing, or was changed")
        try:
            return json.loads(self._keys[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
        except (InvalidTag, ValueError) as error:
            raise Unreadable("an event does not open by its key") from error
