"""Do the keys of people still open? Without them nothing that their records say can be read any more.

No tree has these keys: they are wrapped anew when the master key is exchanged. Somebody who overwrites one has erased a
person, and no record of an erasure says so. Whoever has the master key can see that, and nobody else.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select

from ..engine import schema
from ..engine.database import Database
from ..engine.dialects import raw, streamed
from ..keys.files import BadKeys
from ..keys.master import MasterKeys
from .vault import Unreadable, owner, unwrap
from .verify import Fault

AT_MOST = 50_000
"""So many keys, chosen at random, are tried unless all are asked for: a million take three seconds."""
_COLUMNS = schema.people.c


@dataclass(frozen=True, slots=True)
class Tried:
    """So many keys were ``tried``, ``of`` all that there are: each opens."""

    tried: int
    of: int


def attempt(database: Database, masters: MasterKeys, *, every: bool = False) -> Tried | Fault:
    """Unwrap keys of people by *masters*, :data:`AT_MOST` or *every* one.

    Raises ``BadKeys`` where the master keys can't be had, and ``StoreUnavailable``.
    """
    masters.load()
    with database.reading() as connection:
        of = connection.execute(select(func.count()).select_from(schema.people)).scalar_one()
        step = 1 if every else max(1, -(-of // AT_MOST))
        query = select(_COLUMNS.id, _COLUMNS.master, raw(_COLUMNS.wrapped)).order_by(_COLUMNS.id)
        if step > 1:
            query = query.where(_COLUMNS.id % step == secrets.randbelow(step))
        tried = 0
        with streamed(connection, query, 10_000) as rows:
            for id_, master, wrapped in rows:
                tried += 1
                try:
                    unwrap(masters.named(master), wrapped, owner(id_))
                except (Unreadable, BadKeys) as error:
                    return Fault(
                        f"the key that was made for the person of record {id_} is of no use: {error}", id_
                    )
    return Tried(tried, of)
