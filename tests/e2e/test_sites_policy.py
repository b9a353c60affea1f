"""Under the site's own Content-Security-Policy a choice is taken, the notice is styled, and nothing is reported."""

import pytest
from playwright.sync_api import BrowserContext

from tests.support.chromium import Console
from tests.support.engines import choose
from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, Origin
from tests.support.processes import until
from tests.support.recording import Reply

pytestmark = [pytest.mark.browser, pytest.mark.both_engines("long")]

PAGE = b"<!doctype html><html><head><title>x</title>%s</head><body><h1>Shop</h1><p>x</p></body></html>"
API = "connect-src https://api.example.test"
POLICIES = [
    f"default-src 'self'; {API}",
    "default-src 'none'",
    "default-src 'none'; form-action 'none'; base-uri 'none'",
    f"script-src 'nonce-abc' 'strict-dynamic'; style-src 'nonce-abc'; {API}; form-action https://pay.test",
    f"{API}, default-src 'self'; connect-src 'none'",
]
STANDS = "document.querySelector('h1').getBoundingClientRect().top < 60"
"""The notice takes no room of the page's: it has its style."""


def is_answered(context: BrowserContext) -> bool:
    return "hb" in {cookie["name"] for cookie in context.cookies()}


@pytest.mark.parametrize("name", ["Content-Security-Policy", "Content-Security-Policy-Report-Only"])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_choice_is_taken(
    proxy: Holdback, origin: Origin, context: BrowserContext, policy: str, name: str
) -> None:
    reporting = ", ".join(f"{one}; report-uri /reports" for one in policy.split(", "))
    origin.pages["/"] = Reply(PAGE % b"", lines=[HTML, (name, reporting)])
    origin.recorder.requests.clear()
    page = context.new_page()
    console = Console(page)
    page.goto(proxy.url)
    choose(page, "reject-all")
    until(lambda: is_answered(context), "the choice")
    page.reload()
    assert page.evaluate(STANDS)
    page.wait_for_timeout(300)
    about_us = [one for one in origin.recorder.received("/reports") if b"favicon" not in one.body]
    assert (console.errors, about_us) == ([], [])


@pytest.mark.parametrize("action", ["accept-all", "reject-all"])
@pytest.mark.parametrize(
    "policy",
    [*POLICIES, "default-src 'self'", f"style-src 'self'; {API}; form-action 'none'", "trusted-types x"],
)
def test_a_policy_in_the_markup(
    proxy: Holdback, origin: Origin, context: BrowserContext, policy: str, action: str
) -> None:
    meta = f'<meta charset=utf-8><META HTTP-EQUIV=content-security-policy content="{policy}">'.encode()
    origin.pages["/"] = Reply(PAGE % meta, lines=[HTML])
    page = context.new_page()
    console = Console(page)
    page.goto(proxy.url)
    choose(page, action)
    until(lambda: is_answered(context), "the choice")
    again = context.new_page()
    again.goto(proxy.url)
    assert again.evaluate(STANDS)
    page.wait_for_timeout(300)
    assert console.errors == []


def test_nothing_else_of_the_policy_changes(proxy: Holdback, origin: Origin) -> None:
    origin.pages["/"] = Reply(PAGE % b"", lines=[HTML, ("Content-Security-Policy", API)])
    sent = proxy.fetch("/", [("Accept", "text/html")]).get("content-security-policy")
    assert sent == f"{API} 127.0.0.1:{proxy.port}/_hb/"
