"""Which pages tell what hosts their scripts asked for: a sample, so that browsers seldom send more than they must.

It goes by the time alone, so that all pages of a moment are the same, and can be remembered.
"""

from ....banner.consent.standing import Standing
from ....banner.endpoints.rate_limit import is_near

_WINDOW = 300
"""Seconds for which pages tell, or don't."""
_ONE_OF = 12
"""Of so many windows pages tell in one."""


def tells(standing: Standing, now: float) -> bool:
    """Whether a page for *standing* tells: near the machine all do, so that an owner who tries things out sees them."""
    return is_near(standing.address_prefix) or int(now // _WINDOW) % _ONE_OF == 0
