"""Only the visitor may make a choice, from a page of this very host. And every ordinary visitor may."""

from collections.abc import Iterator

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.http_client import Lines
from tests.support.origin import Origin
from tests.support.visitor import Visitor, choice_form

HOST = "shop.test"

ACCEPTED: dict[str, Lines] = {
    "plain HTTP, no Sec-Fetch header and no Origin": [],
    "plain HTTP, no Sec-Fetch header": [("Origin", "http://shop.test")],
    "a page without referrer": [("Origin", "null")],
    "a page without referrer, a new browser": [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
    "a new browser": [("Origin", "http://shop.test"), ("Sec-Fetch-Site", "same-origin")],
}
REFUSED: dict[str, Lines] = {
    "another site": [("Origin", "http://evil.test")],
    "another site, a new browser": [("Origin", "http://evil.test"), ("Sec-Fetch-Site", "cross-site")],
    "another site that hides its origin": [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
    "a sibling of the host": [("Origin", "http://blog.shop.test"), ("Sec-Fetch-Site", "same-site")],
    "another port": [("Origin", "http://shop.test:81")],
    "a name that begins the same": [("Origin", "http://shop.test.evil.test")],
    "typed by hand": [("Sec-Fetch-Site", "none")],
}


@pytest.mark.parametrize("headers", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(proxy: Holdback, headers: Lines) -> None:
    visitor = Visitor(proxy, HOST)
    answer = visitor.choose("accept-all", page="/shoes?size=40", headers=headers)

    assert answer.status == 303
    assert answer.get("location") in ("/shoes?size=40", "http://shop.test/shoes?size=40")
    assert visitor.signed
    assert answer.get("cache-control") == "no-store" or "private" in answer.get("cache-control")


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_refused(proxy: Holdback, headers: Lines) -> None:
    visitor = Visitor(proxy, HOST)
    before = len(proxy.records())
    answer = visitor.choose("accept-all", headers=headers)

    assert answer.status == 403
    assert not visitor.signed
    assert len(proxy.records()) == before


@pytest.mark.parametrize("token", ["", "x", "x.y", "e30.AAAA"])
def test_without_a_token_the_question_comes_again(proxy: Holdback, token: str) -> None:
    visitor = Visitor(proxy, HOST)
    form = choice_form(visitor.get().text)
    form.hidden["token"] = token
    answer = visitor.send(form, "accept-all")

    assert not visitor.signed
    assert 200 <= answer.status < 500
    assert choice_form(answer.text).buttons


def test_a_token_of_another_host(proxy: Holdback) -> None:
    form = choice_form(Visitor(proxy, "other.test").get().text)
    visitor = Visitor(proxy, HOST)
    visitor.send(form, "accept-all")

    assert not visitor.signed


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test/",
        "http://evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
    ],
)
def test_a_choice_leads_nowhere_else(proxy: Holdback, path: str) -> None:
    visitor = Visitor(proxy, HOST)
    form = choice_form(visitor.get().text)
    form.hidden["return"] = path
    answer = visitor.send(form, "reject-all")

    assert "evil" not in answer.get("location").removeprefix("/").split("/")[0]
    assert answer.get("location") in ("", "/", "http://shop.test/")


@pytest.fixture(scope="module")
def behind_tls(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    config = 'trusted_hops = ["127.0.0.1/32"]\n'
    with serving(origin.url, tmp_path_factory.mktemp("tls") / "data", config=config) as running:
        yield running


def test_behind_tls_termination(behind_tls: Holdback, origin: Origin) -> None:
    forwarded = [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.7")]
    visitor = Visitor(behind_tls, HOST, headers=[("Accept", "text/html"), *forwarded])
    form = choice_form(visitor.get("/shoes").text)
    assert form.action == "https://shop.test/_hb/choice"

    answer = visitor.send(form, "accept-all", headers=[("Origin", "https://shop.test")])

    assert answer.status == 303
    assert {"__Host-hb"} == set(visitor.jar)
    [line] = [line for line in answer.all("set-cookie") if line.startswith("__Host-hb=")]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
    visitor.jar["_ga"] = "1"
    visitor.get("/shoes")
    assert origin.last.get("cookie") == "_ga=1"
    assert origin.last.get("x-forwarded-proto") == "https"


def test_nobody_is_trusted_unasked(proxy: Holdback, origin: Origin) -> None:
    forwarded = [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Host", "evil.test"),
    ]
    page = Visitor(proxy, HOST).get("/shoes", forwarded)

    assert choice_form(page.text).action == "http://shop.test/_hb/choice"
    assert origin.last.get("x-forwarded-proto") == "http"
    assert origin.last.get("x-forwarded-for") == "127.0.0.1"
    assert origin.last.get("x-forwarded-host") in ("", "shop.test")
