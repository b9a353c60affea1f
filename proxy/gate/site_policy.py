"""The site's own ``Content-Security-Policy``: how our script and style may be in the page without weakening it.

A nonce that the response already has is reused; a policy that lists hashes, or would refuse inline code,
gets the hash of exactly what we insert (CSP3 §6.7.3.3). ``'unsafe-inline'`` is never added, and no other source
is. Where neither helps the script comes from its own address under ``'self'``.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

from ..headers import Headers

_NONCE = re.compile(rb"'nonce-([A-Za-z0-9+/_=-]+)'", re.IGNORECASE)
_HASH = re.compile(rb"'sha(?:256|384|512)-[A-Za-z0-9+/_=-]+'", re.IGNORECASE)
_POLICIES = (b"content-security-policy", b"content-security-policy-report-only")
_SCRIPT = (b"script-src-elem", b"script-src", b"default-src")
_CONNECT = (b"connect-src", b"default-src")
_STYLE = (b"style-src-elem", b"style-src", b"default-src")


@dataclass(frozen=True, slots=True)
class Inline:
    """How inserted code may be in the page."""

    nonce: str | None = None
    """The nonce that both our script and our style carry, where every policy has the same."""
    hashed: bool = False
    """Whether the hashes of what is inserted have to be added to the site's policies."""
    files: bool = True
    """Whether a script may come from a file on the site's own host."""
    sheets: bool = True
    """Whether a style may come from a file on the site's own host."""
    fetches: bool = True
    """Whether a script may fetch from the site's own host."""


def inline(headers: Headers) -> Inline:
    """What the policies in *headers* ask of inserted inline code."""
    nonces: list[set[bytes]] = []
    files = fetches = sheets = True
    for policy in _each_policy(headers):
        files = files and _takes_own_files(_governing(policy, _SCRIPT))
        sheets = sheets and _names_itself(_governing(policy, _STYLE))
        fetches = fetches and _names_itself(_governing(policy, _CONNECT))
        for fallbacks in (_SCRIPT, _STYLE):
            sources = _governing(policy, fallbacks)
            if sources is not None and not _allows_inline(sources):
                nonces.append(set(_NONCE.findall(sources)))
    if not nonces:
        return Inline(files=files, sheets=sheets, fetches=fetches)
    shared = set.intersection(*nonces)
    if shared:
        return Inline(nonce=min(shared).decode("ascii"), sheets=sheets, fetches=fetches)
    return Inline(hashed=True, files=False, sheets=sheets, fetches=fetches)


def _takes_own_files(sources: bytes | None) -> bool:
    """Whether a script without a nonce may come from the page's own host."""
    return _names_itself(sources) and b"'strict-dynamic'" not in (sources or b"").lower()


def _names_itself(sources: bytes | None) -> bool:
    """Whether a list of *sources* has the page's own host in it; None: there is no list."""
    return sources is None or b"'self'" in sources.lower().split()


def with_hashes(headers: Headers, script: bytes, style: bytes) -> Headers:
    """*headers* with the hash of the inserted *script* and *style* in each policy that would refuse them."""
    script_hash, style_hash = _hash(script), _hash(style)
    return [
        (name, _add(value, script_hash, style_hash) if name in _POLICIES else value)
        for name, value in headers
    ]


def _add(value: bytes, script_hash: bytes, style_hash: bytes) -> bytes:
    policies = []
    for policy in value.split(b","):
        for fallbacks, source in ((_SCRIPT, script_hash), (_STYLE, style_hash)):
            policy = _with_source(policy, fallbacks, source)
        policies.append(policy)
    return b",".join(policies)


def _with_source(policy: bytes, fallbacks: tuple[bytes, ...], source: bytes) -> bytes:
    sources = _governing(policy, fallbacks)
    if sources is None or _allows_inline(sources):
        return policy
    name = next(name for name in fallbacks if _directive(policy, name) is not None)
    kept = b" ".join(part for part in sources.split() if part.lower() != b"'none'")
    directive = b" ".join(filter(None, (fallbacks[-2] if name == b"default-src" else name, kept, source)))
    if name == b"default-src":
        return policy.rstrip(b" ;") + b"; " + directive
    return b";".join(directive if _is(part, name) else part for part in policy.split(b";"))


def _each_policy(headers: Headers) -> list[bytes]:
    return [policy for name, value in headers if name == _POLICIES[0] for policy in value.split(b",")]


def _governing(policy: bytes, fallbacks: tuple[bytes, ...]) -> bytes | None:
    for name in fallbacks:
        if (sources := _directive(policy, name)) is not None:
            return sources
    return None


def _directive(policy: bytes, name: bytes) -> bytes | None:
    for part in policy.split(b";"):
        if _is(part, name):
            return part.strip()[len(name) :].strip()
    return None


def _is(part: bytes, name: bytes) -> bool:
    words = part.split(None, 1)
    return bool(words) and words[0].lower() == name


def _allows_inline(sources: bytes) -> bool:
    lowered = sources.lower()
    return (
        b"'unsafe-inline'" in lowered
        and b"'strict-dynamic'" not in lowered
        and not _NONCE.search(sources)
        and not _HASH.search(sources)
    )


def _hash(code: bytes) -> bytes:
    return b"'sha256-" + base64.b64encode(hashlib.sha256(code).digest()) + b"'"
