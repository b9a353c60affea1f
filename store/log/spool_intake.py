"""What waited in the spool, on its way into the log: once, whatever crashes on the way."""

import base64
import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from ..engine import facts
from . import evidence, texts
from .records import NewRecord
from .spool import KINDS, Entry, Spool

_log = logging.getLogger("holdback")


def records_of(connection: Connection, spool: Spool, waiting: Sequence[Entry]) -> list[NewRecord]:
    """The records in what is *waiting* in *spool*; their notices are kept, and that they came, in this transaction.

    A crash between its end and the spool's being emptied makes nothing come twice.
    """
    fact, records = f"spool/{spool.name}", []
    came = int(facts.get(connection, fact) or 0)
    for entry in waiting:
        if entry.number >= came:
            try:
                records += _taken(connection, entry)
            except (TypeError, ValueError, KeyError) as error:
                _log.error("what waited in the spool can't be taken, and is lost: %s", error)
    facts.put(connection, fact, str(waiting[-1].number + 1))
    return records


def _taken(connection: Connection, entry: Entry) -> list[NewRecord]:
    """The record of one *entry*, if one comes of it. Raises what reading it may raise."""
    if "record" in entry.said:
        record = NewRecord(**entry.said["record"])
        if record.kind not in KINDS:
            raise ValueError(f"it is a {record.kind}")
        # Erased meanwhile, from another host: no record may bear that id again.
        return [] if record.id and evidence.is_erased(connection, record.id) else [record]
    html, language = base64.b64decode(entry.said["html"]), entry.said["language"]
    hash_ = texts.put_notice(connection, html, language)
    return [texts.published(notice=hash_, language=language)] if hash_ else []
