"""The visitor is on one origin, the site on another: what names the one must name the other.

Only needed where Host is rewritten, as a preview has to do: the site is called by its own name, and the visitor's
browser must stay on loopback. Headers are taken apart as their grammar says; in text, the site's origin is
replaced wherever it stands as one (``https://site``, ``//site``, and ``https:\\/\\/site`` in JSON).
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from ..http.headers import Header, Headers, first, without

_ABOUT_US = frozenset(
    {b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"forwarded", b"via"}
)
# A policy that is for the site's own name and scheme can't be met on plain http by another name.
_FOR_THE_NAME = frozenset(
    {b"strict-transport-security", b"public-key-pins", b"expect-ct", b"alt-svc", b"clear-site-data"}
)
_URLS = frozenset({b"location", b"content-location", b"access-control-allow-origin", b"link", b"refresh"})
_POLICIES = frozenset({b"content-security-policy", b"content-security-policy-report-only"})
_TEXT = re.compile(
    rb"text/(html|css|javascript|plain|xml)|application/([\w.+-]*(json|xml|javascript)\b)", re.IGNORECASE
)


class Mapping:
    """From the site's origin to the visitor's, and back."""

    def __init__(self, site: str, visitor: str) -> None:
        self.site = urlsplit(site)
        self.visitor = urlsplit(visitor)
        port = self.site.port
        usual = port is None or port == {"http": 80, "https": 443}[self.site.scheme]
        host = re.escape((self.site.hostname or "").encode("ascii"))
        where = rb"(?::(?:80|443))?(?![\w.:-])" if usual else b":%d(?![\\w.-])" % (port or 0)
        self._pattern = re.compile(rb"(https?:)?((?:\\?/){2})" + host + where, re.IGNORECASE)
        self._longest = len(host) + 24
        self._there = f"{self.site.scheme}://{self.site.netloc}".encode("ascii")
        self._here = f"{self.visitor.scheme}://{self.visitor.netloc}".encode("ascii")

    def request(self, headers: Headers) -> Headers:
        """Headers of the visitor's request as the site is to see them."""
        out: Headers = []
        for name, value in without(headers, _ABOUT_US):
            if name == b"host":
                value = self.site.netloc.encode("ascii")
            elif name in (b"origin", b"referer") and (value + b"/").startswith(self._here + b"/"):
                value = self._there + value[len(self._here) :]
            elif name == b"accept-encoding":
                value = b"identity"
            out.append((name, value))
        return out

    def response(self, headers: Headers) -> Headers:
        """Headers of the site's response as they would be, were the site where the visitor sees it."""
        kept = without(headers, _FOR_THE_NAME)
        if self.rewrites(headers):
            kept = without(kept, frozenset({b"content-length", b"content-md5", b"digest", b"accept-ranges"}))
        return [pair for pair in map(self._header, kept) if pair[1] or pair[0] not in _POLICIES]

    def _header(self, pair: Header) -> Header:
        name, value = pair
        if name in _URLS:
            return name, self.text(value)
        if name == b"set-cookie":
            return name, _without_domain(value)
        if name in _POLICIES:
            return name, _without_upgrade(self.text(value))
        return pair

    def rewrites(self, headers: Headers) -> bool:
        """Whether the body is text that may name the site, and readable as it is."""
        coded = first(headers, b"content-encoding")
        return coded in (None, b"", b"identity") and bool(_TEXT.match(first(headers, b"content-type") or b""))

    def text(self, text: bytes) -> bytes:
        """*text* with the visitor's origin for the site's."""
        return self._pattern.sub(self._mapped, text)

    def _mapped(self, match: re.Match[bytes]) -> bytes:
        scheme = b"" if match[1] is None else self.visitor.scheme.encode("ascii") + b":"
        return scheme + match[2] + self.visitor.netloc.encode("ascii")

    def filter(self) -> Callable[[bytes, bool], bytes]:
        """A function that maps a body piece by piece: from ``(chunk, last)`` to the bytes that are certain."""
        waiting = b""

        def feed(chunk: bytes, last: bool) -> bytes:
            nonlocal waiting
            waiting += chunk
            # An origin that begins this far from the end is whole, and so is what follows it.
            certain = len(waiting) if last else len(waiting) - self._longest
            out: list[bytes] = []
            done = 0
            for match in self._pattern.finditer(waiting):
                if match.start() >= certain:
                    break
                out += waiting[done : match.start()], self._mapped(match)
                done = match.end()
            cut = max(done, certain)
            out.append(waiting[done:cut])
            waiting = waiting[cut:]
            return b"".join(out)

        return feed


def _without_domain(line: bytes) -> bytes:
    """A cookie for the host that the visitor sees: host-only, as the site's domain is not theirs to set."""
    parts = line.split(b";")
    return b";".join(
        [parts[0], *(part for part in parts[1:] if not part.strip().lower().startswith(b"domain"))]
    )


def _without_upgrade(policy: bytes) -> bytes:
    """A policy without what would turn plain loopback addresses into https ones."""
    kept = [
        part
        for part in policy.split(b";")
        if part.strip().lower() not in (b"upgrade-insecure-requests", b"block-all-mixed-content")
    ]
    return b";".join(kept).strip(b"; ")
