"""Texts that records name by their SHA-256: editions of the rules, and the settings that bear on a choice."""

import hashlib

from sqlalchemy import Connection

from ..engine import schema
from ..engine.dialects import insert_once

RULES, SETTINGS = "rules/", "settings/"
"""Facts whose names begin so are such texts; the SHA-256 in hex follows."""


def put(connection: Connection, kind: str, text: str) -> None:
    """Keep *text* under its hash; *kind* is what its name begins with."""
    name = kind + hashlib.sha256(text.encode()).hexdigest()
    connection.execute(insert_once(connection, schema.facts), {"name": name, "value": text})
