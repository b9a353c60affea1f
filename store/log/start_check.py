"""Whether a log can be gone on with: quicker than to verify all of it, and asked at every start."""

from sqlalchemy import Connection

from ..engine.database import Database
from ..engine.errors import StoreUnavailable
from ..keys.log_signer import chain_in_force
from ..proof.tiles import TileReader
from . import accounting, adoptions
from .head import Head, newest_head
from .memory import Memory, Remembered


def examine(connection: Connection, remembered: Remembered | None) -> Head:
    """Check the head, what was *remembered* of the log before this connection began to read, and the account of
    stripped leaves; the head.

    Raises :class:`StoreUnavailable`, and :class:`..engine.errors.Behind` where more is remembered.
    """
    head, chain = newest_head(connection), chain_in_force(connection)
    head.check(connection, chain)
    if remembered is not None:
        remembered.check(chain, head.size, TileReader(connection), adoptions.of(connection))
    accounting.must_be_whole(connection)
    return head


def amiss(database: Database) -> str:
    """What is wrong with a log that is only read; empty where nothing is."""
    try:
        remembered = Memory(database.folder).recall()
        with database.reading() as connection:
            examine(connection, remembered)
    except StoreUnavailable as error:
        return str(error)
    return ""
