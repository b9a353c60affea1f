"""The gate around an application in the same process, run by a real server."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http_client import fetch
from tests.support.processes import Process, free_port

APP = """
import os
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
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

async def text(request):
    return PlainTextResponse(str(len(await request.body())))

app = Starlette(
    routes=[Route("/", page), Route("/stream", stream), Route("/file", file),
            Route("/text", text, methods=["POST"]), Route("/collect", text, methods=["POST"])],
    middleware=[Middleware(HoldbackMiddleware, data=here + "/data", service=[
        {"name": "Acme", "purpose": "analytics", "paths": ["/collect"]}])],
)
"""
BROWSER = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html"), ("Cookie", "sessionid=s; _ga=GA1.1.1.1")]


@pytest.fixture(scope="module", params=["granian", "uvicorn"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("app")
    (folder / "shop.py").write_text(APP)
    port = free_port()
    options = {"granian": ["--interface", "asgi"], "uvicorn": ["--log-level", "warning"]}[request.param]
    command = [Path(sys.executable).with_name(request.param), "shop:app", "--port", str(port), *options]
    with Process(command, cwd=folder, env={"HOLDBACK_TEST_FOLDER": str(folder)}) as process:
        process.listening(port)
        yield port


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
    answer = fetch(app, "/_hb/choices", BROWSER)
    assert answer.status == 200
    assert "Google Analytics" in answer.text


def test_head_has_no_body(app: int) -> None:
    answer = fetch(app, "/", BROWSER, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
