"""One table of cases through the reverse proxy, the middleware and mitmproxy: equal answers, so the gate decides.

Where the three differed, a decision would have been made outside the gate. What the servers add by themselves (Date,
Server, how a body is framed) is not compared.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from holdback.proxy.gate.body.decoding import decoding

from tests.support.holdback_process import COMMAND, holdback
from tests.support.http_client import Answer, fetch
from tests.support.one_site import answer
from tests.support.processes import Process, free_port
from tests.support.recording import recording

pytestmark = pytest.mark.xdist_group("three-adapters")

ROOT = Path(__file__).parents[2]
HOST = "site.test"
ADAPTERS = ("reverse proxy", "middleware", "mitmproxy")
OF_THE_SERVER = {"date", "server", "connection", "transfer-encoding", "content-length", "keep-alive"}
TOKEN = re.compile(rb'(name="token" value=")[^"]*')

DOCUMENT = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html")]
IMAGE = [("Sec-Fetch-Dest", "image")]
FETCHED = [("Sec-Fetch-Dest", "empty")]
ACME = ("Cookie", "acme_id=1; sessionid=s; _ga=GA1.1.1.1")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")


@dataclass(frozen=True)
class Case:
    """One request, and what its answer must have besides being equal three times."""

    name: str
    target: str
    headers: list[tuple[str, str]]
    method: str = "GET"
    body: bytes = b""
    status: int = 200
    says: bytes = b""
    granted: bool = False


POSTHOG = b'{"api_key":"phc_1","event":"x","properties":{"distinct_id":"1"}}'
FOREIGN = ("Sec-Fetch-Site", "cross-site")

CASES = [
    Case("first page", "/", DOCUMENT, says=b"<hb-notice"),
    Case("page with held cookies", "/", [*DOCUMENT, ACME], says=b'data-hb="acme"'),
    Case(
        "page after a grant",
        "/",
        [*DOCUMENT, ACME],
        says=b'<script src="https://tracker.test/a.js">',
        granted=True,
    ),
    Case("decorated link", "/shown?gclid=x&a=%2f", DOCUMENT, says=b'"/shown?a=%2f"'),
    Case("page in a frame", "/", [("Sec-Fetch-Dest", "iframe")], says=b'data-hb="acme"'),
    Case("page by fetch", "/", FETCHED, says=b'data-hb="acme"'),
    Case("page of an old browser", "/", [("Accept", "text/html,*/*")], says=b"<hb-notice"),
    Case("head of a page", "/", DOCUMENT, method="HEAD"),
    Case("not found", "/lost", DOCUMENT, status=404, says=b"<hb-notice"),
    Case("redirect", "/old", DOCUMENT, status=302),
    Case("no content", "/nothing", FETCHED, status=204),
    Case("page in a cache", "/kept", DOCUMENT, says=b"<hb-notice"),
    Case("foreign tag", "/kept", [*DOCUMENT, ("If-None-Match", '"v1"')], says=b"<hb-notice"),
    Case("picture", "/picture.png", [*IMAGE, ACME], says=b"PNG"),
    Case("part of a picture", "/part.png", [*IMAGE, ("Range", "bytes=1-3")], status=206, says=b"PNG"),
    Case("range of a page", "/", [*DOCUMENT, ("Range", "bytes=0-3")], says=b"<hb-notice"),
    Case("hints", "/hints", DOCUMENT, says=b"<hb-notice"),
    Case("site policy", "/policy", DOCUMENT, says=b'nonce="abc"'),
    Case("coded page", "/coded", DOCUMENT, says=b"<hb-notice"),
    Case("unreadable page", "/unreadable", DOCUMENT),
    *(
        Case(f"page for who takes {name}", "/", [*DOCUMENT, ("Accept-Encoding", name)], says=start)
        for name, start in (("zstd", b"\x28\xb5\x2f\xfd"), ("br", b""), ("gzip", b"\x1f\x8b"))
    ),
    Case("fragment for who takes br", "/fragment", [*FETCHED, ("Accept-Encoding", "br")]),
    Case("head for who takes br", "/", [*DOCUMENT, ("Accept-Encoding", "br")], method="HEAD"),
    Case(
        "data for who takes br",
        "/data.json",
        [*FETCHED, ("Accept-Encoding", "br")],
        says=b"tracker.test/a.js",
    ),
    Case("utf-16", "/wide", DOCUMENT, says="<hb-notice".encode("utf-16-le")),
    Case("xhtml", "/xhtml", DOCUMENT, says=b"data-hb"),
    Case("unlabelled page", "/unlabelled", DOCUMENT, says=b"<hb-notice"),
    Case("fragment", "/fragment", FETCHED, says=b'data-hb="acme"'),
    Case("data", "/data.json", FETCHED, says=b"tracker.test/a.js"),
    Case("download", "/download", DOCUMENT, says=b'data-hb="acme"'),
    Case("what the site hears", "/echo?q=%2F", [*FETCHED, ACME], says=b'"cookie": "sessionid=s"'),
    Case(
        "what it hears after a grant",
        "/echo",
        [*FETCHED, ACME],
        says=b"acme_id=1; sessionid=s; _ga",
        granted=True,
    ),
    Case("signal", "/echo", [*FETCHED, ("Sec-GPC", "1")], says=b'"sec-gpc": "1"'),
    Case(
        "forged facts", "/echo", [*FETCHED, ("X-Holdback-Purposes", "media"), ("X-Forwarded-For", "6.6.6.6")]
    ),
    Case("upload", "/echo", FETCHED, method="POST", body=b"x" * 300_000, says=b'"body": 300000'),
    Case("empty post", "/echo", FETCHED, method="POST", says=b'"body": 0'),
    Case("odd path", "/echo//a/../%41;b?x=%zz&y", FETCHED, says=b'"/echo//a/../%41;b?x=%zz&y"'),
    Case("held path", "/acme/collect", [*FETCHED, JSON], method="POST", body=b"{}", status=204),
    Case(
        "held path after a grant", "/acme/collect", [*FETCHED, JSON], method="POST", body=b"{}", granted=True
    ),
    Case(
        "held by its body",
        "/e/",
        FETCHED,
        method="POST",
        body=b'{"api_key":"phc_1","event":"x","properties":{"distinct_id":"1"}}',
    ),
    Case("not held by its body", "/e/", FETCHED, method="POST", body=b'{"own": 1}', says=b'"target": "/e/"'),
    Case("forged choice", "/", [*DOCUMENT, ("Cookie", "hb=forged")], says=b"<hb-notice"),
    Case("health", "/_hb/healthz", []),
    Case("guard", "/_hb/guard-0123456789abcdef.js", [("Sec-Fetch-Dest", "script")]),
    Case("second layer", "/_hb/choices", DOCUMENT, says=b"Acme"),
    Case("where the visitor stands", "/_hb/choices", [("Accept", "application/json")], says=b'"state"'),
    Case("signal support", "/.well-known/gpc.json", [], says=b'"gpc"'),
    Case(
        "choice without a token", "/_hb/choice", [*DOCUMENT, FORM], method="POST", body=b"action=accept-all"
    ),
    Case(
        "choice of a foreign site",
        "/_hb/choice",
        [FORM, ("Sec-Fetch-Site", "cross-site")],
        method="POST",
        body=b"a=1",
        status=403,
    ),
    Case("event without consent", "/_hb/events", [JSON], method="POST", body=b'{"event": "x"}', status=202),
    Case("nothing of ours", "/_hb/nothing", [], status=404),
    Case("checkpoint", "/_hb/log/checkpoint", []),
    Case("two hosts", "/", [*DOCUMENT, ("Host", "evil.test")], status=400),
    Case("underscore twin", "/", [*DOCUMENT, ("X_Forwarded_For", "6.6.6.6")], status=400),
]


@contextmanager
def running(folder: Path) -> Iterator[tuple[dict[str, int], dict[str, Process]]]:
    """All three, in front of the same site, on the same data in *folder*: their ports and processes."""
    ports = {name: free_port() for name in ADAPTERS}
    with ExitStack() as stack:
        site = stack.enter_context(recording(answer))
        config = folder / "holdback.toml"
        config.write_text(
            f'upstream = "http://127.0.0.1:{site.port}"\nlisten = "127.0.0.1:{ports["reverse proxy"]}"\ndata = "data"\n'
            '[site]\nname = "Shop"\nuses = ["google-analytics"]\n'
            '[[service]]\nname = "Acme"\npurpose = "analytics"\nhosts = ["tracker.test"]\n'
            'paths = ["/acme/collect"]\ncookies = ["acme_*"]\nscripts = ["acme(\'init\'"]\n'
        )
        serve: list[Any] = [COMMAND, "serve", "--config", config]
        commands = {"reverse proxy": serve} | {
            name: [sys.executable, "-m", "tests.support.adapters", name, ports[name], config]
            for name in ("middleware", "mitmproxy")
        }
        processes = {}
        for name, command in commands.items():
            processes[name] = stack.enter_context(Process(command, cwd=ROOT))
            processes[name].listening(ports[name])
        yield ports, processes


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Where the three listen."""
    with running(tmp_path_factory.mktemp("adapters")) as (ports, _):
        yield ports


