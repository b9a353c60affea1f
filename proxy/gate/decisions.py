"""What becomes of a request: the gate says one of four things.

What is made for every request is not frozen: that would cost a quarter of a microsecond a field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..http.headers import Headers

if TYPE_CHECKING:
    from ...banner.consent.standing import Standing
    from .visit import Visit


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer *status* with one sentence, and close the connection (RFC 9112 §9.6)."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer of the gate's own: the site never hears of the request."""

    status: int
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Local:
    """One of our own pages: run the banner's application with ``scope["holdback.standing"]``.

    ``headers`` are the request's, normalised, as the application should see them.
    """

    standing: "Standing"
    headers: Headers


@dataclass(slots=True)
class Forward:
    """Send the request for *target* to the site with *headers*.

    The target is the request's, without link parameters that are held.

    Where ``sniff`` is given, the path alone does not tell a tracker's endpoint from the site's own. It is asked with
    the first ``SNIFFED`` bytes of the body (or all of it); a :class:`Reply` is the answer, None means: forward it.
    """

    visit: "Visit"
    target: bytes
    headers: Headers
    sniff: Callable[[bytes], Reply | None] | None = None


SNIFFED = 4096
"""How many bytes of a request's body ``Forward.sniff`` may look at."""


type Decision = Refuse | Reply | Local | Forward
