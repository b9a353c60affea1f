"""The site's policy decides how our code may be in its page."""

import base64
import hashlib

import pytest
from holdback.proxy.gate.site_policy import Inline, inline, with_hashes

CSP = b"content-security-policy"


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], Inline()),
        ([b"img-src 'self'"], Inline()),
        ([b"script-src 'self' 'unsafe-inline'"], Inline()),
        ([b"script-src 'nonce-abc' ; style-src 'nonce-abc'"], Inline(nonce="abc")),
        ([b"default-src 'self' 'nonce-abc'"], Inline(nonce="abc")),
        ([b"script-src 'self'"], Inline(hashed=True)),
        ([b"default-src 'none'"], Inline(hashed=True)),
        ([b"script-src 'nonce-abc'", b"script-src 'nonce-def'"], Inline(hashed=True)),
        ([b"script-src 'nonce-abc'; style-src 'self'"], Inline(hashed=True)),
        ([b"script-src 'unsafe-inline' 'sha256-AAAA'"], Inline(hashed=True)),
    ],
)
def test_inline(policies: list[bytes], expected: Inline) -> None:
    found = inline([(CSP, policy) for policy in policies])
    assert (found.nonce, found.hashed) == (expected.nonce, expected.hashed)


@pytest.mark.parametrize(
    ("policies", "files", "sheets", "fetches"),
    [
        ([], True, True, True),
        ([b"img-src 'self'"], True, True, True),
        ([b"default-src 'self' 'unsafe-inline'"], True, True, True),
        ([b"script-src 'unsafe-inline'"], False, True, True),
        ([b"script-src 'self' 'unsafe-inline' 'strict-dynamic'"], False, True, True),
        ([b"script-src 'nonce-abc'; style-src 'nonce-abc'; connect-src *"], True, False, False),
        ([b"style-src 'unsafe-inline'"], True, False, True),
        ([b"connect-src https://api.test"], True, True, False),
        ([b"img-src *", b"default-src 'none'"], False, False, False),
        ([b"script-src https://self.test 'unsafe-inline'"], False, True, True),
    ],
)
def test_what_may_come_from_our_files(
    policies: list[bytes], files: bool, sheets: bool, fetches: bool
) -> None:
    found = inline([(CSP, policy) for policy in policies])
    assert (found.files, found.sheets, found.fetches) == (files, sheets, fetches)


def source(code: bytes) -> bytes:
    return b"'sha256-" + base64.b64encode(hashlib.sha256(code).digest()) + b"'"


def test_hashes_are_added_and_nothing_else() -> None:
    script, style = source(b"S"), source(b"T")
    [(_, policy)] = with_hashes([(CSP, b"default-src 'none'; script-src 'self'; img-src *")], b"S", b"T")
    assert policy == b"default-src 'none';script-src 'self' " + script + b"; img-src *; style-src " + style


def test_a_policy_that_allows_inline_is_left_alone() -> None:
    headers = [(CSP, b"script-src 'unsafe-inline'"), (b"x", b"script-src 'self'")]
    assert with_hashes(headers, b"S", b"T") == headers