@pytest.fixture(scope="module")
def grant(ports: dict[str, int]) -> str:
    """The signed cookie of a visitor who accepted everything."""
    port = ports["reverse proxy"]
    page = fetch(port, "/", DOCUMENT, host=HOST).body
    token = re.search(TOKEN.pattern.replace(b'[^"]*', b'([^"]*)'), page)
    assert token is not None
    body = b"action=accept-all&return=/&token=" + token[2]
    chosen = fetch(port, "/_hb/choice", [FORM], method="POST", body=body, host=HOST)
    assert chosen.status == 303
    return next(line.partition(";")[0] for line in chosen.all("set-cookie") if line.startswith("hb="))


def compared(found: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = sorted(pair for pair in found.headers if pair[0] not in OF_THE_SERVER)
    readable = decoding([(b"content-encoding", found.get("content-encoding").encode())])
    # A body that comes in pieces is coded in pieces: the bytes differ, the page does not.
    body = readable.feed(found.body, last=True) if readable is not None and found.body else found.body
    return found.status, headers, TOKEN.sub(rb"\1", body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_three_equal_answers(ports: dict[str, int], grant: str, case: Case) -> None:
    headers = [
        (name, f"{value}; {grant}" if case.granted and name == "Cookie" else value)
        for name, value in case.headers
    ]
    if case.granted and not any(name == "Cookie" for name, _ in headers):
        headers.append(("Cookie", grant))
    answers = {
        name: fetch(port, case.target, headers, method=case.method, body=case.body, host=HOST)
        for name, port in ports.items()
    }
    first = answers["reverse proxy"]
    assert first.status == case.status
    assert case.says in first.body
    for name in ADAPTERS[1:]:
        assert compared(answers[name]) == compared(first), name


def test_a_page_is_revalidated_the_same_way(ports: dict[str, int]) -> None:
    """The tag that one adapter gave is good at the others: it names the variant, and nothing of a process."""
    tag = fetch(ports["reverse proxy"], "/kept", DOCUMENT, host=HOST).get("etag")
    assert tag.startswith("W/")
    for name, port in ports.items():
        found = fetch(port, "/kept", [*DOCUMENT, ("If-None-Match", tag)], host=HOST)
        assert (found.status, found.get("etag"), found.body) == (304, tag, b""), name


def test_a_grant_of_one_holds_at_the_others_and_so_does_its_withdrawal(ports: dict[str, int]) -> None:
    jars: dict[str, str] = {}
    for name, port in ports.items():
        page = fetch(port, "/", DOCUMENT, host=HOST).body
        token = re.search(rb'name="token" value="([^"]*)', page)
        assert token is not None
        body = b"action=accept-all&return=/&token=" + token[1]
        chosen = fetch(port, "/_hb/choice", [FORM], method="POST", body=body, host=HOST)
        jars[name] = next(
            line.partition(";")[0] for line in chosen.all("set-cookie") if line.startswith("hb=")
        )
    for cookie in jars.values():
        for port in ports.values():
            answered = fetch(port, "/", [*DOCUMENT, ("Cookie", cookie)], host=HOST)
            assert b'<script src="https://tracker.test/a.js">' in answered.body


AUDITED = {
    "first page",
    "page with held cookies",
    "redirect",
    "decorated link",
    "picture",
    "what the site hears",
    "held path",
    "held by its body",
    "not held by its body",
}


def test_what_is_counted_is_the_same(tmp_path: Path) -> None:
    """Each says in the log what it held: nobody has to ask an adapter for it."""
    with running(tmp_path) as (ports, processes):
        for name, port in ports.items():
            for case in CASES:
                if case.name in AUDITED:
                    fetch(port, case.target, case.headers, method=case.method, body=case.body, host=HOST)
            processes[name].stop()
    out = holdback("log", "export", "--data", str(tmp_path / "data")).stdout.splitlines()
    said = [line["counters"] for line in map(json.loads, out) if line["kind"] == "counters"]
    assert len(said) == len(ADAPTERS)
    # Pages are read again where they come in one piece, which mitmproxy's never do.
    held = [{kind: told["held"][kind] for kind in told["held"] if kind != "element"} for told in said]
    assert held[0] == held[1] == held[2]
    assert set(held[0]) == {"request cookie", "response cookie", "link parameter", "endpoint"}
    assert not any("escaped" in told for told in said)
