"""Texts that records name by their SHA-256: editions of the rules, and the settings that bear on a choice.

The first record that a text is in force is of the kind :data:`.records.PUBLISHED`, and so is that of a notice.
"""

import hashlib

from sqlalchemy import Connection

from ..engine import schema
from ..engine.dialects import insert_once
from .records import PUBLISHED, NewRecord

RULES, SETTINGS = "rules/", "settings/"
"""Facts whose names begin so are such texts; the SHA-256 in hex follows."""


def put(connection: Connection, kind: str, text: str) -> str:
    """Keep *text* under its hash; *kind* is what its name begins with. The hash where it is new, else empty."""
    hash_ = hashlib.sha256(text.encode()).hexdigest()
    done = connection.execute(insert_once(connection, schema.facts), {"name": kind + hash_, "value": text})
    return hash_ if done.rowcount else ""


def put_notice(connection: Connection, html: bytes, language: str, edition: str = "") -> str:
    """Keep the text of a notice under its hash. The hash where it is new, else empty."""
    hash_ = hashlib.sha256(html).hexdigest()
    row = {"hash": hash_, "language": language, "html": html, "edition": edition or None}
    done = connection.execute(insert_once(connection, schema.notices), row)
    return hash_ if done.rowcount else ""


def published(*, notice: str = "", language: str = "", rules: str = "", settings: str = "") -> NewRecord:
    """The record that texts of these hashes are in force from now on."""
    return NewRecord(
        "",
        PUBLISHED,
        {},
        how="proxy",
        regime="",
        language=language,
        notice=notice,
        rules=rules,
        settings=settings,
    )
