"""A page that the site writes slowly is seen as it is written, though it does not say what its charset is."""

import socket
from pathlib import Path

import pytest

from tests.support.holdback_process import serving
from tests.support.processes import until
from tests.support.raw_site import Wire, raw_site

ASKED = {
    "by nobody in particular": b"",
    "by a script": b"Sec-Fetch-Dest: empty\r\nAccept: */*\r\n",
    "as a page": b"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\n",
    "as a coded page": b"Sec-Fetch-Dest: document\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n",
}


@pytest.mark.parametrize("asked", ASKED)
def test_each_part_is_read_before_the_next_is_written(asked: str, tmp_path: Path) -> None:
    read = [b""]

    def script(site: Wire) -> None:
        site.head()
        site.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            size = len(read[0])
            site.send(b"d\r\n<p>part %d</p>\r\n" % number)
            until(lambda size=size: len(read[0]) > size, f"the visitor to read part {number}")
        site.send(b"0\r\n\r\n")

    with (
        raw_site(script) as site,
        serving(site.url, tmp_path / "data") as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as visitor,
    ):
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n%b\r\n" % ASKED[asked])
        while piece := visitor.recv(65_536):
            read[0] += piece
    if b"gzip" not in ASKED[asked]:
        assert b"<p>part 2</p>" in read[0]
    assert read[0].endswith(b"0\r\n\r\n")
