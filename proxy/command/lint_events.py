"""What ``holdback check`` finds at the database of the events, where it is not the log's."""

from collections.abc import Iterator

from ...store.engine.clickhouse import ClickHouseDatabase
from ...store.engine.errors import StoreUnavailable
from ..settings.model import Settings
from .lint import Finding, fault


def events_findings(settings: Settings) -> Iterator[Finding]:
    """Whether the database that ``[events] url`` names can be used; nothing where there is none."""
    if not settings.events.url:
        return
    try:
        database = ClickHouseDatabase(settings.events.url, settings.data)
        try:
            with database.reading():
                pass
        finally:
            database.close()
    except StoreUnavailable as error:
        yield fault("events.url", f"No event can be kept: {error}.")
