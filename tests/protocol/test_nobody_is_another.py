"""Where two visitors could meet: the site's connections, remembered pages and lines. Nobody is served as another."""

import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.messages import RequestHead
from holdback.proxy.http.headers import Headers
from holdback.proxy.rules.model import Purpose

from tests.protocol.conftest import Wire
from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head
from tests.support.passing import passing
from tests.support.raw_site import OK, Script, answering, raw_site
from tests.support.raw_site import Wire as SiteWire


def signing_in(scheme: bytes, *, says_so: bool) -> Script:
    """A site that knows a connection once somebody signed in over it; *says_so* in its answers."""

    def script(wire: SiteWire) -> None:
        who = b""
        while head := wire.request()[0]:
            if found := re.search(rb"(?im)^authorization: " + scheme + rb" (\w+)", head):
                who = found[1]
            body = b"hello " + who if who else b"who are you?"
            asks = b"WWW-Authenticate: " + scheme + b"\r\n" if says_so and not who else b""
            status = b"200 OK" if who or not says_so else b"401 Unauthorized"
            wire.send(b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, asks, len(body), body))

    return script


class Visitor:
    """One connection to the proxy."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def asks(self, line: bytes = b"", method: bytes = b"GET", body: bytes = b"") -> bytes:
        length = b"Content-Length: %d\r\n" % len(body) if body else b""
        self._socket.sendall(method + b" / HTTP/1.1\r\nHost: a\r\n" + length + line + b"\r\n" + body)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._socket.recv(65_536)
        head, _, rest = data.partition(b"\r\n\r\n")
        size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
        while len(rest) < size:
            rest += self._socket.recv(65_536)
        return rest

    def close(self) -> None:
        self._socket.close()


@contextmanager
def visiting(port: int) -> Iterator[Visitor]:
    """A visitor until the block ends."""
    visitor = Visitor(port)
    try:
        yield visitor
    finally:
        visitor.close()


@pytest.mark.parametrize("says_so", [True, False], ids=["asked for", "unasked"])
@pytest.mark.parametrize("scheme", [b"NTLM", b"Negotiate", b"negotiate"])
def test_who_signed_in_over_a_connection_shares_it_with_nobody(
    wire: Wire, scheme: bytes, says_so: bool
) -> None:
    wire.site.play(signing_in(scheme, says_so=says_so))
    with visiting(wire.port) as first, visiting(wire.port) as second, visiting(wire.port) as third:
        first.asks()
        assert first.asks(b"Authorization: " + scheme + b" anna\r\n") == b"hello anna"
        assert second.asks() == b"who are you?"
        assert second.asks(method=b"POST", body=b"x" * 10) == b"who are you?"
        assert first.asks() == b"hello anna"  # it is her connection, for as long as she uses it
        assert second.asks(b"Authorization: " + scheme + b" bert\r\n") == b"hello bert"
        assert (first.asks(), second.asks()) == (b"hello anna", b"hello bert")
        first.close()
        assert third.asks() == b"who are you?"


def test_behind_another_proxy_a_connection_that_was_signed_in_over_ends() -> None:
    with raw_site(answering(OK)) as site:
        site.play(signing_in(b"NTLM", says_so=False))
        with passing(site.url, trusted_hops=["127.0.0.1/32"]) as (port, _process), visiting(port) as hop:
            assert hop.asks(b"Authorization: NTLM anna\r\n") == b"hello anna"
            assert hop.asks() == b"who are you?"


def test_other_ways_of_signing_in_keep_connections_in_use(wire: Wire) -> None:
    wire.site.play(answering(OK))
    with visiting(wire.port) as visitor:
        for scheme in (b"Basic", b"Bearer", b"Digest"):
            visitor.asks(b"Authorization: " + scheme + b" x\r\n")
    assert len(wire.site.wires) == 1


def test_what_a_site_says_unasked_over_an_idle_connection_is_nobodys_answer(wire: Wire) -> None:
    said = threading.Event()

    def script(site: SiteWire) -> None:
        while site.request()[0]:
            site.send(OK)
            time.sleep(0.05)  # so that it is no part of the answer
            site.send(OK.replace(b"ok", b"**"))
            said.set()

    wire.site.play(script)
    with visiting(wire.port) as visitor:
        assert visitor.asks() == b"ok"
        assert said.wait(10)
        time.sleep(0.05)
        for _ in range(3):
            said.clear()
            assert visitor.asks() == b"ok"
            assert said.wait(10)
            time.sleep(0.05)


def test_visitors_who_send_nearly_the_same_lines_are_told_apart() -> None:
    """Header lines, pages and inserts are remembered: one thing that differs makes another visitor."""
    gate = TestGate()
    grant = (b"cookie", gate.everything())
    kinds: dict[str, RequestHead] = {
        "nobody": head("/"),
        "who agreed": head("/", grant),
        "who agreed to analytics": head("/", (b"cookie", gate.cookie(Purpose.ANALYTICS))),
        "with the signal": head("/", grant, (b"sec-gpc", b"1")),
        "in German": head("/", (b"accept-language", b"de")),
        "in a frame": head("/", dest="iframe"),
        "by fetch": head("/", dest="empty"),
        "with a cookie of another host": head("/", grant, host="other.test"),
    }

    def served(who: RequestHead) -> tuple[Headers, Headers, bytes]:
        decision = gate.gate.request(who, NOW)
        assert isinstance(decision, Forward)
        plan = decision.visit.response(200, [(b"content-type", b"text/html"), (b"etag", b'"1"')])
        page = b"<html><head></head><body><img src=//tracker.test/></body></html>"
        return decision.headers, plan.headers, fed(plan.body, page, last=True) if plan.body else page

    alone = {}
    for name, who in kinds.items():
        gate.gate = TestGate().gate  # nothing is remembered yet
        alone[name] = served(who)
    assert len({str(outcome) for outcome in alone.values()}) == len(kinds)
    chance = random.Random(1)
    for _ in range(200):
        name = chance.choice([*kinds])
        assert served(kinds[name]) == alone[name], name
