"""What scripts ask for turns up in the owner's inventory, and nothing about the visitor."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import chromium
from tests.support.holdback_process import Holdback, serving
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><html><head><title>Shop</title></head><body>
<a id="away" href="http://linked.test/">a link</a>
<script>
fetch('http://unknown.test/api?user=17').catch(() => {});
new Image().src = 'http://pixel.test/p.gif?secret=1';
document.head.append(Object.assign(document.createElement('script'), {src: 'https://static.hotjar.com/c/hotjar-1.js'}));
navigator.sendBeacon('/own/beacon', 'x');
document.body.insertAdjacentHTML('beforeend', '<a href="http://quoted.test/">no call</a>');
</script></body></html>"""


@pytest.fixture(scope="module")
def shop(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    origin.pages["/"] = Reply(PAGE, lines=[HTML])
    nothing = {"HOLDBACK_SITE__USES": "[]"}
    with serving(origin.url, tmp_path_factory.mktemp("reports") / "data", env=nothing) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium({"*.test": "127.0.0.1:9"}) as running:
        yield running


def facts(shop: Holdback) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shop.command("site", "--json").stdout.splitlines()]


def hosts(shop: Holdback) -> dict[str, tuple[str | None, list[str]]]:
    return {fact["name"]: (fact["service"], fact["how"]) for fact in facts(shop) if fact["kind"] == "host"}


def until_it_can_report(page: Page) -> None:
    """A report is the work of the guard's rest, which a first page fetches once it has nothing else to do."""
    page.wait_for_function(
        "performance.getEntriesByType('resource').some(({ name }) => name.includes('/_hb/guard-'))"
    )


def test_unknown_hosts_are_shown_and_known_ones_are_listed(
    shop: Holdback, browser: Browser, data: Path
) -> None:
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    until(lambda: len(hosts(shop)) >= 3, "what the scripts asked for is in the inventory", 20)
    assert hosts(shop) == {
        "unknown.test": (None, ["reported"]),
        "pixel.test": (None, ["reported"]),
        "static.hotjar.com": ("hotjar", ["call"]),
    }
    assert "Hotjar" in shop.fetch("/_hb/choices").text
    page.close()
    with closing(sqlite3.connect(shop.data / "log.db")) as log:
        kept = " ".join(str(row) for row in log.execute("SELECT * FROM seen"))
    assert "user=17" not in kept
    assert "secret" not in kept
    assert "127.0.0" not in kept


