"""Holdback behind a real TLS terminator, in a real browser whose pages send no referrer: its Origin is ``null``."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.certificates import Authority
from tests.support.chromium import choose, chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, PAGE, Origin
from tests.support.processes import Process, free_port
from tests.support.recording import Reply

pytestmark = pytest.mark.browser

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {chain}; ssl_certificate_key {key};
    location / {{
      proxy_pass http://127.0.0.1:{inner}; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
def inner(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    config = 'trusted_hops = ["127.0.0.1/32"]\n'
    with serving(origin.url, tmp_path_factory.mktemp("inner") / "data", config=config) as running:
        yield running


@pytest.fixture(scope="module")
def outside(
    inner: Holdback, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, Browser]]:
    assert NGINX is not None, "nginx is missing: .ci/programs nginx"
    folder: Path = tmp_path_factory.mktemp("nginx")
    certificate = authority.certificate("www.shop.test")
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(
        CONFIG.format(
            folder=folder, port=port, inner=inner.port, chain=certificate.chain, key=certificate.key
        )
    )
    with Process([NGINX, "-p", folder, "-c", file, "-e", "stderr"]) as terminator:
        terminator.listening(port)
        with chromium({"*.test": "127.0.0.1"}, pins=[certificate.pin]) as browser:
            yield port, browser


def _choices(inner: Holdback) -> list[object]:
    """The records of visitors; those of the proxy's own start come when they come."""
    return [record for record in inner.records() if record["kind"] != "published"]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_choice_from_a_page_that_sends_no_referrer(
    javascript: bool, outside: tuple[int, Browser], inner: Holdback, origin: Origin
) -> None:
    port, browser = outside
    origin.pages["/quiet"] = Reply(PAGE, lines=[HTML, ("Referrer-Policy", "no-referrer")])
    before = len(_choices(inner))
    with browser.new_context(java_script_enabled=javascript, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"https://www.shop.test:{port}/quiet")
        asked = re.compile(r"/_hb/choice$")
        with page.expect_response(lambda answer: bool(asked.search(answer.url))) as answered:
            choose(page, "accept-all")
        sent = answered.value.request.all_headers()
        names = {cookie["name"]: cookie for cookie in context.cookies()}

    assert answered.value.status in (200, 303), answered.value.status
    assert javascript or sent["origin"] == "null"
    assert names["__Host-hb"]["secure"]
    assert names["__Host-hb"]["httpOnly"]
    assert len(_choices(inner)) == before + 1
