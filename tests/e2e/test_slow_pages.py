"""A page that the site writes slowly is seen as it is written, though it does not say what its charset is."""

import socket
from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.processes import until
from tests.support.raw_site import RawSite, Wire, raw_site

ASKED = {
    "by nobody in particular": b"",
    "by a script": b"Sec-Fetch-Dest: empty\r\nAccept: */*\r\n",
    "as a page": b"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\n",
    "as a coded page": b"Sec-Fetch-Dest: document\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n",
}


TYPES = {"of HTML": b"Content-Type: text/html\r\n", "of no type": b""}
PARTS = {"markup": b"<p>part %d</p>", "text": b"part %d, and"}


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with raw_site(lambda site: None) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(site.url, tmp_path_factory.mktemp("slow") / "data") as running:
        yield running


@pytest.mark.parametrize("of_type", TYPES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("asked", ASKED)
def test_each_part_is_read_before_the_next_is_written(
    site: RawSite, proxy: Holdback, asked: str, part: str, of_type: str
) -> None:
    read = [b""]

    def script(wire: Wire) -> None:
        wire.head()
        wire.send(b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n" % TYPES[of_type])
        for number in range(3):
            size = len(read[0])
            written = PARTS[part] % number
            wire.send(b"%x\r\n%b\r\n" % (len(written), written))
            until(partial(_is_longer, read, size), f"the visitor to read part {number}")
        wire.send(b"0\r\n\r\n")

    site.play(script)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n%b\r\n" % ASKED[asked])
        while piece := visitor.recv(65_536):
            read[0] += piece
    if b"gzip" not in ASKED[asked]:
        assert PARTS[part] % 2 in read[0]
    assert read[0].endswith(b"0\r\n\r\n")


def _is_longer(read: list[bytes], size: int) -> bool:
    return len(read[0]) > size
