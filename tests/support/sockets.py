"""A bare connection to something on loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def connected(port: int, seconds: float = 20) -> Iterator[socket.socket]:
    """A connection to *port* of 127.0.0.1 until the block ends; it waits *seconds* at most for anything."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as sock:
        yield sock
