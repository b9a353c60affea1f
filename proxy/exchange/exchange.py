"""One request and its answer, step by step: the gate decides, an adapter moves bytes, and this keeps the order.

    exchange = exchanges.begin(head)                  # exchange.step: an Answer, Local, or Forward
    answer = exchange.beginning(data)                 # only where exchange.wants bytes of the request's body
    rewritten = exchange.answered(status, headers)    # the head of the site's answer
    exchange.start()                                  # the head for the visitor
    exchange.body(data, last)                         # each piece of the body, where it is rewritten

What is told beside (page views, what the audit counts, what failed) is told here, so that no adapter can forget it.
"""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from ..gate.decisions import SNIFFED, Decision, Forward, Local, Reply
from ..gate.messages import BrokenBody, Fault, RequestHead, ResponsePlan, Unreadable
from ..gate.visit import PageView
from ..http.headers import Headers, first
from ..rules.model import Released
from .answers import Answer, answer, refusal, trouble


class Decides(Protocol):
    """What an exchange needs of the gate."""

    def request(self, head: RequestHead, now: float) -> Decision:
        """What becomes of *head*."""


class Watches(Protocol):
    """Is shown what goes out on both sides; it must return at once, and raise nothing (:class:`..audit`)."""

    def asked(self, came: Headers, target: bytes, goes: Headers, goes_to: bytes, released: Released) -> None:
        """A request goes on to the site."""

    def answered(self, came: Headers, goes: Headers, released: Released) -> None:
        """The head of the site's answer goes on to the visitor."""

    def quiet(self, target: bytes) -> None:
        """A call to a tracker's endpoint on the site's own host was answered by us."""

    def fault(self, fault: Fault) -> None:
        """Something of ours failed."""


class Exchanges:
    """Begins the exchanges of one *gate*. *viewed* is told of page views, and must return at once."""

    def __init__(
        self,
        gate: Decides,
        audit: Watches | None = None,
        viewed: Callable[[PageView], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.gate = gate
        self.audit = audit
        self.viewed = viewed
        self.clock = clock

    def begin(self, head: RequestHead) -> "Exchange":
        """The exchange that *head* begins, at this moment."""
        return Exchange(self, head)


class Exchange:
    """One request, and what becomes of it.

    ``step`` is what to do next: send an :class:`Answer` and be done; run our own pages (:class:`Local`); ask the site
    (:class:`Forward`). ``wants`` is how many bytes of the request's body, or all if there are fewer,
    :meth:`beginning` has to be shown before anything goes to the site. It is 0 where none are.
    """

    __slots__ = ("_all", "_forward", "_head", "_plan", "_started", "step", "wants")

    def __init__(self, exchanges: Exchanges, head: RequestHead) -> None:
        self._all = exchanges
        self._head = head
        self._started = False
        self.wants = 0
        decision = exchanges.gate.request(head, exchanges.clock())
        self.step: Answer | Local | Forward
        if isinstance(decision, Forward):
            self.step = self._forward = decision
            if decision.sniff is None:
                self._asked(decision)
            else:
                self.wants = SNIFFED
        elif isinstance(decision, Local):
            self.step = decision
        elif isinstance(decision, Reply):
            self.step = self._quiet(decision)
        else:
            self.step = refusal(head, decision.status, decision.reason)

    def beginning(self, data: bytes) -> Answer | None:
        """What the request's body begins with may tell a tracker's call: then its answer, else None: ask the site."""
        forward = self._forward
        reply = forward.sniff(data) if forward.sniff is not None else None
        if reply is None:
            self._asked(forward)
            return None
        self.step = quiet = self._quiet(reply)
        return quiet

    def answered(self, status: int, headers: Headers) -> bool:
        """Take the head of the site's answer. Whether the body is rewritten: then each piece goes through :meth:`body`.

        The body of one that is not is sent on byte for byte.
        """
        visit = self._forward.visit
        plan: ResponsePlan = visit.response(status, headers)
        self._plan = plan
        if (viewed := self._all.viewed) is not None and (view := visit.page_view()) is not None:
            viewed(view)
        if (audit := self._all.audit) is not None:
            audit.answered(headers, plan.headers, visit.standing.released)
        return plan.body is not None and self._head.method != b"HEAD"

    def start(self, length: int | None = None) -> tuple[int, Headers]:
        """Status and header lines for the visitor, to be sent now; *length* is the body's, where all of it is there.

        A body that is rewritten is best asked for its first bytes before: one that can't be read goes out as it is, but
        not under the head of one that was rewritten.
        """
        self._started = True
        plan = self._plan
        if length is None or plan.body is None or first(plan.headers, b"content-length") is not None:
            return plan.status, plan.headers
        return plan.status, [*plan.headers, (b"content-length", str(length).encode())]

    def body(self, data: bytes, last: bool) -> Iterator[bytes]:
        """What to send for *data*, a piece of the site's body; *last* marks its end.

        It comes in steps of a few milliseconds of work, many of which have nothing to send: let others run between
        them. An empty piece before the end tells that nothing came for a while. Raises :class:`BrokenBody`.
        """
        body = self._plan.body
        if body is None:
            yield data
            return
        try:
            yield from body.steps(data, last)
        except Unreadable as unread:
            if self._started:
                raise BrokenBody(str(unread)) from unread
            self._plan = self._plan.as_it_is()
            yield unread.raw

    def failed(self, error: Exception) -> Answer:
        """*error* is a fault of ours: it is told, and this is the answer, if nothing was sent yet."""
        if (audit := self._all.audit) is not None:
            path = self._head.target.partition(b"?")[0].decode("latin-1")
            audit.fault(Fault("request", path, error))
        return self.trouble(503)

    def trouble(self, status: int) -> Answer:
        """The answer where the site can't be shown."""
        return trouble(self._head, status)

    def refusal(self, status: int, sentence: str) -> Answer:
        """The answer to a request that has to end here, and its connection with it."""
        return refusal(self._head, status, sentence)

    def _asked(self, forward: Forward) -> None:
        if (audit := self._all.audit) is not None:
            head = self._head
            released = forward.visit.standing.released
            audit.asked(head.headers, head.target, forward.headers, forward.target, released)

    def _quiet(self, reply: Reply) -> Answer:
        if (audit := self._all.audit) is not None:
            audit.quiet(self._head.target)
        return answer(self._head, reply.status, reply.headers, reply.body)
