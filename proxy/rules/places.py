"""Where an address is, by an MMDB file of MaxMind's or the flat shape; everything unknown stays unknown."""

import ipaddress
import logging
from pathlib import Path
from typing import NamedTuple

import maxminddb

_log = logging.getLogger("holdback.places")


class Place(NamedTuple):
    """An ISO 3166-1 country and the region part of an ISO 3166-2 code; None where unknown."""

    country: str | None
    region: str | None


UNKNOWN = Place(None, None)

_DAMAGED = (ValueError, KeyError, IndexError, TypeError, RecursionError, maxminddb.InvalidDatabaseError)
"""What the reader raises over a damaged file: one error of its own from its C half, any of these from the other."""


class Places:
    """Looks addresses up in a country database that is held in memory.

    Without a database, or with one that can't be read, every place is unknown, and so the strictest regime applies;
    what can't be read is logged once.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._reader: maxminddb.Reader | None = None
        if path is None:
            return
        try:
            self._reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
        except (OSError, *_DAMAGED) as error:
            self._give_up(error)

    def locate(self, address: str) -> Place:
        """The place of *address*, an IPv4 or IPv6 address in text; unknown for anything else."""
        if self._reader is None:
            return UNKNOWN
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return UNKNOWN
        if isinstance(parsed, ipaddress.IPv6Address):
            parsed = parsed.ipv4_mapped or parsed
            if parsed.version > self._reader.metadata().ip_version:
                return UNKNOWN
        try:
            record = self._reader.get(parsed)
        except _DAMAGED as error:
            self._give_up(error)
            return UNKNOWN
        return _place(record) if isinstance(record, dict) else UNKNOWN

    def _give_up(self, error: Exception) -> None:
        """A database that is wrong in one place is believed in none."""
        self._reader = None
        _log.warning(
            "geo_database %s can't be read (%s): every visitor gets the strictest regime", self._path, error
        )


def _place(record: dict[str, object]) -> Place:
    """MaxMind's shape, ``{"country": {"iso_code": …}, "subdivisions": […]}``, or flat, ``{"country_code": …}``.

    Where an address is *registered* (``registered_country``) says nothing of where its user is.
    """
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code", country)
    if not isinstance(code, str) or len(code) != 2 or not code.isalpha():
        return UNKNOWN
    divisions = record.get("subdivisions")
    region: object = record.get("region_code") or record.get("state1_code")
    if isinstance(divisions, list) and divisions and isinstance(divisions[0], dict):
        region = divisions[0].get("iso_code")
    return Place(code.upper(), region.upper() if isinstance(region, str) and region else None)
