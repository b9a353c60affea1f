"""Uploads that stall, trickle or are left: others are served meanwhile, and the site's connections come free."""

import hashlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress

import pytest
from holdback.proxy.asgi.watch import _TRICKLE

from tests.protocol.conftest import Wire
from tests.support.passing import passing
from tests.support.processes import until
from tests.support.raw_site import OK, RawSite, answering, exchange, raw_site, read_all
from tests.support.raw_site import Wire as SiteWire

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SLOW = b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\nx"
PLACES = 8


@pytest.fixture
def narrow() -> Iterator[tuple[int, RawSite]]:
    """A proxy with room for few requests at once."""
    with (
        raw_site(answering(OK)) as site,
        passing(site.url, limits={"in_flight": PLACES, "idle_timeout": 60}) as (port, _process),
    ):
        yield port, site


def connected(port: int, stack: ExitStack) -> socket.socket:
    return stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=20)))


@pytest.mark.parametrize("size", [10, 10_000_000], ids=["short", "long"])
def test_an_upload_of_which_nothing_comes_ends(wire: Wire, size: int) -> None:
    with ExitStack() as stack:
        visitor = connected(wire.port, stack)
        visitor.sendall(SLOW % size)
        answer, closed = read_all(visitor)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert closed


@pytest.mark.parametrize("size", [10, 10_000_000], ids=["short", "long"])
def test_uploads_that_stall_lock_nobody_out(narrow: tuple[int, RawSite], size: int) -> None:
    port, _ = narrow
    with ExitStack() as stack:
        for _ in range(3 * PLACES):
            connected(port, stack).sendall(SLOW % size)
        # Those that wait come in as others end: on a busy machine that goes on while we ask.
        for _ in range(PLACES + 1):
            until(lambda: exchange(port, GET)[0].startswith(b"HTTP/1.1 200 "), "a place", 10)


def test_many_who_send_at_once_keep_their_places(narrow: tuple[int, RawSite]) -> None:
    """Nobody is slow who has just come, however many come together."""
    port, _ = narrow
    with ExitStack() as stack:
        visitors = [connected(port, stack) for _ in range(PLACES)]
        for visitor in visitors:
            visitor.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\nx")
        time.sleep(1)
        for visitor in visitors:
            visitor.sendall(b"x" * 9)
        assert [read_all(visitor)[0][:12] for visitor in visitors] == [b"HTTP/1.1 200"] * PLACES


def test_the_slowest_goes_first(narrow: tuple[int, RawSite]) -> None:
    """A visitor who really sends keeps their place, however many trickle."""
    port, _ = narrow
    stop = threading.Event()
    with ExitStack() as stack:
        trickling = [connected(port, stack) for _ in range(PLACES)]
        for one in trickling:
            one.sendall(SLOW % 1000)

        def trickle() -> None:
            while not stop.wait(0.2):
                for one in trickling:
                    try:
                        one.sendall(b"x")
                    except OSError:
                        continue

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            time.sleep(_TRICKLE + 2)  # before, they are not slow, and who comes last of nine is refused
            until(lambda: exchange(port, GET)[0].startswith(b"HTTP/1.1 200 "), "a place", 15)
            honest = connected(port, stack)
            steps = [b"x" * 20_000] * 20
            head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % 400_000

            def send() -> None:
                """In a thread of its own: who waits for others meanwhile is slow on a busy machine."""
                with suppress(OSError):  # the answer tells
                    honest.sendall(head + steps[0])
                    for step in steps[1:]:
                        time.sleep(0.3)
                        honest.sendall(step)

            sender = threading.Thread(target=send)
            sender.start()
            while sender.is_alive():
                # Those that came a moment later than the first are slow a moment later.
                until(lambda: exchange(port, GET)[0].startswith(b"HTTP/1.1 200 "), "a place", 10)
                time.sleep(0.1)
            assert read_all(honest)[0].startswith(b"HTTP/1.1 200 ")
        finally:
            stop.set()
            thread.join()


def test_who_leaves_while_the_site_reads_nothing_frees_its_connection(wire: Wire) -> None:
    closed = threading.Event()

    def script(site: SiteWire) -> None:
        site.head()
        time.sleep(4)  # reads nothing meanwhile
        while site._more():
            pass
        closed.set()

    wire.site.play(script)
    with ExitStack() as stack:
        visitor = connected(wire.port, stack)
        visitor.sendall(SLOW % 100_000_000)
        visitor.settimeout(0.5)
        try:
            while True:
                visitor.send(b"x" * 65_536)
        except OSError:
            pass
    began = time.monotonic()
    until(lambda: _other_end_is_closed(wire), "the site's connection to be closed", 15)
    assert time.monotonic() - began < 15


def _other_end_is_closed(wire: Wire) -> bool:
    """Whether the proxy has given the connection up, as the site's kernel knows it (TCP_INFO: CLOSE_WAIT or CLOSE)."""
    sock = wire.site.wire(0).socket
    try:
        state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    except OSError:
        return True
    return state in (7, 8)


def test_what_was_read_ahead_of_a_slow_site_comes_whole_and_in_order(wire: Wire) -> None:
    body = random.Random(3).randbytes(12_000_000)
    told: list[str] = []

    def script(site: SiteWire) -> None:
        site.head()
        time.sleep(1.5)  # not idle for too long, but stuck
        got = site.body(len(body) // 2)
        time.sleep(1.5)
        got += site.body(len(body) - len(got))
        told.append(hashlib.sha256(got).hexdigest())
        site.send(OK)

    wire.site.play(script)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer, _ = exchange(wire.port, head + body, seconds=30)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert told == [hashlib.sha256(body).hexdigest()]
