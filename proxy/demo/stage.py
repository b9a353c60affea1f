"""The process that plays the site and the trackers, next to the one that is Holdback."""

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from granian.constants import Interfaces
from granian.server.embed import Server

from .received import Received
from .scenery import Scenery
from .shop import create_shop
from .trackers import create_stage

_PATIENCE = 30.0


@contextmanager
def stage(scenery: Scenery) -> Iterator[None]:
    """Run the shop and the trackers in a process of their own while the context is open.

    The process ends with its parent, however that ends: it reads from a pipe that only the parent holds open.
    """
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    process = context.Process(target=_play, args=(scenery, theirs), name="holdback-demo-stage", daemon=True)
    process.start()
    theirs.close()
    try:
        _wait_for(scenery.stage)
        yield
    finally:
        ours.close()
        process.join(_PATIENCE)


def free_port() -> int:
    """A port of the loopback interface that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether *port* of the loopback interface can be bound."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _play(scenery: Scenery, parent: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    received = Received()
    app = create_stage(scenery, received, create_shop(scenery, received))
    server = Server(app, "127.0.0.1", scenery.stage, interface=Interfaces.ASGI, log_enabled=False)
    asyncio.run(server.serve())


def _end_with(parent: Connection) -> None:
    try:
        parent.recv_bytes()
    except EOFError:
        os._exit(0)
