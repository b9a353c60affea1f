"""Lines of log that would otherwise be written for every visitor."""

import logging
import time
from collections.abc import Callable

_log = logging.getLogger("holdback")


class Seldom:
    """Writes a warning, but not again for *seconds*: then it says how often it was meant meanwhile."""

    def __init__(self, seconds: float = 60, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = float("-inf")
        self._unsaid = 0

    def tell(self, what: str) -> None:
        """*what* has happened."""
        now = self._clock()
        if now < self._until:
            self._unsaid += 1
            return
        self._until = now + self._seconds
        more = f" ({self._unsaid} more since the last line)" if self._unsaid else ""
        self._unsaid = 0
        _log.warning("%s%s", what, more)
