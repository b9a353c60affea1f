"""Headers by which a browser would talk to a tracker, from a site's bytes to the visitor's."""

from collections.abc import Iterator

import pytest

from tests.support.holdback_process import Holdback, serving
from tests.support.raw_site import OK, RawSite, answering, raw_site

SERVICE = """
[[service]]
name = "Acme Metrics"
purpose = "analytics"
hosts = ["tracker.test"]
"""
T = "https://tracker.test"


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with raw_site(answering(OK)) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: RawSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    with serving(site.url, tmp_path_factory.mktemp("out") / "data", config=SERVICE) as running:
        yield running


def answered(site: RawSite, *lines: str, status: str = "200 OK", before: str = "") -> None:
    body = b"<!doctype html><title>x</title>"
    head = "\r\n".join(
        [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: text/html", *lines]
    )
    site.play(answering(before.encode() + head.encode() + b"\r\n\r\n" + body))


LINES = {
    "link": f"Link: <{T}/a.js>; rel=preload; as=script",
    "a link's pictures": f'Link: </x>; rel=preload; as=image; imagesrcset="{T}/p 1x"',
    "refresh": f"Refresh: 3; url={T}/",
    "speculation rules": f'Speculation-Rules: "{T}/rules.json"',
    "reporting endpoints": f'Reporting-Endpoints: a="{T}/r"',
    "report to": f'Report-To: {{"group":"a","max_age":9,"endpoints":[{{"url":"{T}/r"}}]}}',
    "source map": f"SourceMap: {T}/x.map",
    "old source map": f"X-SourceMap: {T}/x.map",
    "attribution source": f'Attribution-Reporting-Register-Source: {{"destination":"{T}"}}',
    "attribution trigger": f'Attribution-Reporting-Register-Trigger: {{"x":"{T}"}}',
    "client hints": f'Permissions-Policy: ch-ua-model=(self "{T}")',
    "old client hints": f"Feature-Policy: ch-ua-model {T}",
    "policy": f"Content-Security-Policy: img-src *; report-uri {T}/csp",
    "policy that only reports": f"Content-Security-Policy-Report-Only: img-src 'self'; report-uri {T}/csp",
    "another server": 'Alt-Svc: h3="tracker.test:443"',
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("dest", ["document", "image"])
def test_no_header_names_a_held_host(proxy: Holdback, site: RawSite, line: str, dest: str) -> None:
    answered(site, line, "X-Else: kept")
    answer = proxy.fetch("/", [("Sec-Fetch-Dest", dest)])
    assert answer.status == 200
    assert answer.get("x-else") == "kept"
    assert not [pair for pair in answer.headers if "tracker.test" in pair[1]]


def test_errors_on_the_network_are_not_told_any_more(proxy: Holdback, site: RawSite) -> None:
    answered(site, LINES["report to"], 'NEL: {"report_to":"a","max_age":9}')
    assert proxy.fetch("/").get("nel") == '{"report_to":"default","max_age":0}'


def test_early_hints_are_not_passed_on(proxy: Holdback, site: RawSite) -> None:
    answered(site, before=f"HTTP/1.1 103 Early Hints\r\nLink: <{T}/a.js>; rel=preload; as=script\r\n\r\n")
    answer = proxy.fetch("/", [("Sec-Fetch-Dest", "document")])
    assert answer.status == 200
    assert answer.get("link") == ""


def test_a_bounce_is_cut_short_for_a_visitor(proxy: Holdback, site: RawSite) -> None:
    answered(site, f"Location: {T}/b?to=https%3A%2F%2Fshop.test%2Fnext", status="302 Found")
    answer = proxy.fetch("/out", [("Sec-Fetch-Dest", "document")])
    assert (answer.status, answer.get("location")) == (302, "https://shop.test/next")


def test_what_a_page_loads_is_not_sent_to_a_tracker(proxy: Holdback, site: RawSite) -> None:
    answered(site, f"Location: {T}/p.gif", "X-Else: kept", status="302 Found")
    answer = proxy.fetch("/p.gif", [("Sec-Fetch-Dest", "image")])
    assert (answer.status, answer.get("location"), answer.get("x-else"), answer.body) == (
        204,
        "",
        "kept",
        b"",
    )


def test_where_a_visitor_goes_to_stay_is_theirs(proxy: Holdback, site: RawSite) -> None:
    answered(site, f"Location: {T}/share?text=shoes", status="302 Found")
    answer = proxy.fetch("/share", [("Sec-Fetch-Dest", "document")])
    assert (answer.status, answer.get("location")) == (302, f"{T}/share?text=shoes")
