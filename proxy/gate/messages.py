"""What passes between an adapter and the gate: heads, filters of bodies, and what failed.

What is made for every request is not frozen: that would cost a quarter of a microsecond a field.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..http.headers import Headers
from ..rules.model import Released


class BrokenBody(Exception):
    """A body that can't be rewritten, of which a part was passed on: the connection is aborted."""


class Unreadable(Exception):
    """A body that can't be rewritten, of which nothing was passed on yet.

    It goes out as it is: ``raw``, all that came of it so far, and what is still to come, under the head that
    :meth:`ResponsePlan.as_it_is` makes.
    """

    def __init__(self, raw: bytes, reason: str) -> None:
        super().__init__(reason)
        self.raw = raw


@dataclass(frozen=True, slots=True)
class Fault:
    """Something of ours failed, and the visitor was served all the same. ``path`` is the request's, without its query.

    ``what`` failed: the reading of a *page*, of a response's *head*, of a *request*.
    """

    what: str
    path: str
    error: BaseException


type Look = Callable[[bytes, str, Released], None]
"""Takes a whole page as it is rewritten, not yet coded, with its address and what is released: the audit."""

type Report = Callable[[Fault], None]
"""Takes a fault: writes a line of log, counts it. It must return at once."""


@dataclass(slots=True)
class RequestHead:
    """A request's head as the server received it.

    ``target`` is the raw path with its raw query (origin form). ``headers`` have lower-case names. ``scheme``
    is ``http`` or ``https`` as the socket says; ``peer`` is the socket's address without a port. ``connection`` is
    address and port, where one visitor's requests alone come over it (HTTP/1); else None.
    """

    method: bytes
    target: bytes
    headers: Headers
    scheme: str = "http"
    peer: str = ""
    http_version: str = "1.1"
    connection: tuple[str, int | str] | None = None


class BodyFilter(Protocol):
    """Rewrites one response body."""

    def steps(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """What to send for *chunk*; *last* marks the body's end, an empty one before it a while in which nothing came.

        It comes in steps of a few milliseconds of work, many of which have nothing to send: an adapter lets others run
        between them. Raises :class:`BrokenBody` and :class:`Unreadable`.
        """


@dataclass(slots=True)
class ResponsePlan:
    """The head that the visitor gets, and the filter for the body; None: byte for byte."""

    status: int
    headers: Headers
    body: BodyFilter | None = None
    untouched: Headers | None = None
    """The head for a body that turns out to be :class:`Unreadable`."""

    def as_it_is(self) -> "ResponsePlan":
        """The plan for a body that is passed on as it is, though it may be a page."""
        return ResponsePlan(self.status, self.untouched or self.headers)
