"""Which regime applies where, as data with its sources (``data/regimes.toml``). Unknown means strictest."""

import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from .model import Regime

_FILE = Path(__file__).parent / "data" / "regimes.toml"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@lru_cache(4096)
def regime_for(country: str | None, region: str | None = None) -> Regime:
    """The regime for an ISO 3166-1 alpha-2 *country* and a *region* (the part of ISO 3166-2 after the hyphen)."""
    if country is None:
        return Regime.OPT_IN
    regions: dict[str, str] = _table().get("regions", {})
    countries: dict[str, str] = _table()["countries"]
    if region and (found := regions.get(f"{country}-{region}".upper())):
        return Regime(found)
    return Regime(countries.get(country.upper(), Regime.OPT_IN))


def age_of_consent(country: str | None) -> int:
    """The age from which a person consents alone (GDPR Art. 8(1) and its counterparts); unknown: 16, the highest."""
    ages: dict[str, int] = _table()["ages"]
    return ages.get((country or "").upper(), 16)
