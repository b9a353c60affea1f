"""Records of the consent log: what is kept of a decision, and which part of it the tree commits to.

A leaf holds the kind, the time and the hashes of notice, code, settings and rules, and a commitment
``SHA-256(salt ‖ payload)``. Everything about a person, their id included, is in the payload, outside the tree: when
salt and payload are deleted the tree still verifies, and nobody can guess what was there.
"""

import hashlib
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A decision that is to be recorded; the log adds index and time.

    ``id`` is the visitor's pseudonymous id. ``services`` tells of single services where they differ from what their
    purpose says. ``notice``, ``rules``, ``settings`` and ``code`` are SHA-256 hashes in hex.
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


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the log as it is read. ``time`` is RFC 3339 in UTC."""

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
        }


@dataclass(frozen=True, slots=True)
class Sealed:
    """A new record apart from index and time: what goes into the leaf, and what stays outside."""

    person: str
    open_part: dict[str, str]
    salt: bytes
    payload: bytes


def seal(record: NewRecord) -> Sealed:
    """Part *record* into what the tree commits to openly and what it commits to by a salted hash."""
    about = {
        "id": record.id,
        "purposes": dict(record.purposes),
        "services": dict(record.services),
        "regime": record.regime,
        "language": record.language,
        "how": record.how,
        "country": record.country,
    }
    payload = zlib.compress(json.dumps(about, sort_keys=True, separators=(",", ":")).encode(), 6)
    salt = secrets.token_bytes(SALT_BYTES)
    open_part = {
        "kind": record.kind,
        "notice": record.notice,
        "rules": record.rules,
        "settings": record.settings,
        "code": record.code,
        "commitment": commitment(salt, payload),
    }
    return Sealed(record.id, open_part, salt, payload)


def commitment(salt: bytes, payload: bytes) -> str:
    """What a leaf says of a payload."""
    return hashlib.sha256(salt + payload).hexdigest()


def erased_mark(person: str) -> str:
    """What is kept of who was erased. An id has 122 random bits, so it can't be found from this."""
    return hashlib.sha256(f"holdback erased {person}".encode()).hexdigest()


def leaf_of(open_part: Mapping[str, str], time_ms: int) -> bytes:
    """The leaf's bytes: JSON with sorted keys and no spaces. *time_ms* is in milliseconds since the epoch."""
    return json.dumps({**open_part, "time": time_ms, "v": 1}, sort_keys=True, separators=(",", ":")).encode()


def opened(index: int, leaf: bytes, payload: bytes | None) -> Record:
    """The record behind a *leaf* and its *payload*; without the payload what is about a person stays empty."""
    public = json.loads(leaf)
    about = json.loads(zlib.decompress(payload)) if payload else {}
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
    )


def rfc3339(time_ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 text in UTC."""
    return (
        datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
