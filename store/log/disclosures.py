"""Disclosures: that something of the log or the events was handed out, to whom, and by whom (GDPR Art. 15(1)(c),
30(1)(d)).

A command writes them into the spool, and the proxy of that data folder puts them into the log within a second. So a
command takes no part in the log's order, and one that is run on a copy of the folder begins no second history there.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..engine.errors import StoreUnavailable
from .records import BY_OWNER, DISCLOSED, NewRecord
from .spool import FILE, Spool

_LEFT_FREE = 3 << 18
"""Bytes of the spool that are for refusals alone."""


def disclose(data: Path, what: str, *, person: str = "", **details: Any) -> bool:
    """Put on record that *what* was handed out of the folder *data*. One that is of a *person* is filed under their id.

    False where the folder is no proxy's. Raises :class:`StoreUnavailable` and ``OSError``.
    """
    if not (data / FILE).exists():
        return False
    told = {"what": what, **{name: value for name, value in details.items() if value}}
    record = NewRecord(person, DISCLOSED, {}, how=BY_OWNER, regime="", language="", disclosed=told)
    spool = Spool(data)
    try:
        if spool.free < _LEFT_FREE:
            raise StoreUnavailable(f"{FILE} has room for refusals only, until the log takes what is in it")
        spool.add({"record": asdict(record)})
    finally:
        spool.close()
    return True
