"""The log that a command's options name, and which of its records."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...rules.model import ASKED
from ..failure import Failure
from ..options import store_location, warn

if TYPE_CHECKING:
    from datetime import datetime

    from ....store.engine.database import Database
    from ....store.export.selection import Selection
    from ....store.log.vault import Vault

_PURPOSES = tuple(purpose.value for purpose in ASKED)


@contextmanager
def open_log(config: Path | None, data: Path | None) -> Iterator["Database"]:
    """The log that the options name, for reading only. Raises :class:`.Failure`."""
    from ....store.engine.errors import StoreUnavailable
    from ....store.store import LOG_FILE

    where = store_location(config, data)
    try:
        with where.reading(LOG_FILE) as database:
            yield database
    except StoreUnavailable as error:
        raise Failure(f"The log in {where} can't be read: {error}.", 2) from None


def vault_of(database: "Database", config: Path | None, data: Path | None) -> "Vault | None":
    """What opens the log's records; None, with a word on standard error, where the master key is not at hand."""
    from ....store.keys.keyring import BadKeys

    try:
        return store_location(config, data).vault(database)
    except BadKeys as error:
        warn(f"what is about people is withheld: {error}.")
        return None


def selection(
    since: str | None = None, until: str | None = None, person: str | None = None, purpose: str | None = None
) -> "Selection":
    """The records that the options ask for. Raises :class:`.Failure` (status 2)."""
    from ....store.export.selection import Selection

    if purpose is not None and purpose not in _PURPOSES:
        raise Failure(f'--purpose must be one of {", ".join(_PURPOSES)}, not "{purpose}".', 2)
    return Selection(moment_of("--since", since), moment_of("--until", until), person, purpose)


def moment_of(option: str, text: str | None) -> "datetime | None":
    """What *option* says of time. Raises :class:`.Failure` (status 2)."""
    from ....store.export.selection import moment

    try:
        return None if text is None else moment(text)
    except ValueError:
        raise Failure(f'{option} must be a day or a moment such as 2026-11-01, not "{text}".', 2) from None
