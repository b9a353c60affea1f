"""Looks after the requests that are being served: who left, who sends too slowly, who is one too many.

ASGI tells that a visitor left only to whoever waits in ``receive``. Most answers are there in a few milliseconds, so
that a task for each would cost more than it saves: one timer finds the requests that have been waiting for a while, and
only they are watched.
"""

import asyncio

from .request_body import RequestBody
from .types import Receive

_TICK = 0.5
_SILENT = 2.0
"""Seconds without a byte after which an upload may have to go for others. On a busy machine a second is nothing."""
_TRICKLE = 5.0
"""Seconds after which the same goes for one of which a byte comes now and then."""
_STUCK = 2.0
"""Seconds without a byte of a body after which somebody looks why."""


class Watched:
    """One request that is being served by a task.

    ``gone`` tells that its visitor left, ``late`` that their upload was too slow; then the task was cancelled.
    """

    __slots__ = ("_receive", "_task", "_watcher", "began", "body", "gone", "late", "seen")

    def __init__(self, receive: Receive, body: RequestBody) -> None:
        self._receive = receive
        self.body = body
        self._task = asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None
        self.began = asyncio.get_running_loop().time() if body.possible else 0.0
        self.seen = False
        self.gone = False
        self.late = False

    def watch(self, now: float, patience: float) -> None:
        """Look at what the visitor does, at *now* (loop time); *patience* is how long nothing may come of a body."""
        if self.body.over:
            if self._watcher is None:
                self._watcher = asyncio.create_task(self._wait())
        elif self.body.waiting:
            if now - self.body.since > patience:
                self.end_upload()
        elif now - self.body.since > _STUCK:
            self.body.read_ahead(self._left)

    def is_slow(self, now: float) -> bool:
        """Whether the rest of a body has been waited for so long that its place may go to others."""
        silent = now - self.body.since > _SILENT
        return self.body.waiting and not self.late and (silent or now - self.began > _TRICKLE)

    def rate(self, now: float) -> float:
        """Bytes a second of an upload so far."""
        return self.body.size / max(now - self.began, 1.0)

    def end_upload(self) -> None:
        """The visitor sends too slowly."""
        if self._task is not None and not self.gone:
            self.late = True
            self._task.cancel()
            self._task = None

    def end(self) -> None:
        """The request was served."""
        if self._watcher is not None:
            self._watcher.cancel()
        if self.body.possible:
            self.body.drop()
        self._task = None

    def _left(self) -> None:
        if self._task is not None:
            self.gone = True
            self._task.cancel()
            self._task = None

    async def _wait(self) -> None:
        # The first message may still be the end of the request's body; after that there is only one to come.
        message = await self._receive()
        if message["type"] != "http.disconnect":
            message = await self._receive()
        if message["type"] == "http.disconnect":
            self._left()


class Watch:
    """The requests that are being served. Its size is the number in flight.

    Slow uploads have half of the places (*most*): beyond, the slowest end. *patience* is how many seconds nothing may
    come of one.
    """

    __slots__ = ("_most", "_patience", "_requests", "_timer")

    def __init__(self, most: int, patience: float) -> None:
        self._most = most
        self._patience = patience
        self._requests: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._requests)

    def has_room(self) -> bool:
        """Whether another request may be served; if need be the slowest upload ends for it."""
        return len(self._requests) < self._most or self._end_slowest(1)

    def add(self, watched: Watched) -> None:
        """*watched* begins."""
        self._requests.add(watched)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._look)

    def remove(self, watched: Watched) -> None:
        """*watched* was served."""
        self._requests.discard(watched)
        watched.end()

    def _end_slowest(self, count: int, left: int = 0) -> bool:
        """End up to *count* uploads, the slowest first, but leave *left*; whether any was."""
        now = asyncio.get_running_loop().time()
        waiting = [one for one in self._requests if one.is_slow(now)]
        waiting.sort(key=lambda one: (one.rate(now), one.began))
        chosen = waiting[: min(count, max(0, len(waiting) - left))]
        for one in chosen:
            one.end_upload()
            self._requests.discard(one)
        return bool(chosen)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for watched in list(self._requests):
            if watched.seen:
                watched.watch(now, self._patience)
            watched.seen = True
        self._end_slowest(len(self._requests), left=self._most // 2)
        if self._requests:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._look)
        else:
            self._timer = None
