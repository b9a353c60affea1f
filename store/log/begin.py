"""The beginning of a log: its first checkpoint, and who signs."""

from sqlalchemy import select

from ..engine import facts, schema
from ..engine.database import Database
from ..keys.log_signer import FIRST, Signing
from ..keys.master import MasterKeys
from ..proof import merkle
from .head import put_head
from .memory import Memory
from .vault import Vault


def begin_log(database: Database, signing: Signing, masters: MasterKeys, memory: Memory | None) -> Vault:
    """Give a new log its first checkpoint, over no record, and write down who signs; the vault of new and old.

    Raises :class:`Behind` where *memory* knows of records: this would be a second history under the same key. Raises
    :class:`StoreUnavailable`, and ``BadKeys`` where the log is not that of these keys.
    """
    with database.writing() as connection:
        if memory is not None and facts.get(connection, FIRST) is None:
            memory.must_be_empty()
        signer = signing.begin(connection)
        if connection.execute(select(schema.heads.c.size).limit(1)).first() is None:
            put_head(connection, signer, merkle.Frontier(), 0)
        return Vault.begin(connection, masters)
