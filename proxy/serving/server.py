"""Runs the proxy: as many processes as asked for, TLS, HTTP/2, time limits, a graceful stop.

Granian was chosen by measuring (docs/decisions.md). Its processes share the port by ``SO_REUSEPORT``.
"""

import asyncio
import contextlib
import logging
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TextIO

from granian import _signals
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server import Server

from ..asgi.websocket import close_all
from ..settings.model import Settings
from ..settings.tables import Limits
from .worker import QuietBreaks, Running, Worker

_CONNECTIONS = 1 << 20
"""Granian's own bound on open connections, out of the way: requests in flight are bounded by us, and idle ones cost
little."""
_BACKLOG = 2048


class CannotListen(Exception):
    """The address in ``listen`` can't be had; the message says why in one sentence."""


def serve(settings: Settings, build: Callable[[Settings], Running], out: TextIO = sys.stderr) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way, for ``limits.stop_timeout`` seconds at most.

    *build* makes what one process serves with; it runs in every process, and must be importable by name. One line on
    *out* tells where we listen, once we do. Raises :class:`CannotListen`.
    """
    _allow_many_files()
    with _reserve(settings.listen_host, settings.listen_port) as held:
        address, port = held.getsockname()[:2]
        server = Server(
            "holdback",
            address=address,
            port=port,
            interface=Interfaces.ASGI,
            workers=settings.workers,
            loop=Loops.uvloop,
            http=HTTPModes.auto,
            http1_settings=http1(settings.limits),
            http2_settings=HTTP2Settings(
                max_headers_size=settings.limits.head_bytes, keep_alive_interval=30_000
            ),
            backlog=_BACKLOG,
            backpressure=_CONNECTIONS,
            log_level=LogLevels.warning,
            ssl_cert=settings.tls_certificate,
            ssl_key=settings.tls_key,
            respawn_failed_workers=True,
            workers_kill_timeout=max(1, int(settings.limits.stop_timeout)),
        )
        told = f"Holdback listens on {settings.scheme}://{_shown(address)}:{port} and passes on to {settings.upstream}"
        server.on_startup(lambda: _tell_when_ready(address, port, told, out))
        server.serve(target_loader=partial(_load, settings, build), wrap_loader=False)


def http1(limits: Limits) -> HTTP1Settings:
    """How HTTP/1.1 is read: a head that is slow to come is not waited for, one that is too long is refused (431)."""
    return HTTP1Settings(
        header_read_timeout=int(limits.head_timeout * 1000),
        max_buffer_size=max(2 * limits.head_bytes, limits.head_bytes + limits.target_bytes),
    )


def _load(settings: Settings, build: Callable[[Settings], Running]) -> Worker:
    """The application of one process; runs in it."""
    for handler in logging.getLogger("_granian").handlers:
        handler.addFilter(QuietBreaks())
    _say_goodbye_first()
    return Worker(partial(build, settings))


def _say_goodbye_first() -> None:
    """Have this process close its WebSockets before Granian stops: it would cut them off, and panic over some.

    Granian has no hook for that moment, so its signal handler is put behind ours. Where a later Granian installs it in
    another way, WebSockets are cut off as before.
    """
    original = getattr(_signals, "set_loop_signals", None)
    if original is not None:
        _signals.set_loop_signals = lambda loop: original(_Deferred(loop))


class _Deferred:
    """An event loop whose signal handlers run when every WebSocket has been closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def add_signal_handler(self, signal: int, handler: Callable[..., object], *args: object) -> None:
        """See :meth:`asyncio.loop.add_signal_handler`."""
        self._loop.add_signal_handler(signal, self._stop, partial(handler, *args))

    def _stop(self, handler: Callable[[], object]) -> None:
        goodbye = self._loop.create_task(close_all())
        goodbye.add_done_callback(lambda _done: handler())


def _reserve(host: str, port: int) -> socket.socket:
    """A socket that is bound to *host* and *port*; port 0 becomes a free one. The processes share it.

    With ``SO_REUSEPORT`` a second proxy on the same port would be given half of the visitors instead of an error, so
    the port is asked for once without. Raises :class:`CannotListen`.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)  # and never listens: who connected to it would be cut off when it is closed
        held = socket.socket(family)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(address)
    except OSError as error:
        raise CannotListen(f"can't listen on {host}:{port}: {error.strerror or error}") from error
    return held


def _tell_when_ready(address: str, port: int, told: str, out: TextIO) -> None:
    """Print *told* as soon as a connection is accepted."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104

    def wait() -> None:
        while True:
            with contextlib.suppress(OSError), socket.create_connection((target, port), timeout=1):
                print(told, file=out, flush=True)
                return
            time.sleep(0.02)

    threading.Thread(target=wait, daemon=True).start()


def _shown(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _allow_many_files() -> None:
    """Ten thousand idle connections need as many descriptors; the soft limit is often 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
