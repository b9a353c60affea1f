"""Which regime applies where, as data with its sources (``data/regimes.toml``). Unknown means strictest."""

import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from .model import Regime

_FILE = Path(__file__).parent / "data" / "regimes.toml"
_STRICTEST_FIRST = (Regime.OPT_IN, Regime.OPT_OUT, Regime.NOTICE)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@lru_cache(4096)
def regime_for(country: str | None, region: str | None = None) -> Regime:
    """The regime for an ISO 3166-1 alpha-2 *country* and a *region* (the part of ISO 3166-2 after the hyphen).

    An unknown country gets the strictest regime of all; an unknown region of a country whose regions differ gets the
    strictest of theirs. A country database says ``US`` and no more: the visitor may be in California.
    """
    if country is None:
        return Regime.OPT_IN
    country = country.upper()
    table = _table()
    regime = Regime(table["countries"].get(country, Regime.OPT_IN))
    if region is not None:
        return Regime(table["regions"].get(f"{country}-{region.upper()}", regime))
    regional = (Regime(value) for key, value in table["regions"].items() if key.startswith(f"{country}-"))
    return min((regime, *regional), key=_STRICTEST_FIRST.index)


def age_of_consent(country: str | None) -> int:
    """The age from which a person consents alone (GDPR Art. 8(1) and its counterparts elsewhere).

    Unknown: 16, the highest in the European Union.
    """
    ages: dict[str, int] = _table()["ages"]
    return ages.get((country or "").upper(), 16)
