"""One connection to the site: requests go out in order, answers come in through llhttp.

What is refused of an answer is what two readers could take in two ways: llhttp (strict) refuses Content-Length with
Transfer-Encoding, duplicate lengths, folded lines and bare line feeds; we refuse every coding but ``chunked``, as the
others would have to be taken off. Informational answers and trailers are dropped (ASGI has no place for them).
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import cast

import httptools

from ..http.headers import Headers
from .errors import TimedOut, Truncated, Unanswered
from .response import HIGH_WATER, Response

HEAD_LIMIT = 256 * 1024
"""How many bytes the head of an answer may have."""
SMALL = 64 * 1024
"""A body that is announced to be at most this long is waited for, so that head and body go on together…"""
PATIENCE = 0.02
"""…but not for more than this many seconds."""

_BODILESS = frozenset({204, 304})
_SIGNING = frozenset({b"authorization", b"www-authenticate", b"persistent-auth"})
_BOUND_SCHEMES = (b"ntlm", b"negotiate")


def is_chunked(coding: bytes) -> bool:
    """Whether llhttp reads a body of this Transfer-Encoding in chunks: with a tab behind the word it does not."""
    return coding.rstrip(b" ").lower() == b"chunked"


type Visitor = tuple[str, int | str] | None
"""The address and port of the one visitor whose connection a request came over; None where that can't be told."""


def signs_in_the_connection(headers: Headers) -> bool:
    """Whether *headers*, of a request or an answer, are part of a sign-in that holds for the whole connection.

    NTLM and Negotiate break HTTP's rule that each request stands for itself (RFC 4559 §6, MS-NTHT §1.5).
    """
    for name, value in headers:
        if name in _SIGNING and (
            name == b"persistent-auth" or value.lstrip()[:9].lower().startswith(_BOUND_SCHEMES)
        ):
            return True
    return False


class Phase(Enum):
    """What the site is expected to do next; each has a time limit of its own."""

    IDLE = auto()
    SENDING = auto()
    ANSWERING = auto()
    STREAMING = auto()