def test_what_scripts_keep_is_shown_by_name(shop: Holdback, browser: Browser) -> None:
    """Known or not, and held or not; what is only read or taken away is not kept."""
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.evaluate(
        """async () => {
            localStorage.setItem('theme', 'secret-value');
            sessionStorage.draft = 'secret-value';
            localStorage.setItem('_hjSessionUser_12345', '1');
            localStorage.getItem('only-read');
            localStorage.removeItem('only-removed');
            await new Promise((done) => { indexedDB.open('shop-db').onsuccess = done; });
            await caches.open('shop-cache');
            document.cookie = 'basket=secret-value; max-age=7200; path=/';
            document.cookie = 'gone=; max-age=0; path=/';
            document.cookie = '_ga=secret-value; max-age=63072000; path=/';
            await cookieStore.set({ name: 'stored', value: 'secret-value', expires: Date.now() + 3600000 });
        }"""
    )
    page.goto(f"{shop.url}/_hb/healthz")
    page.close()

    def kept() -> dict[tuple[str, str], tuple[str | None, list[str], int | None]]:
        return {
            (fact["kind"], fact["name"]): (fact["service"], fact["how"], fact.get("seconds"))
            for fact in facts(shop)
            if fact["kind"] in ("storage", "cookie")
        }

    until(lambda: ("cookie", "basket") in kept(), "what the scripts keep is in the inventory", 20)
    found = kept()
    stored = found.pop(("cookie", "stored"))
    assert (stored[:2], 3500 < (stored[2] or 0) <= 3600) == ((None, ["reported"]), True)
    assert found == {
        ("storage", "theme"): (None, ["reported"], None),
        ("storage", "draft"): (None, ["reported"], None),
        ("storage", "_hjSessionUser_*"): ("hotjar", ["call"], None),
        ("storage", "shop-db"): (None, ["reported"], None),
        ("storage", "shop-cache"): (None, ["reported"], None),
        ("cookie", "basket"): (None, ["reported"], 7200),
        ("cookie", "_ga"): ("google-analytics", ["call"], 63072000),
    }
    with closing(sqlite3.connect(shop.data / "log.db")) as log:
        assert "secret-value" not in " ".join(str(row) for row in log.execute("SELECT * FROM seen"))


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("Worker", "blob"),
        ("Worker", "file"),
        ("SharedWorker", "blob"),
        ("SharedWorker", "file"),
        ("ServiceWorker", "file"),
    ],
)
def test_what_workers_ask_for_and_keep_is_told_by_a_page(
    shop: Holdback, browser: Browser, origin: Origin, kind: str, source: str
) -> None:
    name = f"{kind}-{source}".lower()
    code = f"""
        fetch('http://{name}.test/api?secret=1').catch(() => {{}});
        caches.open('{name}-cache');
        try {{ importScripts('https://static.hotjar.com/c/hotjar-1.js'); }} catch {{}}
    """
    origin.pages[f"/{name}.js"] = Reply(code.encode(), lines=[("Content-Type", "text/javascript")])
    address = f"'/{name}.js'" if source == "file" else f"URL.createObjectURL(new Blob([{json.dumps(code)}]))"
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.evaluate(
        """() => {
            [window.told, window.channel] = [[], new BroadcastChannel('hb')];
            channel.onmessage = ({ data }) => told.push(...data);
        }"""
    )
    if kind == "ServiceWorker":
        page.evaluate(f"async () => void (await navigator.serviceWorker.register({address}))")
    else:
        page.evaluate(f"() => void (window.kept = new {kind}({address}))")
    # The guard began to listen before the test did, so what the test has heard the guard has heard.
    names = [f"{name}.test", f"storage:{name}-cache"]
    page.wait_for_function("(names) => names.every((name) => told.includes(name))", arg=names)
    until_it_can_report(page)
    page.goto(f"{shop.url}/_hb/healthz")
    page.close()

    def cached() -> set[str]:
        return {fact["name"] for fact in facts(shop) if fact["kind"] == "storage"}

    until(lambda: f"{name}.test" in hosts(shop), "what the worker asked for is in the inventory", 20)
    assert hosts(shop)[f"{name}.test"] == (None, ["reported"])
    until(lambda: f"{name}-cache" in cached(), "and what it keeps", 20)


def test_what_a_script_says_on_the_workers_channel_leaves_the_report_as_it_is(
    shop: Holdback, browser: Browser
) -> None:
    """It is the page's own doing: names are taken like others, within the limits, and all else is passed over."""
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.evaluate(
        """() => {
            const channel = new BroadcastChannel('hb');
            for (const odd of ['a beat', {beat: 1}, [], [1, 2, 3], ['x', {}, {}], ['y', null, 0], [null, null, 'z']])
                channel.postMessage(odd);
            for (let n = 0; n < 300; n++) channel.postMessage([`host${n}.test`, '', 'no such room']);
            fetch('http://after-all.test/').catch(() => {});
        }"""
    )
    until_it_can_report(page)
    page.goto(f"{shop.url}/_hb/healthz")
    until(lambda: "after-all.test" in hosts(shop), "the report arrives", 20)
    assert not [name for name in hosts(shop) if name.startswith("host")]
    page.close()


def test_what_is_asked_for_late_is_told_when_the_page_is_left(shop: Holdback, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{shop.url}/")
    page.wait_for_timeout(4000)
    page.evaluate("fetch('http://late.test/').catch(() => {})")
    page.goto(f"{shop.url}/_hb/healthz")
    until(lambda: "late.test" in hosts(shop), "the last report arrives", 20)
    page.close()
