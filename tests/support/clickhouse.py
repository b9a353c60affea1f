"""A ClickHouse server of the suite's own: the library that its makers publish, behind their HTTP interface.

It speaks what a client needs of it (ClickHouse documentation, "HTTP interface"): a query in the body or the address,
parameters, settings, a coded body, and errors with their code. The engine is the real one.
"""

import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .processes import Process, free_port, until

_NO_SETTINGS = {"query", "database", "client_protocol_version", "session_id", "query_id", "wait_end_of_query"}
_NO_SETTINGS |= {
    "enable_http_compression",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
}
_NATIVE = re.compile(rb"\s*(INSERT INTO [^\n]* )FORMAT Native\n")
_CODE = re.compile(r"Code: (\d+)")


class ClickHouse:
    """A server that can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        """The address of its database, with a password that must not be told to anybody."""
        return f"clickhouse://default:verysecret@127.0.0.1:{self.port}/default"

    def start(self) -> None:
        """Start it again."""
        self.process = Process(
            [sys.executable, "-m", "tests.support.clickhouse", str(self.folder), str(self.port)],
            cwd=Path(__file__).parents[2],
        )
        until(self._answers, "ClickHouse", 30)

    def _answers(self) -> bool:
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", "/", b"SELECT 1")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def clickhouse_running() -> Iterator[ClickHouse]:
    """A server until the block ends."""
    with tempfile.TemporaryDirectory(prefix="holdback-clickhouse-") as folder:
        server = ClickHouse(Path(folder))
        try:
            yield server
        finally:
            server.process.stop()


class _Engine:
    """The library: one statement after the other."""

    def __init__(self, folder: str) -> None:
        import chdb

        self._connection = chdb.connect(folder)  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()

    def run(self, statement: bytes, settings: dict[str, str], parameters: dict[str, str]) -> bytes:
        """What the *statement* gives; raises ``RuntimeError`` with the engine's own words."""
        with self._lock:
            for name, value in settings.items():
                self._connection.query(f"SET {name} = '{value}'", "TabSeparated")
            found = _NATIVE.match(statement)
            if found is None:
                return self._query(statement.decode(), parameters)
            with tempfile.NamedTemporaryFile(suffix=".native") as file:
                file.write(statement[found.end() :])
                file.flush()
                return self._query(f"{found[1].decode()} FROM INFILE '{file.name}' FORMAT Native", parameters)

    def _query(self, statement: str, parameters: dict[str, str]) -> bytes:
        return bytes(self._connection.query(statement, "TabSeparated", params=parameters).bytes() or b"")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: _Engine

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer(_decoded(body, self.headers.get("content-encoding", "")))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _answer(self, body: bytes) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.headers.get("content-type", "").startswith("multipart/form-data"):
            asked |= _form(self.headers["content-type"], body)
            body = b""
        statement = b"\n".join(part for part in (asked.get("query", "").encode(), body) if part)
        parameters = {name.removeprefix("param_"): asked[name] for name in asked if name.startswith("param_")}
        settings = {
            name: asked[name] for name in asked if name not in _NO_SETTINGS and not name.startswith("param_")
        }
        try:
            status, answer, code = 200, self.engine.run(statement, settings, parameters), ""
        except RuntimeError as error:
            found = _CODE.search(str(error))
            status, answer, code = 500, str(error).encode(), found[1] if found else "1"
        self.send_response(status)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        elif answer:
            self.send_header("X-ClickHouse-Format", "TabSeparated")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


def _decoded(body: bytes, coding: str) -> bytes:
    if coding == "lz4":
        import lz4.frame  # type: ignore[import-untyped]

        return bytes(lz4.frame.decompress(body))
    assert not coding, coding
    return body


def _form(content_type: str, body: bytes) -> dict[str, str]:
    from email import message_from_bytes

    parsed = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found = {}
    for part in parsed.walk():
        if name := part.get_param("name", header="content-disposition"):
            payload = part.get_payload(decode=True)
            found[str(name)] = payload.decode() if isinstance(payload, bytes) else ""
    return found


def _serve(folder: str, port: int) -> None:
    _Handler.engine = _Engine(folder)
    with ThreadingHTTPServer(("127.0.0.1", port), _Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
