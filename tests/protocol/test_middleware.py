"""The gate around an application in the same process, run by a real server."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.holdback_process import holdback
from tests.support.http_client import fetch
from tests.support.processes import Process, free_port, until
from tests.support.recording import Reply, recording

APP = """
import os
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from holdback.proxy.asgi.middleware import HoldbackMiddleware

PAGE = '<!doctype html><html><head><title>Shop</title></head><body>{}<script src="https://www.google-analytics.com/analytics.js"></script></body></html>'
here = os.environ["HOLDBACK_TEST_FOLDER"]

async def page(request):
    answer = HTMLResponse(PAGE.format(request.headers.get("cookie", "none")))
    answer.set_cookie("_ga", "GA1.1.1.1")
    answer.set_cookie("sessionid", "s")
    return answer

async def stream(request):
    async def pieces():
        for start in range(0, len(PAGE), 7):
            yield PAGE[start:start + 7]
    return StreamingResponse(pieces(), media_type="text/html")

async def file(request):
    open(here + "/page.html", "w").write(PAGE)
    return FileResponse(here + "/page.html")

async def socket(websocket):
    if websocket.url.query:
        answer = await page(websocket)
        await websocket.send_denial_response(answer)
        return
    await websocket.accept(headers=[(b"Set-Cookie", b"_ga=GA1.1.1.1"), (b"Set-Cookie", b"sessionid=s")])
    await websocket.send_text(websocket.headers.get("cookie", "none"))
    await websocket.close()

async def text(request):
    return PlainTextResponse(str(len(await request.body())))

app = Starlette(
    routes=[WebSocketRoute("/socket", socket), Route("/", page), Route("/stream", stream), Route("/file", file),
            Route("/text", text, methods=["POST"]), Route("/collect", text, methods=["POST"])],
    middleware=[Middleware(HoldbackMiddleware, data=here + "/data", service=[
        {"name": "Acme", "purpose": "analytics", "paths": ["/collect"]}])],
)
"""
BROWSER = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html"), ("Cookie", "sessionid=s; _ga=GA1.1.1.1")]


@pytest.fixture(scope="module", params=["granian", "uvicorn"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(request.param, APP, tmp_path_factory.mktemp("app")) as (port, _):
        yield port


@contextmanager
def running(server: str, program: str, folder: Path) -> Iterator[tuple[int, Process]]:
    """*program* in *server*, with its data in *folder*."""
    (folder / "shop.py").write_text(program)
    port = free_port()
    options = {"granian": ["--interface", "asgi"], "uvicorn": ["--log-level", "warning"]}[server]
    command = [Path(sys.executable).with_name(server), "shop:app", "--port", str(port), *options]
    with Process(command, cwd=folder, env={"HOLDBACK_TEST_FOLDER": str(folder)}) as process:
        process.listening(port)
        yield port, process


@pytest.mark.parametrize("path", ["/", "/stream", "/file"])
def test_pages_are_held(app: int, path: str) -> None:
    answer = fetch(app, path, BROWSER)
    assert answer.status == 200
    assert 'data-hb-src="https://www.google-analytics.com/analytics.js"' in answer.text
    assert "<hb-notice" in answer.text
    assert answer.get("content-length") in ("", str(len(answer.body)))


def test_cookies_are_held_both_ways(app: int) -> None:
    answer = fetch(app, "/", BROWSER)
    assert "sessionid=s<" in answer.text
    assert [line.partition("=")[0] for line in answer.all("set-cookie")] == ["sessionid"]


def test_what_is_held_is_answered_and_the_rest_goes_on(app: int) -> None:
    assert fetch(app, "/text", method="POST", body=b"x" * 100_000).text == "100000"
    assert fetch(app, "/collect", method="POST", body=b"x").text != "1"


def test_our_own_pages_are_there(app: int) -> None:
    fetch(app, "/", BROWSER)  # what a page was seen to use is listed
    answer = fetch(app, "/_hb/choices", BROWSER)
    assert answer.status == 200
    assert "Google Analytics" in answer.text


def test_head_has_no_body(app: int) -> None:
    answer = fetch(app, "/", BROWSER, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_cookies_are_held_where_a_websocket_begins(app: int) -> None:
    with connect(f"ws://127.0.0.1:{app}/socket", additional_headers=BROWSER) as visitor:
        assert visitor.recv() == "sessionid=s"
        assert visitor.response is not None
        set_there = visitor.response.headers.get_all("set-cookie")
        assert set_there in (["sessionid=s"], [])  # Granian sends no lines of an application's there


def test_cookies_are_held_where_a_websocket_is_refused(app: int) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://127.0.0.1:{app}/socket?no", additional_headers=BROWSER),
    ):
        pass
    response = refused.value.response
    assert [line for line in response.headers.get_all("set-cookie") if "sessionid" not in line] == []
    assert (
        response.status_code == 403 or b"sessionid=s<" in response.body
    )  # not all servers tell more than that


BARE = """
import os
from holdback.proxy.asgi.middleware import HoldbackMiddleware

async def bare(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError("as Django says it")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"_ga=1")]})
    await send({"type": "http.response.body", "body": b"x"})

app = HoldbackMiddleware(bare, data=os.environ["HOLDBACK_TEST_FOLDER"] + "/data")
"""


@pytest.mark.parametrize("server", ["granian", "uvicorn"])
def test_what_was_held_is_in_the_log_at_the_end(server: str, tmp_path: Path) -> None:
    """Also of an application that knows nothing of ASGI's lifespan."""
    with running(server, BARE, tmp_path) as (port, process):
        assert fetch(port, "/").get("set-cookie") == ""
        process.stop()
    lines = holdback("log", "export", "--data", str(tmp_path / "data")).stdout.splitlines()
    (counted,) = [line["counters"] for line in map(json.loads, lines) if line["kind"] == "counters"]
    assert counted["end"] == "clean"
    assert counted["held"] == {"response cookie": {"google-analytics": 1}}


RELAYING = """
import os
from holdback.proxy.asgi.middleware import HoldbackMiddleware

async def site(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<!doctype html><body>A page</body>"})

here = os.environ["HOLDBACK_TEST_FOLDER"]
app = HoldbackMiddleware(site, data=here + "/data", site={"uses": ["google-analytics"]}, events={
    "relay": "http://127.0.0.1:PORT", "relay_key": "phc_1"})
"""


def test_events_go_on_from_a_middleware(tmp_path: Path) -> None:
    with (
        recording(lambda _: Reply(b'{"status": "Ok"}')) as posthog,
        running("uvicorn", RELAYING.replace("PORT", str(posthog.port)), tmp_path) as (port, _),
    ):
        token = re.search(r'name="token" value="([^"]*)', fetch(port, "/", BROWSER).text)
        assert token is not None
        form = ("Content-Type", "application/x-www-form-urlencoded")
        body = f"action=accept-all&return=/&token={token[1]}".encode()
        chosen = fetch(port, "/_hb/choice", [form], method="POST", body=body)
        cookie = next(line.partition(";")[0] for line in chosen.all("set-cookie") if line.startswith("hb="))
        event = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie)]
        stored = fetch(port, "/_hb/events", event, method="POST", body=b'{"event": "bought"}')
        assert json.loads(stored.body) == {"stored": 1}
        until(lambda: any(request.path == "/batch/" for request in posthog.requests), "the event", 30)
