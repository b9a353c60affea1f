"""A second ``Content-Security-Policy``: what closes the routes that markup and script can't.

Several policies all hold (CSP3 §4.1), so ours can only narrow what the site's own allows, never widen it.
Navigations are not touched: links and forms are the visitor's.
"""

from ...http.headers import Header
from ...rules.model import Service

_INLINE = "'self' data: blob: 'unsafe-inline' 'unsafe-eval'"


def _policy(sources: str) -> Header:
    return (b"content-security-policy", f"default-src {sources}".encode("ascii"))


UNREADABLE_PAGE = _policy(_INLINE)
"""For markup that can't be read, and so not rewritten: it may ask nobody but the site."""


def strict_policy(allowed: tuple[Service, ...]) -> Header:
    """The policy of ``enforce = "strict"``: the site itself, and the hosts of the *allowed* services."""
    sources = {source for service in allowed for pattern in service.hosts for source in _sources(pattern)}
    return _policy(" ".join([_INLINE, *sorted(sources)]))


def _sources(pattern: str) -> list[str]:
    """A host pattern covers the host and every host below it, and a path prefix what is below it too.

    A source's path is a prefix only with a slash at its end (CSP3 §6.7.2.12), so both forms are given.
    """
    host, _, path = pattern.removeprefix("*.").partition("/")
    suffixes = (f"/{path.rstrip('/')}", f"/{path.rstrip('/')}/") if path else ("",)
    return [f"{name}{suffix}" for name in (host, f"*.{host}") for suffix in suffixes]
