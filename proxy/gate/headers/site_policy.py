"""The site's own ``Content-Security-Policy``: how what is ours may be in the page without weakening it.

A nonce that the response already has is reused; a policy that lists hashes, or would refuse inline code, gets the
hash of exactly what we insert (CSP3 §6.7.3.3). A policy by which the page could not send a choice gets the address of
our own endpoints, and nothing else of the host. ``'unsafe-inline'`` is never added.

A policy that only reports gets the same: each page would send its owner a report about us. So does one in a ``<meta>``.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from ...http.headers import Headers

_NONCE = re.compile(rb"'nonce-([A-Za-z0-9+/_=-]+)'", re.IGNORECASE)
_HASH = re.compile(rb"'sha(?:256|384|512)-[A-Za-z0-9+/_=-]+'", re.IGNORECASE)
POLICIES = (b"content-security-policy", b"content-security-policy-report-only")
"""The header lines that a site's policy stands in."""
_SCRIPT = (b"script-src-elem", b"script-src", b"default-src")
_CONNECT = (b"connect-src", b"default-src")
_FORM = (b"form-action",)
_TRUSTED_TYPES = (b"trusted-types",)
_GUARD = b"holdback"
"""The guard's policy for Trusted Types: it exchanges markup that the page vouched for (see ``natives.js``)."""
_STYLE = (b"style-src-elem", b"style-src", b"default-src")


@dataclass(frozen=True, slots=True)
class Inline:
    """How inserted code may be in the page."""

    nonce: str | None = None
    """The nonce that our script and our style carry: that of the scripts, where every policy in force has the same."""
    hashed: bool = False
    """Whether the hashes of what is inserted have to be added to policies: some policy does not have that nonce."""
    files: bool = True
    """Whether a script may come from a file among our endpoints, once the policies name these."""
    sheets: bool = True
    """Whether a style may come from a file on the site's own host."""
    asks: bool = True
    """Whether a script may ask our endpoints, and the page wait for the answer."""
    has_policy: bool = False
    """Whether the site has a policy at all, in force or only to report."""


_NO_POLICY = Inline()


def inline(headers: Headers) -> Inline:
    """What the policies in *headers* ask of inserted inline code."""
    in_force, every = _each_policy(headers, POLICIES[:1]), _each_policy(headers, POLICIES)
    asks = not any(_keeps_from_asking(name, value) for name, value in headers)
    if not every:
        return _NO_POLICY if asks else Inline(asks=False)
    asked = _nonces(every, _SCRIPT) + _nonces(every, _STYLE)
    # What is written into frames carries the script's.
    counting = _nonces(in_force, _SCRIPT) or _nonces(in_force, _STYLE) or asked
    shared = set.intersection(*counting) if counting else set()
    nonce = min(shared) if shared else None
    hashed = any(nonce not in nonces for nonces in asked)
    return Inline(
        nonce=nonce.decode("ascii") if nonce else None,
        hashed=hashed,
        files=nonce is not None or not any(_trusts_scripts(_governing(one, _SCRIPT)) for one in every),
        sheets=all(_names_itself(_governing(policy, _STYLE)) for policy in every),
        asks=asks,
        has_policy=True,
    )


def _nonces(policies: list[bytes], fallbacks: tuple[bytes, ...]) -> list[set[bytes]]:
    """The nonces of each list of sources that refuses inline code without one."""
    governing = [_governing(policy, fallbacks) for policy in policies]
    return [set(_NONCE.findall(one)) for one in governing if one is not None and not _allows_inline(one)]


def _trusts_scripts(sources: bytes | None) -> bool:
    """Whether a list of *sources* goes by nonces and hashes alone, whatever the hosts in it (CSP3 §8.2)."""
    return b"'strict-dynamic'" in (sources or b"").lower()


