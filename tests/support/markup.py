"""A small policy for the rewriter's tests, and ways to feed it."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from holdback.proxy.markup import Page, Rewriter

_SIGNATURE = re.compile(r"(?<![A-Za-z0-9_$])acmeq\(")
HEAD, BODY = b"<!--guard-->", b"<!--notice-->"
SITE = "https://site.test/shop/page?q=1"


@dataclass(frozen=True)
class TrackerPolicy:
    """Holds ``tracker.test`` and what is below it, ``acmeq(`` in scripts, and perhaps a path of the site."""

    key: str = "tracker"
    own_path: str = ""
    names: tuple[str, ...] = ()
    """What its scripts define."""

    @property
    def own_paths(self) -> bool:
        return bool(self.own_path)

    def held_url(self, url: str) -> str | None:
        try:
            parts = urlsplit(url)
        except ValueError:  # a bracket that is not closed
            return None
        host = (parts.hostname or "").rstrip(".")
        if host == "site.test" and self.own_path and parts.path.startswith(self.own_path):
            return "own"
        if host == "other.test":
            return "other"
        return "acme" if host == "tracker.test" or host.endswith(".tracker.test") else None

    def placeholder(self, url: str) -> str | None:
        return "//site.test/in-place?of=" + quote(url, safe="") if "/watch" in url else None

    def clears(self, host: str) -> bool:
        return not f".{host}".endswith((".tracker.test", ".other.test", ".site.test"))

    @property
    def own_segments(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        return frozenset(), frozenset(self.own_path.encode().split(b"/")[1:2])

    @property
    def script_words(self) -> frozenset[bytes]:
        return frozenset({b"acmeq"})

    def held_inline(self, script: str) -> str | None:
        return "acme" if _SIGNATURE.search(script) else None

    def admit(self, policy: str) -> str:
        return policy.replace("'none'", "'ours'")

    def globals_of(self, service: str) -> tuple[str, ...]:
        return self.names if service == "acme" else ()


def rewrite(
    html: bytes,
    *,
    chunk: int | None = None,
    page: Page | None = None,
    policy: TrackerPolicy | None = None,
    head: bytes = HEAD,
    body: bytes = BODY,
) -> bytes:
    """Rewrite *html*, at once or in chunks of *chunk* bytes."""
    rewriter = Rewriter(policy or TrackerPolicy(), page or Page(SITE, "utf-8"), head=head, body=body)
    size = chunk or len(html) or 1
    out = [rewriter.feed(html[start : start + size]) for start in range(0, len(html), size)]
    return b"".join(out) + rewriter.close()


def rewrite_fragment(html: bytes, **how: object) -> bytes:
    """Rewrite *html* with nothing put in."""
    page = Page(SITE, "utf-8", "fragment")
    return rewrite(html, page=page, head=b"", body=b"", **how)  # type: ignore[arg-type]
