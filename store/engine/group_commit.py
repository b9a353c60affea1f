"""Group commit: what many wait for is written in one transaction, by one thread of this process.

A commit costs one flush to the disk whether it holds one record or a thousand. While one is under way the next batch
gathers; nobody is answered before their own batch is committed.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .errors import StoreUnavailable

MOST = 1000
"""Items that one transaction holds at the most."""


@dataclass(slots=True)
class _Waiting[T, R]:
    item: T
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[R]


class Writer[T, R]:
    """Hands batches of items to *commit*, which returns one result for each, or raises :class:`StoreUnavailable`."""

    def __init__(self, name: str, commit: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._commit = commit
        self._queue: queue.SimpleQueue[_Waiting[T, R] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = False
        self._closed = False
        self._lock = threading.Lock()

    async def write(self, item: T) -> R:
        """Wait until *item* is committed, and return its result. Raises :class:`StoreUnavailable`."""
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if not self._started:
                self._started = True  # here and not in __init__: a thread does not survive a fork
                self._thread.start()
            loop = asyncio.get_running_loop()
            future: asyncio.Future[R] = loop.create_future()
            self._queue.put(_Waiting(item, loop, future))
        return await future

    def close(self) -> None:
        """Write what is waiting, and end."""
        with self._lock:
            self._closed = True
            started = self._started
        if started:
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        while True:
            batch, ended = self._gather()
            if batch:
                self._write(batch)
            if ended:
                return

    def _gather(self) -> tuple[list[_Waiting[T, R]], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        batch = [first]
        while len(batch) < MOST:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                return batch, True
            batch.append(more)
        return batch, False

    def _write(self, batch: list[_Waiting[T, R]]) -> None:
        try:
            results = self._commit([waiting.item for waiting in batch])
        except StoreUnavailable as error:
            self._answer(batch, [error] * len(batch))
        except Exception as error:
            self._answer(batch, [StoreUnavailable(f"{type(error).__name__}: {error}")] * len(batch))
        else:
            self._answer(batch, results)

    def _answer(self, batch: list[_Waiting[T, R]], results: Sequence[R | StoreUnavailable]) -> None:
        """Wake the waiters, those of one event loop with one call."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[R], R | StoreUnavailable]]] = {}
        for waiting, result in zip(batch, results, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting.future, result))
        for loop, answers in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, answers)


def _resolve[R](answers: list[tuple[asyncio.Future[R], R | StoreUnavailable]]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, StoreUnavailable):
            future.set_exception(result)
        else:
            future.set_result(result)
