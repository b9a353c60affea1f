"""Texts as a log has them from before a record said since when they are in force: kept, and no record is added."""

from holdback.store.log import texts
from holdback.store.store import Store


def keep(store: Store, *, notice: bytes = b"", rules: str = "", settings: str = "") -> None:
    """Keep what is given in the log of *store*."""
    with store.ledger._database.writing() as connection:
        if notice:
            texts.put_notice(connection, notice, "en")
        if rules:
            texts.put(connection, texts.RULES, rules)
        if settings:
            texts.put(connection, texts.SETTINGS, settings)
