"""Records of the consent log: what is kept of a decision, and which part of it the tree commits to.

A leaf holds the kind, the time and the hashes of notice, code, settings and rules, and a commitment
``SHA-256(salt ‖ payload)``. Everything about a person, their id included, is in the payload, outside the tree: when
salt and payload are deleted the tree still verifies, and nobody can guess what was there.

A leaf says by its version what the payload is. Version 2 is about a person, and encrypted for them alone::

    payload = tag (16) ‖ SHA-256(opening) (32) ‖ nonce (12) ‖ AES-256-GCM(opening)
    opening = blind (16) ‖ the fields, JSON with sorted keys and no spaces

The tag is the person's, as the vault makes it (:mod:`.vault`). Whoever is shown the opening can check by one hash that
it is what the leaf commits to, and needs no key; without it the blind hides what was there. Version 1 is not encrypted:
the fields, packed by zlib. So are records that are about nobody, and those that were written before there was a vault.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .stripped import Commitment

SALT_BYTES = BLIND_BYTES = TAG_BYTES = 16
DIGEST_BYTES = 32
_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode
CLEAR, SEALED = 1, 2
"""The versions of a leaf."""
COUNTERS = "counters"
"""The kind of record that says what a process held and released: about things, and about nobody."""
DISCLOSED = "disclosed"
"""The kind of record that says what was handed out, and to whom."""
PUBLISHED = "published"
"""The kind of record that says since when a notice, an edition of the rules or settings are in force."""
BY_OWNER = "owner"
"""How something came to be that no visitor did: by a command, or a setting, of the owner's."""
CHOICES = ("grant", "partial", "refusal", "withdrawal")
"""The kinds of records that visitors make."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A decision that is to be recorded; the log adds index and time.

    ``id`` is the visitor's pseudonymous id. ``services`` has every service that was listed. ``notice``, ``rules``,
    ``settings`` and ``code`` are SHA-256 hashes in hex. ``key`` is the verifier key that a rotation names, and empty in
    all other records; ``counters`` is what a process counted, by what became of things, their kind and their service,
    with the process and the first record that it covers; ``stripped`` is what the record commits to of the leaves that
    are bare (:mod:`.stripped`); ``disclosed`` is what was handed out, to whom (:mod:`.disclosures`); ``lost`` how many
    records the log had had when its owner adopted it (:mod:`.adoption`).
    """

    id: str
    kind: str
    purposes: Mapping[str, bool]
    services: Mapping[str, bool] = field(default_factory=dict)
    regime: str = "opt-in"
    language: str = "en"
    notice: str = ""
    how: str = "form"
    rules: str = ""
    settings: str = ""
    code: str = ""
    country: str | None = None
    key: str = ""
    counters: Mapping[str, Any] | None = None
    stripped: Commitment | None = None
    lost: int | None = None
    disclosed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the log as it is read. ``time`` is RFC 3339 in UTC.

    ``missing`` says why what is about a person is empty: it was ``stripped``, is ``withheld``, or is ``unreadable``;
    empty where nothing is missing.
    """

    index: int
    id: str
    time: str
    kind: str
    purposes: Mapping[str, bool]
    services: Mapping[str, bool]
    regime: str
    language: str
    notice: str
    how: str
    rules: str
    settings: str
    code: str
    country: str | None
    counters: Mapping[str, Any] | None = None
    disclosed: Mapping[str, Any] | None = None
    missing: str = ""

    def line(self) -> dict[str, Any]:
        """The record as ``holdback log export`` writes it."""
        return {
            "index": self.index,
            "id": self.id,
            "time": self.time,
            "kind": self.kind,
            "purposes": dict(self.purposes),
            "services": dict(self.services),
            "regime": self.regime,
            "language": self.language,
            "notice": self.notice,
            "how": self.how,
            "rules": self.rules,
            "settings": self.settings,
            "code": self.code,
            "country": self.country,
            **({"counters": self.counters} if self.counters else {}),
            **({"disclosed": self.disclosed} if self.disclosed else {}),
            **({"missing": self.missing} if self.missing else {}),
        }


COLUMNS = (
    *("index", "id", "time", "kind", "purposes", "services", "regime", "language", "notice", "how"),
    *("rules", "settings", "code", "country", "counters", "disclosed", "missing"),
)
"""What a record's line may have, in order."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A new record apart from index and time: what goes into the leaf, and what stays outside.

    ``version`` is the leaf's. ``person`` is whom it is filed under: the tag of its person in hex, or empty; ``key_id``
    the row of their key.
    """

    open_part: dict[str, str]
    salt: bytes
    payload: bytes
    version: int
    person: str
    key_id: int | None


def fields_of(record: NewRecord) -> bytes:
    """What *record* says about a person: JSON with sorted keys and no spaces."""
    about = {
        "id": record.id,
        "purposes": dict(record.purposes),
        "services": dict(record.services),
        "regime": record.regime,
        "language": record.language,
        "how": record.how,
        "country": record.country,
        **({"counters": record.counters} if record.counters else {}),
        **({"disclosed": record.disclosed} if record.disclosed else {}),
    }
    return _json(about).encode()


def in_clear(record: NewRecord) -> Sealed:
    """A *record* that is about nobody."""
    return committed(record, zlib.compress(fields_of(record), 6), CLEAR)


def committed(
    record: NewRecord, payload: bytes, version: int, *, person: str = "", key_id: int | None = None
) -> Sealed:
    """Part *record* into what the tree commits to openly and what it commits to by a salted hash: its *payload*."""
    salt = secrets.token_bytes(SALT_BYTES)
    open_part = {
        "kind": record.kind,
        "notice": record.notice,
        "rules": record.rules,
        "settings": record.settings,
        "code": record.code,
        "commitment": commitment(salt, payload),
    }
    if record.key:
        open_part["key"] = record.key
    if record.stripped is not None:
        open_part |= {"previous": record.stripped.before, "stripped": record.stripped.root}
    if record.lost is not None:
        open_part["lost"] = str(record.lost)
    return Sealed(open_part, salt, payload, version, person, key_id)


def commitment(salt: bytes, payload: bytes) -> str:
    """What a leaf says of a payload."""
    return hashlib.sha256(salt + payload).hexdigest()


def erased_mark(person: str) -> str:
    """What is kept of a person who was erased. An id has 122 random bits, so it can't be found from this."""
    return hashlib.sha256(f"holdback erased {person}".encode()).hexdigest()


