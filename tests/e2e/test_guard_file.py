"""From the second page of a visit on the guard is a file that the browser has; it is first all the same."""

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.chromium import choose, chromium
from tests.support.firefox import showing
from tests.support.guarded import collector
from tests.support.holdback_process import Holdback, serving
from tests.support.http_client import Lines
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply
from tests.support.services import ACME
from tests.support.visitor import Visitor

SCRIPT = (
    b"<script>document.cookie = 'acme_id=1'; document.cookie = 'own=1';"
    b"document.head.append(Object.assign(document.createElement('script'), {src: 'http://tracker.test/late.js'}));"
    b"window.seen = document.cookie</script>"
)
FILE = re.compile(
    r'<script src="(/_hb/guard-[0-9a-f]{16}\.js)" data-here="([^"]*)"(?: data-tell)?( nonce="[^"]*")?></script><script'
)
FROM_HERE = ("Sec-Fetch-Site", "same-origin")
VISIT: Lines = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html"))


def page_of(*links: str, more: bytes = b"") -> Reply:
    anchors = "".join(f'<a id="{link.strip("/")}" href="{link}">x</a>' for link in links).encode()
    return Reply(b"<!doctype html><html><head>" + SCRIPT + b"</head><body>" + more + anchors, lines=[HTML])


