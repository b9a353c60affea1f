"""A page that was seen before is not read again, and nobody gets what was made for another."""

from dataclasses import dataclass, field

import pytest
from holdback.proxy.markup import Page
from holdback.proxy.markup.memo import Memo

from tests.support.markup import BODY, HEAD, SITE, TrackerPolicy, rewrite

pytestmark = pytest.mark.usefixtures("either_walk")

HTML = b"<html><head></head><body><img src=//tracker.test/><script src=/own.js></script></body></html>"
PAGE = Page(SITE, "utf-8")


@dataclass
class Counting:
    """A policy that counts what it is asked."""

    key: str = "counting"
    own_paths: bool = False
    asked: list[str] = field(default_factory=list)

    def held_url(self, url: str) -> str | None:
        self.asked.append(url)
        return TrackerPolicy().held_url(url)

    def placeholder(self, url: str) -> str | None:
        return None

    def clears(self, host: str) -> bool:
        return TrackerPolicy().clears(host)

    @property
    def own_segments(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        return TrackerPolicy().own_segments

    @property
    def script_words(self) -> frozenset[bytes]:
        return frozenset()

    def held_inline(self, script: str) -> str | None:
        return None

    def admit(self, policy: str) -> str:
        return policy

    def globals_of(self, service: str) -> tuple[str, ...]:
        return ()


def test_the_second_time_nobody_is_asked_and_the_inserts_are_new() -> None:
    memo, policy = Memo(), Counting()
    first = memo.rewrite(policy, PAGE, HTML, head=HEAD, body=BODY)
    asked = len(policy.asked)
    second = memo.rewrite(policy, PAGE, bytes(bytearray(HTML)), head=b"<!--other-->", body=BODY)
    assert first == rewrite(HTML)
    assert second == first.replace(HEAD, b"<!--other-->")
    assert len(policy.asked) == asked == 1


def test_another_policy_site_charset_or_kind_is_another_page() -> None:
    memo = Memo()
    memo.rewrite(TrackerPolicy(), PAGE, HTML, head=HEAD, body=BODY)

    class Nothing(Counting):
        def held_url(self, url: str) -> str | None:
            return None

    assert b"data-hb" not in memo.rewrite(Nothing("nothing"), PAGE, HTML, head=HEAD, body=BODY)
    fragment = Page(SITE, "utf-8", "fragment")
    assert memo.rewrite(TrackerPolicy(), fragment, HTML, head=b"", body=b"") == rewrite(
        HTML, head=b"", body=b""
    )
    elsewhere = Page("https://tracker.test/", "utf-8")
    relative = b"<img src=/x>"
    assert b"data-hb" not in memo.rewrite(TrackerPolicy(), PAGE, relative, head=HEAD, body=BODY)
    assert b"data-hb" not in memo.rewrite(TrackerPolicy(), elsewhere, relative, head=HEAD, body=BODY)


def test_what_depends_on_the_path_is_kept_for_that_path() -> None:
    memo, policy = Memo(), TrackerPolicy(own_path="/acme/")
    html = b"<img src=p.gif>"
    held = memo.rewrite(policy, Page("https://site.test/acme/a", "utf-8"), html, head=HEAD, body=BODY)
    free = memo.rewrite(policy, Page("https://site.test/shop/a", "utf-8"), html, head=HEAD, body=BODY)
    assert b"data-hb-src" in held
    assert b"data-hb-src" not in free


def test_the_guard_inside_an_attribute_is_never_an_old_one() -> None:
    memo, html = Memo(), b"<iframe srcdoc='x'></iframe>"
    memo.rewrite(TrackerPolicy(), PAGE, html, head=b"<!--old-->", body=BODY)
    assert b"old" not in memo.rewrite(TrackerPolicy(), PAGE, html, head=b"<!--new-->", body=BODY)


def test_it_is_bounded_in_bytes_whatever_comes() -> None:
    memo = Memo(capacity=100_000)
    for number in range(500):
        html = b"<p>%d%s" % (number, b"x" * (number * 100))
        assert memo.rewrite(TrackerPolicy(), PAGE, html, head=b"", body=b"") == html
        assert memo.size <= 100_000
    for number in range(100):  # as long as each other, as pages with a token in a form are
        html = b"<p>%03d" % number
        assert memo.rewrite(TrackerPolicy(), PAGE, html, head=b"", body=b"") == html
    assert 0 < memo.size <= 100_000


def test_of_large_pages_of_one_length_the_newest_is_kept() -> None:
    memo, policy = Memo(capacity=400_000), Counting()
    pages = [HTML + b"<p>%d%s" % (number, b"x" * 15_000) for number in range(5)]
    for html in pages:
        memo.rewrite(policy, PAGE, html, head=HEAD, body=BODY)
    asked = len(policy.asked)
    memo.rewrite(policy, PAGE, pages[-1], head=HEAD, body=BODY)
    assert len(policy.asked) == asked
    memo.rewrite(policy, PAGE, pages[0], head=HEAD, body=BODY)
    assert len(policy.asked) > asked