def _keeps_from_asking(name: bytes, value: bytes) -> bool:
    """Whether a header switches synchronous requests off, or gives the page an origin of its own (CSP3 §6.6.1)."""
    if name in (b"permissions-policy", b"feature-policy"):
        return b"sync-xhr" in value.lower()
    sandboxes = (
        [_directive(policy, b"sandbox") for policy in value.split(b",")] if name == POLICIES[0] else []
    )
    return any(flags is not None and b"allow-same-origin" not in flags.lower() for flags in sandboxes)


def _names_itself(sources: bytes | None) -> bool:
    """Whether a list of *sources* has the page's own host in it; None: there is no list."""
    return sources is None or b"'self'" in sources.lower().split()


def with_hashes(headers: Headers, scripts: list[bytes], style: bytes) -> Headers:
    """*headers* with the hash of each of our *scripts*, and of the *style*, in each policy that would refuse them."""
    script_hashes, style_hash = b" ".join(map(_hash, scripts)), _hash(style)
    return [
        (name, _add(value, script_hashes, style_hash) if name in POLICIES else value)
        for name, value in headers
    ]


def with_endpoints(headers: Headers, endpoints: bytes) -> Headers:
    """*headers* with the address of our *endpoints* (``shop.test/_hb/``) where a policy refuses the page its own host.

    A script sends the choice there, or a form does; scripts of ours come from there. Where a policy lists whose markup
    the page takes, the guard is added.
    """
    return [
        (name, b",".join(_with_endpoints(policy, endpoints) for policy in value.split(b",")))
        if name in POLICIES
        else (name, value)
        for name, value in headers
    ]


def admitting(policy: bytes, endpoints: bytes, style: bytes) -> bytes:
    """The *policy* of a page's own ``<meta>`` with our *endpoints* and the notice's *style* let in.

    By the standard it is one policy, whatever commas are in it (HTML §4.2.5.3); Chromium reads several. Blanks before
    the commas make both read what is added. Our scripts need nothing: they have run when a browser comes to it.
    """
    hashed = (_with_hash(part, _STYLE, _hash(style)) for part in policy.split(b","))
    return b" ,".join(_with_endpoints(part, endpoints) for part in hashed)


def _add(value: bytes, script_hashes: bytes, style_hash: bytes) -> bytes:
    policies = [_with_hash(policy, _SCRIPT, script_hashes) for policy in value.split(b",")]
    return b",".join(_with_hash(policy, _STYLE, style_hash) for policy in policies)


def _with_hash(policy: bytes, fallbacks: tuple[bytes, ...], source: bytes) -> bytes:
    sources = _governing(policy, fallbacks)
    if sources is None or _allows_inline(sources):
        return policy
    return _with_source(policy, fallbacks, source)


def _with_endpoints(policy: bytes, endpoints: bytes) -> bytes:
    for fallbacks in (_SCRIPT, _CONNECT, _FORM):
        if not _names_itself(_governing(policy, fallbacks)):
            policy = _with_source(policy, fallbacks, endpoints)
    names = _governing(policy, _TRUSTED_TYPES)
    if names is not None and b"*" not in names.split():
        policy = _with_source(policy, _TRUSTED_TYPES, _GUARD)
    return policy


def _with_source(policy: bytes, fallbacks: tuple[bytes, ...], source: bytes) -> bytes:
    """*policy* with *source* in the directive that governs; one that another stands in for is written out."""
    name = next(name for name in fallbacks if _directive(policy, name) is not None)
    sources = _directive(policy, name) or b""
    kept = b" ".join(part for part in sources.split() if part.lower() != b"'none'")
    directive = b" ".join(filter(None, (fallbacks[-2] if name == b"default-src" else name, kept, source)))
    if name == b"default-src":
        return policy.rstrip(b" ;") + b"; " + directive
    return b";".join(directive if _is(part, name) else part for part in policy.split(b";"))


def _each_policy(headers: Headers, names: tuple[bytes, ...]) -> list[bytes]:
    return [policy for name, value in headers if name in names for policy in value.split(b",")]


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


@lru_cache(64)
def _hash(code: bytes) -> bytes:
    return b"'sha256-" + base64.b64encode(hashlib.sha256(code).digest()) + b"'"
