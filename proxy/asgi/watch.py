"""Notices that a visitor left while the site is still at work on their answer.

ASGI tells it only to whoever waits in ``receive``. Most answers are there in a few milliseconds, so that a task for
each would cost more than it saves: one timer finds the requests that have been waiting for a while, and only they are
watched.
"""

import asyncio

from .bodies import RequestBody
from .types import Receive

_TICK = 0.5


class Watched:
    """One request that is being served by *task*; ``gone`` tells that its visitor left and the task was cancelled."""

    __slots__ = ("_body", "_receive", "_task", "_watcher", "gone", "seen")

    def __init__(self, receive: Receive, body: RequestBody) -> None:
        self._receive = receive
        self._body = body
        self._task = asyncio.current_task()
        self._watcher: asyncio.Task[None] | None = None
        self.seen = False
        self.gone = False

    def watch(self) -> None:
        """Wait for the visitor's leaving from now on, if nobody else is reading what they send."""
        if self._watcher is None and self._body.over:
            self._watcher = asyncio.create_task(self._wait())

    def end(self) -> None:
        """The request was served."""
        if self._watcher is not None:
            self._watcher.cancel()
        self._task = None

    async def _wait(self) -> None:
        # The first message may still be the end of the request's body; after that there is only one to come.
        message = await self._receive()
        if message["type"] != "http.disconnect":
            message = await self._receive()
        if message["type"] == "http.disconnect" and self._task is not None:
            self.gone = True
            self._task.cancel()


class Watch:
    """The requests that are being served. Its size is the number in flight."""

    __slots__ = ("_requests", "_timer")

    def __init__(self) -> None:
        self._requests: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._requests)

    def add(self, watched: Watched) -> None:
        """*watched* begins."""
        self._requests.add(watched)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._look)

    def remove(self, watched: Watched) -> None:
        """*watched* was served."""
        self._requests.discard(watched)
        watched.end()

    def _look(self) -> None:
        for watched in self._requests:
            if watched.seen:
                watched.watch()
            watched.seen = True
        if self._requests:
            self._timer = asyncio.get_running_loop().call_later(_TICK, self._look)
        else:
            self._timer = None
