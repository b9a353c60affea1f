"""What waited in the spool, on its way into the log: once, whatever crashes on the way.

How far it came is a fact, signed like a checkpoint: whoever can write to the database alone could say of a withdrawal
that still waits that it came already, and it would be lost.
"""

import base64
import logging
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection

from ..engine import facts
from ..keys.log_signer import chain_in_force
from ..proof.notes import NoteSigner
from . import evidence, texts
from .records import NewRecord
from .spool import FILE, KINDS, Entry, Spool

_log = logging.getLogger("holdback")


def records_of(
    connection: Connection, spool: Spool, waiting: Sequence[Entry], signer: NoteSigner
) -> list[NewRecord]:
    """The records in what is *waiting* in *spool*; their notices are kept, and that they came, in this transaction.

    A crash between its end and the spool's being emptied makes nothing come twice. *signer* signs how far it came.
    """
    records: list[NewRecord] = []
    came = _came(connection, spool)
    for entry in waiting:
        if entry.number >= came:
            try:
                records += _taken(connection, entry)
            except (TypeError, ValueError, KeyError) as error:
                _log.error("what waited in the spool can't be taken, and is lost: %s", error)
    facts.put(connection, _fact(spool), signer.sign(f"{_said(spool)}{waiting[-1].number + 1}\n"))
    return records


def _fact(spool: Spool) -> str:
    return f"spool/{spool.name}"


def _said(spool: Spool) -> str:
    """What the text of the fact begins with; a number follows. It can be taken for no checkpoint."""
    return f"holdback {FILE}\n{spool.name}\n"


def _came(connection: Connection, spool: Spool) -> int:
    """The number of the first entry that has not come yet; 0 where none of the log's keys has signed another."""
    note = facts.get(connection, _fact(spool)) or ""
    for _, key in reversed(chain_in_force(connection).keys):
        with suppress(ValueError):
            return int(key.verify(note).removeprefix(_said(spool)))
    return 0


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
