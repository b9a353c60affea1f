"""``holdback preview``: a real mitmproxy in front of a real TLS site, and nothing of the site leaves loopback."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.holdback_process import COMMAND, holdback
from tests.support.http_client import fetch
from tests.support.processes import Process, free_port
from tests.support.recording import Recorder, Reply, Request, recording

pytestmark = pytest.mark.xdist_group("preview")

HTML = ("Content-Type", "text/html; charset=utf-8")
DOCUMENT = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html")]
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class Preview:
    """A running preview: the site, what it received, and where it is seen."""

    def __init__(self, site: Recorder, port: int, process: Process, data: Path) -> None:
        self.site, self.port, self.process, self.data = site, port, process, data

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.site.port}"


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    folder = tmp_path_factory.mktemp("preview")
    authority = Authority(folder)
    tls = authority.certificate("localhost").server_context()

    def answer(request: Request) -> Reply:
        origin = f"https://{request.host}"
        if request.path == "/":
            return Reply(
                b"", 301, [("Location", f"{origin}/en/"), ("Set-Cookie", "seen=1; Domain=localhost")]
            )
        page = (
            '<!doctype html><html><head><script src="https://www.google-analytics.com/analytics.js"></script></head>'
            f'<body><a href="{origin}/next">next</a><a href="https://elsewhere.test/">away</a></body></html>'
        )
        return Reply(
            page.encode(),
            lines=[
                HTML,
                ("Set-Cookie", "_ga=GA1.1.1.1; Domain=localhost"),
                ("Set-Cookie", "sessionid=s; Domain=localhost; HttpOnly"),
                ("Strict-Transport-Security", "max-age=31536000"),
                ("Content-Security-Policy", "upgrade-insecure-requests"),
            ],
        )

    port, data = free_port(), folder / "data"
    with recording(answer, tls=tls) as site:
        command: list[str | Path] = [COMMAND, "preview", f"https://localhost:{site.port}", "--json"]
        command += ["--listen", f"127.0.0.1:{port}", "--data", data]
        with Process(command, env={"SSL_CERT_FILE": str(authority.root)}) as process:
            process.ready(lambda: "preview" in process.output)
            yield Preview(site, port, process, data)


def test_it_says_where_the_site_is_seen(preview: Preview) -> None:
    said = json.loads(preview.process.output.splitlines()[0])
    assert said["preview"] == f"http://127.0.0.1:{preview.port}/en/"
    assert said["site"] == preview.origin


def test_a_page_with_the_notice_and_without_trackers(preview: Preview) -> None:
    page = fetch(preview.port, "/en/", [*DOCUMENT, ("Cookie", "_ga=1; sessionid=s")])
    assert "<hb-notice" in page.text
    assert 'data-hb-src="https://www.google-analytics.com/analytics.js"' in page.text
    assert page.all("set-cookie") == ["sessionid=s; HttpOnly"]
    assert page.get("strict-transport-security") == ""
    assert "upgrade-insecure-requests" not in page.get("content-security-policy")
    assert f'href="http://127.0.0.1:{preview.port}/next"' in page.text
    assert 'href="https://elsewhere.test/"' in page.text
    assert preview.origin not in page.text


def test_the_site_is_asked_by_its_own_name(preview: Preview) -> None:
    here = f"http://127.0.0.1:{preview.port}"
    fetch(
        preview.port,
        "/en/",
        [*DOCUMENT, ("Referer", f"{here}/x"), ("Origin", here), ("Cookie", "_ga=1; a=2")],
    )
    asked = preview.site.requests[-1]
    assert asked.host == f"localhost:{preview.site.port}"
    assert asked.get("referer") == f"{preview.origin}/x"
    assert asked.get("origin") == preview.origin
    assert asked.get("cookie") == "a=2"
    assert asked.get("x-forwarded-host") == ""


def test_a_redirect_stays_on_loopback(preview: Preview) -> None:
    moved = fetch(preview.port, "/", DOCUMENT)
    assert (moved.status, moved.get("location")) == (301, f"http://127.0.0.1:{preview.port}/en/")
    assert moved.all("set-cookie") == ["seen=1"]


def test_a_choice_is_recorded_and_releases(preview: Preview) -> None:
    page = fetch(preview.port, "/en/", DOCUMENT)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token is not None
    body = f"action=accept-all&return=/en/&token={token[1]}".encode()
    chosen = fetch(preview.port, "/_hb/choice", [FORM], method="POST", body=body)
    assert (chosen.status, chosen.get("location")) == (303, "/en/")
    cookie = chosen.get("set-cookie").partition(";")[0]
    after = fetch(preview.port, "/en/", [*DOCUMENT, ("Cookie", cookie)])
    assert '<script src="https://www.google-analytics.com/analytics.js">' in after.text
    assert after.all("set-cookie") == ["_ga=GA1.1.1.1", "sessionid=s; HttpOnly"]
    shown = holdback("log", "show", "--data", str(preview.data), "--json")
    records = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [record["kind"] for record in records] == ["published", "published", "grant"]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["https://127.0.0.1:1/"], 1, "127.0.0.1 does not answer"),
        (["ftp://site.test/"], 1, "ftp://site.test/ is not the address of a site"),
        (["https://site.test/", "--listen", "nowhere"], 2, "listen must be a host and a port"),
    ],
)
def test_what_can_not_be_shown_is_one_sentence(arguments: list[str], status: int, sentence: str) -> None:
    done = holdback("preview", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(f"holdback: {sentence}")
    assert done.stderr.count("\n") == 1


def test_a_certificate_that_nobody_trusts(preview: Preview) -> None:
    done = holdback("preview", preview.origin)
    assert done.returncode == 1
    assert "The certificate of localhost is not trusted" in done.stderr
