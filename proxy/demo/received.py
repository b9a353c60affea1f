"""What the trackers got to know, and the page that shows it while it arrives."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field

_KEPT = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that reached a tracker. ``behind`` tells whether its shop is the one behind Holdback."""

    tracker: str
    what: str
    behind: bool
    details: dict[str, str] = field(default_factory=dict)
    time: float = field(default_factory=time.time)


class Received:
    """The newest messages, and those who are waiting for the next."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._waiting: set[asyncio.Queue[str]] = set()

    def add(self, entry: Entry) -> None:
        """Write a message down and show it."""
        self._entries.append(entry)
        self._tell(_message("entry", asdict(entry)))

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._tell(_message("clear", {}))

    def entries(self) -> list[dict[str, object]]:
        """All that is kept, oldest first."""
        return [asdict(entry) for entry in self._entries]

    async def stream(self) -> AsyncIterator[str]:
        """What is kept and then what comes, as server-sent events."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._waiting.add(queue)
        try:
            yield _message("clear", {})
            for entry in self.entries():
                yield _message("entry", entry)
            while True:
                yield await queue.get()
        finally:
            self._waiting.discard(queue)

    def _tell(self, message: str) -> None:
        for queue in self._waiting:
            queue.put_nowait(message)


def _message(event: str, data: dict[str, object]) -> str:
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"
