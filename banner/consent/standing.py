"""Where a visitor stands at one request: what the gate found out, handed on to the banner's own pages."""

from dataclasses import dataclass

from ...proxy.rules.model import Regime, Released
from .signed_choice import Choice


@dataclass(frozen=True, slots=True)
class Standing:
    """The visitor who asks, what they chose, and what that releases for them.

    ``host`` is the Host header with its port, ``scheme`` what the visitor's browser uses (behind a trusted TLS
    terminator that is ``https``). ``seen`` names the held cookies that the request carried. ``address_prefix`` is the
    network that limits count in (/24 or /56), never a whole address. ``withheld``: the request has no choice in it, but
    the browser may know of one (see ``proxy.gate.withheld``). ``later``: they have closed the notice for this session.
    """

    choice: Choice | None
    released: Released
    regime: Regime
    gpc: bool
    country: str | None
    region: str | None
    language: str
    scheme: str
    host: str
    seen: tuple[str, ...] = ()
    address_prefix: str = ""
    withheld: bool = False
    later: bool = False

    @property
    def origin(self) -> str:
        """The site's own origin as the visitor's browser writes it."""
        return f"{self.scheme}://{self.host}"
