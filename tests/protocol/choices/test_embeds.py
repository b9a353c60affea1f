"""What stands in the place of a held video or map."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.desk import Counter, counter
from tests.support.visitor import Form, forms

VIDEO = "https://www.youtube.com/embed/x?a=1&b=<2>"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


async def placeholder(browser: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await browser.get("/_hb/embed", params={"url": VIDEO}, headers=headers)


def form_of(answer: httpx.Response) -> Form:
    [form] = forms(answer.text)
    return form


async def test_it_names_the_service_and_offers_both_ways(desk: Counter) -> None:
    async with desk.browser() as browser:
        answer = await placeholder(browser)
    assert answer.status_code == 200
    assert "<h1>YouTube</h1>" in answer.text
    assert 'href="https://www.youtube.com/embed/x?a=1&amp;b=&lt;2&gt;"' in answer.text
    assert form_of(answer).action == "/_hb/choice"
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.test/",
        "https://www.google-analytics.com/collect",
        "javascript:alert(1)//www.youtube.com",
        "//www.youtube.com/embed/x",
        "https://www.youtube.com.evil.test/embed/x",
        "https://www.youtube.com@evil.test/",
    ],
)
async def test_nothing_else_is_linked_to(desk: Counter, url: str) -> None:
    async with desk.browser() as browser:
        answer = await browser.get("/_hb/embed", params={"url": url})
    assert answer.status_code == 404


async def test_strictly_nothing_loads_once(tmp_path: Path) -> None:
    with counter(tmp_path, strict=True) as desk:
        async with desk.browser() as browser:
            answer = await placeholder(browser)
    assert "Load once" not in answer.text
    assert form_of(answer).buttons == ["save"]


@pytest.mark.parametrize("before", [{}, {"purpose": ["analytics"]}, {"service": ["acme-metrics", "vimeo"]}])
async def test_always_allows_this_service_and_leaves_the_rest_as_it_was(
    desk: Counter, before: dict[str, list[str]]
) -> None:
    async with desk.browser() as browser:
        await browser.post("/_hb/choice", data=desk.form("save", **before))
        was = (await browser.get("/_hb/choices", headers={"accept": "application/json"})).json()
        answer = await placeholder(browser, referer="http://shop.test/shoes?size=40")
        form = form_of(answer)
        fields: dict[str, list[str]] = {"action": ["save"]}
        hidden = [line.split('"') for line in answer.text.split("<input ")[1:]]
        for parts in hidden:
            fields.setdefault(parts[3], []).append(parts[5])
        taken = await browser.post("/_hb/choice", data=fields)
        now = (await browser.get("/_hb/choices", headers={"accept": "application/json"})).json()
    assert form.hidden["return"] == "/shoes?size=40"
    assert (taken.status_code, taken.headers["location"]) == (303, "/shoes?size=40")
    assert set(now["released"]) == {*was["released"], "youtube"}
    assert now["state"]["purposes"] == was["state"]["purposes"]


async def test_what_the_notice_does_not_list_is_allowed_in_its_place(tmp_path: Path) -> None:
    """A video may stand on a page that nobody has seen yet: its own frame asks about it."""
    with counter(tmp_path, used=["acme-metrics"]) as desk:
        async with desk.browser() as browser:
            answer = await placeholder(browser)
            hidden = [line.split('"') for line in answer.text.split("<input ")[1:]]
            fields = {"action": "save", **{parts[3]: parts[5] for parts in hidden}}
            await browser.post("/_hb/choice", data=fields)
            now = (await browser.get("/_hb/choices", headers={"accept": "application/json"})).json()
            choice = desk.signer.read(browser.cookies["hb"], "shop.test")
        assert now["released"] == ["youtube"]
        assert choice is not None
        [record] = await desk.store.ledger.records_of(choice.id)
        assert record.services == {"acme-metrics": False, "youtube": True}


async def test_a_page_elsewhere_is_nowhere_to_return_to(desk: Counter) -> None:
    async with desk.browser() as browser:
        answer = await placeholder(browser, referer="http://evil.test/trap")
    assert form_of(answer).hidden["return"] == "/"