@pytest.fixture(scope="module")
def shop(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    origin.pages |= {"/": page_of("/two"), "/two": page_of("/three"), "/three": page_of("/two")}
    with serving(origin.url, tmp_path_factory.mktemp("file") / "data", config=ACME) as running:
        yield running


def asked(shop: Holdback, *lines: tuple[str, str], path: str = "/two", cookie: str = "") -> str:
    sent = [*VISIT, *lines, *([("Cookie", cookie)] if cookie else [])]
    return shop.fetch(path, sent).text


def file_in(page: str) -> str | None:
    """The file that has the guard of *page*; None where it is inside."""
    found = FILE.search(page)
    assert (found is None) == ("function HOLDBACK" in page)
    return found[1] if found else None


def outline_in(page: str) -> str | None:
    """The file that a guard with an outline brings the rest from; None where there is no such guard."""
    found = re.search(r'"outline":.*"file":"([^"]+)"', page)
    return found[1] if found else None


# -- what the proxy sends -----------------------------------------------------------------------------------


def test_the_first_page_has_the_guard_inside_with_an_outline_and_names_the_file(shop: Holdback) -> None:
    first = asked(shop, ("Sec-Fetch-Site", "none"))
    assert file_in(first) is None
    second = asked(shop, FROM_HERE)
    assert file_in(second) == outline_in(first)
    assert outline_in(second) is None
    assert len(first) < len(asked(shop)) - 6000


@pytest.mark.parametrize(
    ("lines", "is_file"),
    [
        ([("Sec-Fetch-Site", "cross-site")], False),
        ([("Sec-Fetch-Site", "same-site")], False),
        ([FROM_HERE, ("Cache-Control", "max-age=0")], False),
        ([FROM_HERE, ("Cache-Control", "no-cache"), ("Pragma", "no-cache")], False),
        ([FROM_HERE, ("Cache-Control", "max-stale=9")], True),
        ([], False),
    ],
)
def test_only_who_came_from_a_page_of_the_site_gets_the_file(
    shop: Holdback, lines: Lines, is_file: bool
) -> None:
    assert (file_in(asked(shop, *lines)) is not None) == is_file


def test_who_has_answered_gets_it_wherever_they_come_from(shop: Holdback) -> None:
    visitor = Visitor(shop)
    visitor.choose("reject-all")
    cookie = f"hb={visitor.signed}"
    assert file_in(asked(shop, ("Sec-Fetch-Site", "cross-site"), cookie=cookie))
    assert file_in(asked(shop, cookie=cookie)) is None
    frame = [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")]
    assert file_in(shop.fetch("/two", [*frame, ("Cookie", cookie)]).text)
    assert file_in(shop.fetch("/two", frame).text) is None


POLICIES = {
    "default-src 'self'": True,
    "script-src 'self' 'unsafe-inline'": True,
    "script-src 'unsafe-inline'": True,
    "script-src 'nonce-abc'": True,
    "script-src 'nonce-abc' 'strict-dynamic'": True,
    "script-src 'self' 'strict-dynamic' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='": False,
    "img-src 'self'": True,
    "script-src 'nonce-abc'; connect-src 'none'": True,
}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_sites_own_policy_is_obeyed(shop: Holdback, origin: Origin, policy: str) -> None:
    origin.pages["/policy"] = Reply(page_of().body, lines=[HTML, ("Content-Security-Policy", policy)])
    page = asked(shop, FROM_HERE, path="/policy")
    assert (file_in(page) is not None) == POLICIES[policy]
    if "nonce" in policy:
        found = FILE.search(page)
        assert found is not None
        assert found[3] == ' nonce="abc"'
        assert '<script nonce="abc">' in page
    else:
        assert file_in(page) or outline_in(page)
    first = asked(shop, ("Sec-Fetch-Site", "none"), path="/policy")
    assert outline_in(first)


@pytest.mark.parametrize(
    "line",
    [
        ("Permissions-Policy", "geolocation=(), sync-xhr=()"),
        ("Feature-Policy", "sync-xhr 'none'"),
        ("Content-Security-Policy", "sandbox allow-scripts"),
    ],
)
def test_a_page_that_must_not_wait_for_an_answer_has_the_guard_whole(
    shop: Holdback, origin: Origin, line: tuple[str, str]
) -> None:
    origin.pages["/policy"] = Reply(page_of().body, lines=[HTML, line])
    first = asked(shop, ("Sec-Fetch-Site", "none"), path="/policy")
    assert (file_in(first), outline_in(first)) == (None, None)


def test_a_page_with_a_policy_in_its_markup_has_the_guard_whole(shop: Holdback, origin: Origin) -> None:
    meta = b"<html><head><meta HTTP-EQUIV=Content-Security-Policy content=\"script-src 'self'\">"
    origin.pages["/policy"] = Reply(meta + page_of().body, lines=[HTML])
    first = asked(shop, ("Sec-Fetch-Site", "none"), path="/policy")
    assert (file_in(first), outline_in(first)) == (None, None)


def test_what_a_form_is_answered_with_has_it_inside(shop: Holdback) -> None:
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    answer = shop.fetch("/two", [*VISIT, FROM_HERE, kind], method="POST", body=b"a=1")
    assert file_in(answer.text) is None


def test_the_file_may_be_kept_for_ever(shop: Holdback) -> None:
    path = file_in(asked(shop, FROM_HERE))
    assert path is not None
    got = shop.fetch(path, [("Accept-Encoding", "gzip")])
    assert (got.status, got.get("content-type")) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in got.get("cache-control")
    assert gzip.decompress(got.body).startswith(
        b"(globalThis.document?.currentScript?.hb??function HOLDBACK("
    )


def test_a_name_that_is_another_choices_is_kept_by_nobody(shop: Holdback) -> None:
    path = file_in(asked(shop, FROM_HERE))
    assert path is not None
    visitor = Visitor(shop)
    visitor.choose("accept-all")
    theirs = visitor.get(path)
    assert "no-cache" in theirs.get("cache-control")
    assert theirs.body != shop.fetch(path).body


def test_a_later_page_carries_little(shop: Holdback) -> None:
    plain = len(gzip.compress(page_of("/three").body, 6))
    assert len(gzip.compress(asked(shop, FROM_HERE).encode(), 6)) - plain < 3000


# -- in a browser -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"tracker.test": "127.0.0.1"}) as running:
        yield running


def resources(page: Page) -> list[dict[str, Any]]:
    """The guard files that the page asked for."""
    entries = page.evaluate("performance.getEntriesByType('resource').map(e => e.toJSON())")
    return [entry for entry in entries if "/_hb/guard-" in entry["name"]]


def is_held(page: Page) -> bool:
    """Whether the page's script ran, and what it wanted of the tracker is held."""
    page.wait_for_function("window.seen !== undefined")
    names = {cookie["name"] for cookie in page.context.cookies()}
    return "own" in names and "acme_id" not in names and page.evaluate("window.late") is None


@pytest.mark.browser
def test_the_second_page_takes_it_from_the_cache(shop: Holdback, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/")
    assert is_held(page)
    until(lambda: resources(page), "the file is fetched")
    page.click("#two")
    page.wait_for_url("**/two")
    assert is_held(page)
    [file] = resources(page)
    assert file["transferSize"] == 0
    assert page.locator("script[data-here], script[src*=guard]").count() == 0
    page.reload()
    assert is_held(page)
    until(lambda: resources(page), "a reload has it inside, and fetches the file")


VOUCHED = "trustedTypes.createPolicy('own', {createScriptURL: (url) => url}).createScriptURL('http://tracker.test/late.js')"
META = b'<meta http-equiv="Content-Security-Policy" content="%s">'


@pytest.mark.browser
@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'sha256-HASH'",
        "script-src 'sha256-HASH' 'strict-dynamic'; connect-src 'none'",
        "script-src 'nonce-abc' 'strict-dynamic'; connect-src 'none'",
        "script-src 'unsafe-inline'; connect-src https:",
        "script-src 'sha256-HASH'; require-trusted-types-for 'script'; trusted-types own",
    ],
)
@pytest.mark.parametrize("where", ["header", "markup"])
def test_the_first_page_holds_under_every_policy(
    shop: Holdback, origin: Origin, context: BrowserContext, policy: str, where: str
) -> None:
    script = SCRIPT
    if "trusted-types" in policy:
        script = script.replace(b"'http://tracker.test/late.js'", VOUCHED.encode())
    code = script.removeprefix(b"<script>").removesuffix(b"</script>")
    policy = policy.replace("HASH", b64encode(sha256(code).digest()).decode())
    script = script.replace(b"<script>", b'<script nonce="abc">') if "nonce" in policy else script
    in_markup = META % policy.encode() if where == "markup" else b""
    lines = [("Content-Security-Policy", policy)] if where == "header" else []
    body = b"<!doctype html><html><head>" + in_markup + script
    origin.pages["/policy"] = Reply(body, lines=[HTML, *lines])
    page = context.new_page()
    reached: list[str] = []
    page.on("request", lambda request: reached.append(request.url) if "tracker" in request.url else None)
    page.goto(f"{shop.url}/policy")
    assert is_held(page)
    assert not reached
    if where == "markup" and "connect-src" in policy:
        return  # nothing is fetched, as by any other script
    until(lambda: resources(page), "the file came when it was needed, or when the page was idle")
    page.wait_for_timeout(50)
    fetched = len(resources(page))
    page.evaluate("fetch('http://tracker.test/').catch(() => {})")
    page.wait_for_timeout(50)
    assert len(resources(page)) == fetched, "it ran, and nobody asks for it again"
    assert not reached


@pytest.mark.browser
def test_without_the_file_nothing_of_the_page_runs(shop: Holdback, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/")
    until(lambda: resources(page), "the file is fetched")
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setBlockedURLs", {"urls": ["*/_hb/guard-*"]})
    page.click("#two")
    page.wait_for_url("**/two")
    page.wait_for_function("performance.getEntriesByType('navigation')[0].type == 'reload'")
    assert is_held(page)


@pytest.mark.browser
def test_it_is_first_where_the_cache_was_emptied(shop: Holdback, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/")
    until(lambda: resources(page), "the file is fetched")
    context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.click("#two")
    page.wait_for_url("**/two")
    assert is_held(page)
    [file] = resources(page)
    assert file["transferSize"] > 0


@pytest.mark.browser
def test_after_a_choice_the_next_page_has_its_own(shop: Holdback, context: BrowserContext) -> None:
    with collector() as tracker:
        page = context.new_page()
        page.route("http://tracker.test/**", lambda route: route.fulfill(body="window.late = 1"))
        page.goto(f"{shop.url}/")
        choose(page, "accept-all")
        until(lambda: page.evaluate("window.late"), "the tracker's script runs")
        until(lambda: len({file["name"] for file in resources(page)}) == 2, "the other file is fetched too")
        page.click("#two")
        page.wait_for_url("**/two")
        assert "acme_id=1" in page.evaluate("window.seen")
        assert not tracker.requests


@pytest.mark.browser
def test_a_base_sends_nothing_of_ours_elsewhere(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    base = b'<head><base href="http://elsewhere.test/">'
    for path in ("/based", "/based/two"):
        body = page_of(f"{shop.url}/based/two").body.replace(b"<head>", base)
        origin.pages[path] = Reply(body.replace(b'id="http', b'id="next" title="http'), lines=[HTML])
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if "elsewhere" in request.url else None)
    page.goto(f"{shop.url}/based")
    until(lambda: resources(page), "the file is fetched")
    page.click("#next")
    page.wait_for_url("**/based/two")
    assert is_held(page)
    choose(page, "accept-all")
    until(lambda: len(resources(page)) == 2, "the choice is taken, and the other file fetched")
    assert not elsewhere


@pytest.mark.browser
def test_without_javascript_the_notice_is_there(shop: Holdback, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shop.url}/")
    page.click("#two")
    page.wait_for_url("**/two")
    with page.expect_navigation():
        choose(page, "reject-all")
    assert "hb" in {cookie["name"] for cookie in context.cookies()}
    context.close()


REPORTING = b"""<script>
const told = (what) => fetch('/told', {method: 'POST', body: JSON.stringify(what), keepalive: true});
const files = () => performance.getEntriesByType('resource').filter((e) => e.name.includes('/_hb/guard-')).length;
const how = () => performance.getEntriesByType('navigation')[0].type;
addEventListener('load', () => setTimeout(async () => {
  await told({path: location.pathname, how: how(), files: files(), seen: window.seen});
  if (location.pathname == '/fox') location.href = '/den';
  else if (how() != 'reload') location.reload();
}, 1500));
</script>"""


@pytest.mark.browser
def test_firefox_does_the_same(shop: Holdback, origin: Origin, tmp_path: Path) -> None:
    for path in ("/fox", "/den"):
        origin.pages[path] = page_of(more=REPORTING)
    origin.recorder.requests.clear()

    def told() -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in origin.recorder.received("/told")]

    with collector() as tracker, showing([f"{shop.url}/fox"], tmp_path / "profile", tracker.port):
        until(lambda: len(told()) == 3, "Firefox has seen three pages", 60)
    assert [(one["path"], one["how"]) for one in told()] == [
        ("/fox", "navigate"),
        ("/den", "navigate"),
        ("/den", "reload"),
    ]
    assert not [request for request in tracker.requests if "late.js" in request.target]
    # A page may need at once what is on its way already.
    assert all(one["files"] in (1, 2) for one in told())
    assert told()[1]["files"] == 1
