"""A site whose every answer a test can write down, and which keeps every request that reached it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .recording import Recorder, Reply, Request, recording

PAGE = b"<!doctype html><html><head><title>Shop</title></head><body><h1>Shop</h1></body></html>"
HTML = ("Content-Type", "text/html; charset=utf-8")


@dataclass
class Origin:
    """The site: ``pages`` maps paths to answers; what is not there is a plain page."""

    recorder: Recorder
    pages: dict[str, Reply] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its address, for ``--upstream``."""
        return f"http://127.0.0.1:{self.recorder.port}"

    @property
    def last(self) -> Request:
        """The request that reached it last."""
        return self.recorder.requests[-1]


@contextmanager
def origin_running() -> Iterator[Origin]:
    """A site on a free port until the block ends."""
    pages: dict[str, Reply] = {}

    def answer(request: Request) -> Reply:
        return pages.get(request.path, Reply(PAGE, lines=[HTML]))

    with recording(answer) as recorder:
        yield Origin(recorder, pages)
