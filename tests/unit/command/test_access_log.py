"""What the access log says of a request, and what it keeps to itself."""

import json
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from holdback.proxy.asgi.access_log import AccessLog, writer
from holdback.proxy.gate.request.networks import network_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello", 201)


async def broken(request: Request) -> PlainTextResponse:
    raise RuntimeError


APP = Starlette(routes=[Route("/a%2Fb", hello), Route("/hello", hello), Route("/broken", broken)])


async def lines_of(path: str, headers: dict[str, str]) -> list[dict[str, object]]:
    lines: list[bytes] = []
    app = AccessLog(APP, lines.append, (ip_network("10.0.0.0/8"),))
    transport = httpx.ASGITransport(app, client=("10.1.2.3", 5), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        await client.get(path, headers=headers)
    return [json.loads(line) for line in lines]


async def test_a_line_says_what_happened_and_not_to_whom() -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.77",
        "User-Agent": "secret-agent",
        "Referer": "https://secret.example/",
        "Host": "Shop.example",
    }
    [line] = await lines_of("/hello?secret=1", headers)
    assert "secret" not in json.dumps(line)
    assert line["client"] == "203.0.113.0/24"
    assert (line["host"], line["method"], line["path"]) == ("shop.example", "GET", "/hello")
    assert (line["status"], line["bytes"]) == (201, 5)
    assert str(line["time"]).endswith("Z")


async def test_a_request_that_fails_is_written_too() -> None:
    [line] = await lines_of("/broken", {})
    assert line["status"] == 500


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("unix", ""),
        ("", ""),
    ],
)
def test_network_of(address: str, network: str) -> None:
    assert network_of(address, 48) == network


def test_lines_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    for line in (b"1\n", b"2\n"):
        write = writer(str(path))
        assert write is not None
        write(line)
    assert path.read_bytes() == b"1\n2\n"
    assert path.stat().st_mode & 0o007 == 0
    assert writer("off") is None
