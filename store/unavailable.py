"""Stands in the place of a store that can't be used, so that the site is served meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, cast

from .engine.errors import StoreUnavailable
from .events.events import Events
from .keys.keyring import Keys
from .log.ledger import Ledger
from .log.spool import Entry, Spool
from .site.editions import Editions
from .site.inventory import Inventory
from .store import Store


class _Unavailable:
    """Whatever is asked of it raises :class:`StoreUnavailable` with the *reason*."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def __getattr__(self, _name: str) -> Callable[..., NoReturn]:
        def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
            raise StoreUnavailable(self._reason)

        return refuse

    def close(self) -> None:
        """Nothing is waiting."""


class _NoSpool:
    """Stands in for a spool whose room could never be set aside, on a disk that is full: it takes nothing."""

    changes, is_empty = b"", True

    def add(self, *_said: object) -> NoReturn:
        """Nothing."""
        raise StoreUnavailable("there was no room for a spool")

    def entries(self) -> list[Entry]:
        """Nothing is in it."""
        return []

    def close(self) -> None:
        """Nothing is open."""


def _spool(data: Path) -> Spool:
    try:
        return Spool(data)
    except OSError:
        return cast(Spool, _NoSpool())


class UnavailableStore(Store):
    """The store of the folder *data* while, for *reason*, neither log nor events can be used. Its keys can.

    Raises ``BadKeys``.
    """

    def __init__(self, data: Path, reason: str) -> None:
        nothing = _Unavailable(reason)
        parts = (
            cast(Ledger, nothing),
            cast(Events, nothing),
            cast(Inventory, nothing),
            cast(Editions, nothing),
        )
        super().__init__(data, Keys.open(data, begun=True), *parts, (), _spool(data))
        self._why = reason

    async def ready(self) -> str | None:
        """The reason."""
        return self._why