def leaf_of(open_part: Mapping[str, str], time_ms: int, version: int) -> bytes:
    """The leaf's bytes: JSON with sorted keys and no spaces. *time_ms* is in milliseconds since the epoch."""
    return _json({**open_part, "time": time_ms, "v": version}).encode()


def version_of(leaf: bytes) -> int:
    """The version that a *leaf* of this program's has; 0 where it is none."""
    return {b',"v":1}': CLEAR, b',"v":2}': SEALED}.get(leaf[-7:], 0)


def filed_right(version: int, payload: bytes, person: bytes) -> bool:
    """Whether the record with this *payload* is filed under its own *person*. Raises ``zlib.error``."""
    if version == SEALED:
        return payload[:TAG_BYTES].hex().encode() == person
    return b'"id":"%b"' % person in zlib.decompress(payload)


def opened(
    index: int, leaf: bytes, payload: bytes | None, opening: bytes | None = None, *, missing: str = "withheld"
) -> Record:
    """The record behind a *leaf*. What is about a person stays empty where its *payload* is gone.

    So it does where the payload is encrypted and no *opening* is given: *missing* says why. Raises ``ValueError``,
    ``KeyError`` and ``zlib.error`` where it is not readable.
    """
    public = json.loads(leaf)
    about = _about(public["v"], payload, opening)
    if payload is None:
        missing = "stripped"
    elif about:
        missing = ""
    return Record(
        index=index,
        id=about.get("id", ""),
        time=rfc3339(public["time"]),
        kind=public["kind"],
        purposes=about.get("purposes", {}),
        services=about.get("services", {}),
        regime=about.get("regime", ""),
        language=about.get("language", ""),
        notice=public["notice"],
        how=about.get("how", ""),
        rules=public["rules"],
        settings=public["settings"],
        code=public["code"],
        country=about.get("country"),
        counters=about.get("counters"),
        disclosed=about.get("disclosed"),
        missing=missing,
    )


def _about(version: int, payload: bytes | None, opening: bytes | None) -> dict[str, Any]:
    if payload is None:
        return {}
    if version == CLEAR:
        return dict(json.loads(zlib.decompress(payload)))
    return dict(json.loads(opening[BLIND_BYTES:])) if opening is not None else {}


def rfc3339(time_ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 text in UTC."""
    return (
        datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
