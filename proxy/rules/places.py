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


class Places:
    """Looks addresses up in a country database that is held in memory.

    Without a database, or with one that can't be read, every place is unknown, and so the strictest regime applies;
    that is logged once.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._reader: maxminddb.Reader | None = None
        if path is not None:
            try:
                self._reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
            except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
                _log.warning(
                    "geo_database %s can't be read (%s): every visitor gets the strictest regime", path, error
                )

    def locate(self, address: str) -> Place:
        """The place of *address*, an IPv4 or IPv6 address in text."""
        if self._reader is None:
            return UNKNOWN
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
            if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
                parsed = parsed.ipv4_mapped
            record = self._reader.get(parsed)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return UNKNOWN
        return _place(record) if isinstance(record, dict) else UNKNOWN


def _place(record: dict[str, object]) -> Place:
    country = record.get("country") or record.get("registered_country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code") or country
    if not isinstance(code, str) or len(code) != 2:
        return UNKNOWN
    divisions = record.get("subdivisions")
    region: object = record.get("region_code") or record.get("state1_code")
    if isinstance(divisions, list) and divisions and isinstance(divisions[0], dict):
        region = divisions[0].get("iso_code")
    return Place(code.upper(), region.upper() if isinstance(region, str) and region else None)
