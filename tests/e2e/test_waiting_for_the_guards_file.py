"""The first page of a visit has an outline of what is known. What its scripts do waits for the guard's file, and the
page does not."""

import json
import re
import string
from collections.abc import Iterator

import pytest
from holdback.banner.guard.digests import brief
from playwright.sync_api import BrowserContext, Route

from tests.support.engines import choose
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply
from tests.support.services import ACME

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

VISIT = (
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Site", "none"),
    ("Accept", "text/html"),
)


@pytest.fixture(scope="module")
def shop(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    origin.pages["/"] = Reply(b"<!doctype html><p>x", lines=[HTML])
    with serving(origin.url, tmp_path_factory.mktemp("waiting") / "data", config=ACME) as running:
        yield running


def doubted(shop: Holdback, what: str, pattern: str) -> str:
    """A name like *pattern* that nobody holds, and that the outline may take for one of its ``hosts`` or ``names``."""
    found = re.search(r'"outline":(\{.*?\})', shop.fetch("/", VISIT).text)
    assert found
    outlined = in_outline(json.loads(found[1])[what])
    return next(name for name in map(pattern.format, range(100_000)) if brief(name) in outlined)


def in_outline(text: str) -> set[int]:
    """The brief digests that an outline has, as ``digests.py`` says."""
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    low, *sixes = map(letters.index, text)
    bits = "".join(f"{six:06b}" for six in sixes)
    found, last = set(), -1
    for ones, left in re.findall(f"(1*)0([01]{{{low}}})", bits):
        last += (len(ones) << low) + int(left, 2) + 1
        found.add(last)
    return found


def test_a_page_without_trackers_does_not_wait_for_the_file(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    own = b"""<script>document.cookie = 'own=1'; localStorage.own = 1; fetch('/own');
    document.body.innerHTML += '<img src="/own.png">'; document.body.append(document.createElement('p'));
    const names = performance.getEntriesByType('resource').map(({name}) => name);
    window.seen = names.filter((name) => name.includes('guard-')).length</script>"""
    origin.pages["/own-only"] = Reply(b"<!doctype html><body>" + own, lines=[HTML])
    page = context.new_page()
    page.goto(f"{shop.url}/own-only")
    assert page.evaluate("window.seen") == 0
    asked = "performance.getEntriesByType('resource').filter(({name}) => name.includes('guard-')).length"
    until(lambda: page.evaluate(asked), "the file is fetched when the page is idle")


def test_cookies_and_scripts_from_before_are_told_apart_without_the_file(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    own = b"""<script src="http://tracker.test/t.js"></script><script>
    window.seen = [document.cookie, [...document.scripts].map((one) => one.src).join(' ')];
    const names = performance.getEntriesByType('resource').map(({name}) => name);
    window.asked = names.filter((name) => name.includes('guard-')).length</script>"""
    origin.pages["/before"] = Reply(b"<!doctype html><body>" + own, lines=[HTML])
    context.add_cookies(
        [{"name": name, "value": "1", "url": shop.url} for name in ("acme_id", "_ga", "cart", "hb-later")]
    )
    page = context.new_page()
    page.goto(f"{shop.url}/before")
    cookies, scripts = page.evaluate("window.seen")
    assert cookies == "cart=1; hb-later=1"
    assert "http://tracker.test/t.js" in scripts
    assert page.evaluate("window.asked") == 0


BUNDLED = b"""<script>
document.cookie = 'acme_id=1; path=/'; document.cookie = 'NAME=1; path=/';
localStorage._hjid = 1; localStorage.NAME = 1;
sessionStorage.setItem('_hjid', 1);
window.answers = [];
const call = fetch('http://tracker.test/collect', {method: 'POST', body: 'x'});
call.then((it) => it.json()).then((it) => answers.push(it.status));
window.beacon = navigator.sendBeacon('http://tracker.test/beacon', 'y');
fetch('/acme/collect', {method: 'POST', body: 'z'});
navigator.sendBeacon('/acme/beacon', 'z');
document.head.append(Object.assign(document.createElement('script'), {src: 'http://tracker.test/lib.js'}));
const asked = new XMLHttpRequest();
asked.open('POST', 'http://tracker.test/asked');
asked.setRequestHeader('x-key', 'k');
asked.onload = () => answers.push(JSON.parse(asked.responseText).status);
asked.send('q');
const names = performance.getEntriesByType('resource').map(({name}) => name);
window.waited = names.filter((name) => name.includes('guard-')).length;
window.read = [document.cookie, localStorage._hjid, localStorage.getItem('NAME'), sessionStorage.getItem('_hjid')];
</script>"""


def test_what_a_bundle_does_at_once_waits_for_the_file_and_not_the_page(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    """Its name is one that only the outline may take for a tracker's, by chance: it counts once all is known."""
    chosen = doubted(shop, "names", "own{}")
    body = b"<!doctype html><body>" + BUNDLED.replace(b"NAME", chosen.encode())
    origin.pages["/bundled"] = Reply(body, lines=[HTML])
    page = context.new_page()
    reached: list[str] = []
    page.route(
        re.compile("http://tracker.test/|/acme/"),
        lambda route: (reached.append(route.request.url), route.fulfill(body="{}"))[1],
    )
    page.goto(f"{shop.url}/bundled")
    assert page.evaluate("window.waited") == 0
    assert page.evaluate("window.beacon") is True
    cookie, *kept = page.evaluate("window.read")
    assert sorted(cookie.split("; ")) == sorted(["acme_id=1", f"{chosen}=1"])
    assert kept == ["1", "1", "1"]
    until(lambda: page.wait_for_timeout(20) or page.evaluate("answers.length") == 2, "the vendor's thanks")
    until(lambda: chosen in {cookie["name"] for cookie in context.cookies()}, "what is free counts")
    stored = context.storage_state()["origins"][0]["localStorage"]
    assert [item["name"] for item in stored] == [chosen]
    assert "acme_id" not in {cookie["name"] for cookie in context.cookies()}
    assert reached == []
    choose(page, "accept-all")
    until(lambda: page.wait_for_timeout(20) or len(reached) == 6, "all is sent")
    assert "acme_id" in {cookie["name"] for cookie in context.cookies()}


def test_a_page_reads_what_it_wrote_though_only_the_outline_doubts_it(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    chosen = doubted(shop, "names", "own{}")
    script = b"<script>localStorage.setItem('K', 'new');"
    script += b"window.seen = [localStorage.getItem('K'), localStorage.K]</script>"
    body = b"<!doctype html><body>" + script.replace(b"K", chosen.encode())
    origin.pages["/reads"] = Reply(body, lines=[HTML])
    page = context.new_page()
    page.goto(f"{shop.url}/reads")
    assert page.evaluate("window.seen") == ["new", "new"]
    page.evaluate(f"localStorage.setItem('{chosen}', 'old')")
    page.reload()
    assert page.evaluate("window.seen") == ["new", "new"]


ADDED = b"""<script>
const added = (src, more) => {
  const script = Object.assign(document.createElement('script'), more);
  script.src = src;
  document.head.append(script);
  return script.src;
};
window.order = [];
window.read = added('http://HOST/lib.js', {id: 'lib', text: 'order.push(0)'});
const names = performance.getEntriesByType('resource').map(({name}) => name);
window.waited = names.filter((name) => name.includes('guard-')).length;
added('http://HOST/first.js', {async: false});
added('/second.js', {async: false});
</script>"""


def test_a_script_that_only_the_outline_doubts_comes_without_the_page_waiting(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    """One that keeps its place among others comes in its turn."""
    host = doubted(shop, "hosts", "own{}.test")
    body = b"<!doctype html><head>" + ADDED.replace(b"HOST", host.encode())
    origin.pages["/adding"] = Reply(body, lines=[HTML])
    page = context.new_page()
    page.route(
        re.compile("(lib|first|second)[.]js"),
        lambda route: route.fulfill(
            body=f"order.push('{route.request.url.rpartition('/')[2]}')", content_type="text/javascript"
        ),
    )
    page.goto(f"{shop.url}/adding")
    assert page.evaluate("window.waited") == 0
    assert page.evaluate("window.read") == f"http://{host}/lib.js"
    until(lambda: page.wait_for_timeout(20) or len(page.evaluate("order")) == 3, "all three have run")
    assert [name for name in page.evaluate("order") if name != "lib.js"] == ["first.js", "second.js"]
    assert page.evaluate("document.querySelector('#lib').getAttributeNames()") == ["id", "src"]


CALLED = b"""<script>
window.seen = [];
const called = (path) => {
  const call = new XMLHttpRequest();
  call.open('POST', 'http://HOST/' + path);
  call.setRequestHeader('x-key', 'k');
  const ends = (name) => call.addEventListener(name, () => seen.push([path, name, call.responseText]));
  ['load', 'error', 'abort'].forEach(ends);
  call.send(path);
  return call;
};
called('first');
called('left').abort();
const twice = called('again');
twice.open('POST', 'http://HOST/twice');
twice.send('twice');
const names = performance.getEntriesByType('resource').map(({name}) => name);
window.waited = names.filter((name) => name.includes('guard-')).length;
</script>"""


def test_a_request_that_only_the_outline_doubts_is_sent_once_that_is_known(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    host = doubted(shop, "hosts", "own{}.test")
    origin.pages["/calling"] = Reply(
        b"<!doctype html><head>" + CALLED.replace(b"HOST", host.encode()), lines=[HTML]
    )
    page = context.new_page()
    reached: list[tuple[str, str]] = []

    def answer(route: Route) -> None:
        reached.append((route.request.method, route.request.url.rpartition("/")[2]))
        allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "x-key"}
        route.fulfill(body="thanks", headers=allowed)

    page.route(f"http://{host}/**", answer)
    page.goto(f"{shop.url}/calling")
    assert page.evaluate("window.waited") == 0
    until(lambda: page.wait_for_timeout(20) or len(page.evaluate("seen")) == 2, "both have an answer")
    assert sorted(page.evaluate("seen")) == [["again", "load", "thanks"], ["first", "load", "thanks"]]
    assert sorted(name for method, name in reached if method == "POST") == ["first", "twice"]


def test_a_request_that_nobody_could_judge_fails(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    origin.pages["/failing"] = Reply(
        b"<!doctype html><head>" + CALLED.replace(b"HOST", b"tracker.test"), lines=[HTML]
    )
    page = context.new_page()
    page.route("**/_hb/guard-*", lambda route: route.abort())
    page.route("http://tracker.test/**", lambda route: route.fulfill(body="thanks"))
    page.goto(f"{shop.url}/failing")
    until(lambda: page.wait_for_timeout(20) or len(page.evaluate("seen")) == 2, "both have failed")
    assert sorted(page.evaluate("seen")) == [["again", "error", ""], ["first", "error", ""]]


def test_a_script_that_nobody_could_judge_comes_with_the_choice(
    shop: Holdback, origin: Origin, context: BrowserContext
) -> None:
    """The guard's file could not be had, and can be later."""
    script = b"<script>const one = document.createElement('script'); one.src = 'http://tracker.test/late.js';"
    body = b"<!doctype html><head>" + script + b"document.head.append(one)</script></head><body>x"
    origin.pages["/unjudged"] = Reply(body, lines=[HTML])
    page = context.new_page()
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.abort()

    page.route("**/_hb/guard-*", refuse)
    page.route("http://tracker.test/**", lambda route: route.fulfill(body="window.late = 1"))
    page.goto(f"{shop.url}/unjudged")
    until(lambda: page.wait_for_timeout(20) or refused, "the file is asked for")
    page.wait_for_timeout(300)
    assert page.evaluate("[one.getAttribute('src'), one.src, window.late]") == [
        None,
        "http://tracker.test/late.js",
        None,
    ]
    page.unroute("**/_hb/guard-*")
    choose(page, "accept-all")
    until(lambda: page.wait_for_timeout(20) or page.evaluate("window.late") == 1, "the script")