class Connection(asyncio.Protocol):
    """A connection that serves one request at a time.

    ``freed`` is called when it may serve another, ``lost`` when it never will. ``phase`` and ``since`` (loop time
    of the last progress) are what the pool's sweep looks at: a timer for every request would cost more than reading it.

    ``bound`` tells that somebody signed in for the whole connection: then it may serve *visitor*, and nobody else ever.
    """

    __slots__ = (
        "_answer",
        "_drained",
        "_freed",
        "_head_bytes",
        "_headers",
        "_is_head",
        "_keep",
        "_loop",
        "_lost",
        "_parser",
        "_patience",
        "_paused",
        "_response",
        "_sent",
        "_transport",
        "bound",
        "closed",
        "phase",
        "since",
        "started",
        "used",
        "visitor",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        freed: Callable[["Connection"], None],
        lost: Callable[["Connection"], None],
    ) -> None:
        self._loop = loop
        self._freed = freed
        self._lost = lost
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._head_bytes = 0
        self._response: Response | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None
        self._is_head = False
        self._keep = False
        self._sent = True
        self._paused = False
        self.closed = False
        self.used = False
        self.bound = False
        self.visitor: Visitor = None
        self.phase = Phase.IDLE
        self.since = loop.time()
        self.started = self.since

    # What the client asks of it.

    def exchange(self, head: bytes, *, is_head: bool, whole: bool) -> asyncio.Future[Response]:
        """Send a request's *head* (with its body, if *whole*); the answer's head comes as a future.

        *is_head* tells that the method is HEAD. The future fails with :class:`.errors.UpstreamError`.
        """
        self._is_head = is_head
        self._sent = whole
        self._head_bytes = 0
        self.phase = Phase.ANSWERING if whole else Phase.SENDING
        self.since = self.started = self._loop.time()
        self._answer = self._loop.create_future()
        self._transport.write(head)
        return self._answer

    async def write(self, data: bytes) -> None:
        """The next piece of the request's body; returns when the site's socket takes more."""
        if self.closed:
            return
        self.since = self._loop.time()
        self._transport.write(data)
        if self._drained is not None:
            await self._drained
            self.since = self._loop.time()

    def finish(self) -> None:
        """The request's body is complete."""
        self._sent = True
        if self.phase is Phase.SENDING:
            self.phase = Phase.ANSWERING
        self.since = self._loop.time()

    def fail(self, error: Exception) -> None:
        """Close at once; whoever waits for this exchange learns *error*."""
        self._end_patience()
        answer, self._answer = self._answer, None
        response, self._response = self._response, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        elif response is not None:
            response.fail(error)
        self.close()

    def close(self) -> None:
        """Close at once. Harmless when closed."""
        if not self.closed:
            self.closed = True
            self._lost(self)
            self._transport.abort()
            self._let_write()

    # What a response asks of its source.

    def resume(self) -> None:
        """Read on: what had arrived was taken."""
        self.since = self._loop.time()
        if self._paused and not self.closed:
            self._paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once: nobody wants the rest."""
        self._response = None
        self.close()

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer; outside of an exchange they are none of ours, and the connection is done for."""
        if self.phase is Phase.IDLE:
            self.close()
            return
        self.since = self._loop.time()
        if self._response is None:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, _NotOurs) as error:
            if self._response is None or self._response.has_body:
                self.fail(Truncated(f"the site's answer is not HTTP: {error}"))
                return
            # Some sites send a body where none may be. Nobody gets it, and nothing else over this connection.
            self._keep = False
        response = self._response
        if response is not None:
            self._deliver(response)
        elif self._head_bytes > HEAD_LIMIT and not self.closed:
            self.fail(Truncated("the head of the site's answer is too long"))

    def eof_received(self) -> bool:
        """The site closed its side: the end of a body that has no length (RFC 9112 §6.3), else a cut."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, by whichever side."""
        response = self._response
        if not self.closed:
            self.closed = True
            self._lost(self)
        self._let_write()
        if response is not None and not response.ended and error is None and self._ends_by_closing(response):
            self._response = None
            response.end()
            self._tell(response)
            response.wake()
        elif response is not None or self._head_bytes:
            self.fail(Truncated("the site cut its answer short"))
        else:
            self.fail(Unanswered("the site closed the connection without an answer"))

    def pause_writing(self) -> None:
        """The site reads more slowly than the visitor sends."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """The site has caught up."""
        self._let_write()

    # What llhttp tells.

    def on_message_begin(self) -> None:
        """The first byte of an answer."""
        if self._response is not None:
            raise _NotOurs("more than one answer to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line; a trailer where the head is complete."""
        if self._response is None:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []
        if status < 200:
            return
        if self._head_bytes > HEAD_LIMIT and sum(len(n) + len(v) for n, v in headers) > HEAD_LIMIT:
            raise _NotOurs("a head that is too long")
        for name, value in headers:
            if name == b"transfer-encoding" and not is_chunked(value):
                raise _NotOurs("a Transfer-Encoding other than chunked")
            if name in _SIGNING:
                self.bound = self.bound or signs_in_the_connection([(name, value)])
        response = self._response = Response(self, status, headers)
        self.phase = Phase.STREAMING
        if self._is_head or status in _BODILESS:
            response.has_body = False
            response.ended = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        response = self._response
        if response is None or not response.has_body:
            raise _NotOurs("a body where none may be")
        response.arrived(data)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        response = self._response
        if response is not None:
            response.ended = True
            # Asked later, llhttp would speak of the next message.
            self._keep = self._parser.should_keep_alive()

    # Inside.

    def _deliver(self, response: Response) -> None:
        """Hand on what arrived; free the connection after the last of it."""
        if response.ended:
            self._response = None
            # After HEAD llhttp expects the body that the head announces; and a site that sends one after all would
            # answer somebody else's next request with it. Such a connection is not used again.
            reusable = self._sent and not self._is_head and self._keep
            response.end()
            self._tell(response)
            response.wake()
            if reusable and not self.closed:
                self._free()
            else:
                self.close()
            return
        if response.waiting >= HIGH_WATER and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        if self._answer is not None and self._patience is None:
            length = response.length
            if length is not None and length <= SMALL:
                self._patience = self._loop.call_later(PATIENCE, self._tell, response)
                return
            self._tell(response)
        elif self._answer is None:
            response.wake()

    def _tell(self, response: Response) -> None:
        self._end_patience()
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(response)

    def _free(self) -> None:
        self.phase = Phase.IDLE
        self.used = True
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._freed(self)

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _let_write(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    @staticmethod
    def _ends_by_closing(response: Response) -> bool:
        return not any(name in _FRAMING for name, _ in response.headers)

    def time_out(self, what: str) -> None:
        """The sweep's word that the site took too long for *what*."""
        self.fail(TimedOut(f"the site took too long to {what}"))


_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class _NotOurs(Exception):
    """An answer that is well-formed and still not to be passed on."""
