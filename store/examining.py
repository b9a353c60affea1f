"""Whether a log can be gone on with, asked of a database that is only read: quicker than to verify all of it."""

from . import adoption, stripped
from .database import Database
from .errors import StoreUnavailable
from .head import newest_head
from .memory import Memory
from .notes import BadNote
from .signing import chain_of
from .tiles import TileReader


def amiss(database: Database) -> str:
    """What is wrong with the head, with what is remembered of the log, or with the account of stripped leaves.

    Empty where nothing is.
    """
    try:
        with database.reading() as connection:
            head, chain = newest_head(connection), chain_of(connection)
            head.check(connection, chain)
            Memory(database.folder).check(chain, head.size, TileReader(connection), adoption.of(connection))
            stripped.must_be_whole(connection)
    except (BadNote, StoreUnavailable) as error:
        return str(error)
    return ""
