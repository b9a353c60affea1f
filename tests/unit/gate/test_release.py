"""Regime, choice and signal together decide what is released (DESIGN: one visit, step 1)."""

import pytest
from holdback.proxy.gate.request.release import released
from holdback.proxy.rules.model import Purpose, Regime, Service

METRICS = Service("metrics", "Metrics", Purpose.ANALYTICS)
SHARER = Service("sharer", "Sharer", Purpose.ANALYTICS, shares=True)
ADS = Service("ads", "Ads", Purpose.MARKETING, shares=True)
SERVICES = (METRICS, SHARER, ADS)
ALL = frozenset({"metrics", "sharer", "ads"})
EVERY = frozenset({Purpose.ANALYTICS, Purpose.MARKETING})


@pytest.mark.parametrize(
    ("regime", "gpc", "purposes", "granted", "signal_seen", "expected"),
    [
        (Regime.OPT_IN, False, None, frozenset(), False, set()),
        (Regime.OPT_IN, True, None, frozenset(), False, set()),
        (Regime.OPT_OUT, False, None, frozenset(), False, {"metrics", "sharer", "ads"}),
        (Regime.NOTICE, False, None, frozenset(), False, {"metrics", "sharer", "ads"}),
        (Regime.OPT_OUT, True, None, frozenset(), False, {"metrics"}),
        (Regime.NOTICE, True, None, frozenset(), False, {"metrics", "sharer", "ads"}),
        (Regime.OPT_IN, False, EVERY, ALL, False, {"metrics", "sharer", "ads"}),
        (Regime.OPT_IN, True, EVERY, ALL, False, {"metrics", "sharer", "ads"}),
        (Regime.OPT_OUT, True, EVERY, ALL, False, {"metrics"}),
        (Regime.OPT_OUT, True, EVERY, ALL, True, {"metrics", "sharer", "ads"}),
        (Regime.OPT_OUT, False, frozenset(), frozenset(), False, set()),
        (Regime.NOTICE, False, frozenset(), frozenset(), False, set()),
        (Regime.OPT_IN, False, EVERY, frozenset({"ads", "gone"}), False, {"ads"}),
    ],
)
def test_released(
    regime: Regime,
    gpc: bool,
    purposes: frozenset[Purpose] | None,
    granted: frozenset[str],
    signal_seen: bool,
    expected: set[str],
) -> None:
    result = released(SERVICES, regime, gpc=gpc, purposes=purposes, granted=granted, signal_seen=signal_seen)
    assert result.services == expected
    assert Purpose.NECESSARY in result.purposes
    assert (Purpose.MARKETING in result.purposes) == ("ads" in expected)
