"""At its first start ``serve`` reads the site, so that the first visitor is told what it uses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.origin import HTML, Origin, origin_running
from tests.support.recording import Reply
from tests.support.visitor import Visitor, choice_form

HOSTS = {
    "google-analytics": "www.google-analytics.com",
    "meta-pixel": "connect.facebook.net",
    "hotjar": "static.hotjar.com",
    "youtube": "www.youtube-nocookie.com",
}


@pytest.fixture
def shop() -> Iterator[Origin]:
    with origin_running() as running:
        yield running


def page(service: str = "", links: str = "", head: str = "") -> Reply:
    """A page that uses a service, and links elsewhere."""
    script = f'<script src="https://{HOSTS[service]}/x.js"></script>' if service else ""
    anchors = "".join(f'<a href="{link}">x</a>' for link in links.split())
    return Reply(f"<!doctype html><html><head>{head}{script}</head><body>{anchors}".encode(), lines=[HTML])


@contextmanager
def reading(shop: Origin, data: Path, **env: str) -> Iterator[Holdback]:
    given = {"HOLDBACK_SITE__USES": "[]", "HOLDBACK_SITE__READ_AT_START": "20", **env}
    with serving(shop.url, data, env=given) as running:
        yield running


def listed(shop: Holdback) -> list[str]:
    form = choice_form(Visitor(shop).get("/_hb/choices").text)
    return sorted(value for name, value, _ in form.boxes if name == "service")


def asked(shop: Origin) -> list[str]:
    """The paths that the site was asked for, each once, in order."""
    return list(dict.fromkeys(request.path for request in shop.recorder.requests))


def test_the_first_notice_lists_what_the_linked_pages_use(shop: Origin, tmp_path: Path) -> None:
    shop.pages |= {"/": page("google-analytics", "/about /blog/"), "/blog/": page("meta-pixel")}
    with reading(shop, tmp_path / "data") as proxy:
        assert listed(proxy) == ["google-analytics", "meta-pixel"]
        assert "Read 3 pages of the site, which uses Google Analytics, Meta Pixel." in proxy.process.output
        sent = shop.recorder.requests[-1]
        assert sent.get("user-agent").startswith("Holdback (reads a site once")
        assert sent.get("x-holdback-purposes") == ""


def test_it_is_read_once(shop: Origin, tmp_path: Path) -> None:
    shop.pages["/"] = page("google-analytics")
    with reading(shop, tmp_path / "data") as proxy:
        shop.recorder.requests.clear()
        proxy.restart()
        assert listed(proxy) == ["google-analytics"]
        assert asked(shop) == []


def test_nothing_is_touched_that_may_do_something(shop: Origin, tmp_path: Path) -> None:
    links = "/ok /logout /wp-login.php?action=logout /basket?add=1 /user/sign-out /a.pdf https://other.test/x /secret/x"
    shop.pages |= {
        "/": page(links=links, head='<a href="/nofollow" rel="nofollow">x</a>'),
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /secret/\n", lines=[("Content-Type", "text/plain")]),
    }
    with reading(shop, tmp_path / "data"):
        assert asked(shop) == ["/", "/robots.txt", "/ok"]


def test_no_more_pages_than_the_owner_wants_one_of_each_folder_first(shop: Origin, tmp_path: Path) -> None:
    shop.pages["/"] = page(links="/a/1 /a/2 /a/3 /b/1 /c")
    with reading(shop, tmp_path / "data", HOLDBACK_SITE__READ_AT_START="4"):
        assert asked(shop) == ["/", "/robots.txt", "/a/1", "/b/1", "/c", "/a/2"]


def test_a_site_that_wants_to_be_left_alone_is(shop: Origin, tmp_path: Path) -> None:
    shop.pages["/"] = page("google-analytics")
    shop.pages["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /\n", lines=[("Content-Type", "text/plain")])
    with reading(shop, tmp_path / "data") as proxy:
        assert "Read 0 pages" in proxy.process.output
        assert listed(proxy) == []


@pytest.mark.parametrize("by", ["redirect", "canonical"])
def test_a_site_is_read_under_the_name_that_it_gives_itself(shop: Origin, tmp_path: Path, by: str) -> None:
    named = "https://shop.example"
    front = page("hotjar", f"{named}/about /two", head=f'<link rel="canonical" href="{named}/">')
    if by == "redirect":
        shop.pages["/start"] = front
        shop.pages["/"] = Reply(b"", 302, [("Location", f"{named}/start")])
    else:
        shop.pages["/"] = front
    with reading(shop, tmp_path / "data") as proxy:
        last = shop.recorder.received("/two")[-1]
        assert (last.host, last.get("x-forwarded-proto")) == ("shop.example", "https")
        assert shop.recorder.received("/about")
        done = proxy.command("site", "--json")
        names = [json.loads(line)["name"] for line in done.stdout.splitlines()]
        assert names == ["static.hotjar.com"]


def test_a_site_that_is_not_there_yet_is_read_at_the_next_start(tmp_path: Path) -> None:
    with origin_running() as shop:
        port = shop.recorder.port
    shop.pages["/"] = page("youtube")
    with serving(
        f"http://127.0.0.1:{port}",
        tmp_path / "data",
        env={"HOLDBACK_SITE__USES": "[]", "HOLDBACK_SITE__READ_AT_START": "20"},
    ) as proxy:
        assert "The site can't be read yet, so the notice fills as visitors come" in proxy.process.output


def test_zero_turns_it_off(shop: Origin, tmp_path: Path) -> None:
    with reading(shop, tmp_path / "data", HOLDBACK_SITE__READ_AT_START="0") as proxy:
        assert asked(shop) == []
        assert "Read" not in proxy.process.output


def test_what_is_no_number_of_pages_is_told(tmp_path: Path) -> None:
    config = tmp_path / "holdback.toml"
    config.write_text("[site]\nread_at_start = -1")
    done = holdback("serve", "--upstream", "http://127.0.0.1:1", "--config", str(config), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"holdback: site.read_at_start must be a number of pages from 0 to 200, not -1 (in {config}).\n",
    )
    config.write_text('[site]\nuses = ["google-analitics"]')
    done = holdback("serve", "--upstream", "http://127.0.0.1:1", "--config", str(config), cwd=tmp_path)
    assert "did you mean google-analytics?" in done.stderr
