"""The site's policy decides how our code may be in its page."""

import base64
import hashlib

import pytest
from holdback.proxy.gate.headers.site_policy import Inline, admitting, inline, with_endpoints, with_hashes

CSP = b"content-security-policy"
REPORT_ONLY = b"content-security-policy-report-only"


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
        ([b"script-src 'nonce-abc'; style-src 'self'"], Inline(nonce="abc", hashed=True)),
        ([b"script-src 'unsafe-inline' 'sha256-AAAA'"], Inline(hashed=True)),
    ],
)
def test_inline(policies: list[bytes], expected: Inline) -> None:
    found = inline([(CSP, policy) for policy in policies])
    assert (found.nonce, found.hashed) == (expected.nonce, expected.hashed)


@pytest.mark.parametrize(
    ("policies", "files", "sheets"),
    [
        ([], True, True),
        ([b"img-src 'self'"], True, True),
        ([b"default-src 'self' 'unsafe-inline'"], True, True),
        ([b"script-src 'unsafe-inline'"], True, True),
        ([b"script-src 'self' 'unsafe-inline' 'strict-dynamic'"], False, True),
        ([b"script-src 'nonce-abc'; style-src 'nonce-abc'; connect-src *"], True, False),
        ([b"style-src 'unsafe-inline'"], True, False),
        ([b"img-src *", b"default-src 'none'"], True, False),
        ([b"script-src https://self.test 'unsafe-inline'"], True, True),
    ],
)
def test_what_may_come_from_our_files(policies: list[bytes], files: bool, sheets: bool) -> None:
    found = inline([(CSP, policy) for policy in policies])
    assert (found.files, found.sheets) == (files, sheets)


def test_without_a_policy_nothing_need_be_added() -> None:
    assert not inline([(b"content-type", b"text/html")]).has_policy
    assert inline([(REPORT_ONLY, b"img-src *")]).has_policy


def test_a_policy_that_only_reports_counts_like_one_in_force() -> None:
    both = [(CSP, b"script-src 'nonce-abc'"), (REPORT_ONLY, b"script-src 'nonce-abc' 'self'; style-src *")]
    assert inline(both) == Inline(nonce="abc", hashed=True, sheets=False, has_policy=True)
    assert inline([(REPORT_ONLY, b"script-src 'self'")]) == Inline(hashed=True, has_policy=True)
    assert inline(both[:1]).nonce == inline([(REPORT_ONLY, b"script-src 'nonce-abc'")]).nonce == "abc"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (b"img-src *", b"img-src *"),
        (b"script-src 'none'", b"script-src shop.test/_hb/"),
        (b"connect-src 'self'; form-action 'SELF'", b"connect-src 'self'; form-action 'SELF'"),
        (b"connect-src https://a.test", b"connect-src https://a.test shop.test/_hb/"),
        (b"connect-src", b"connect-src shop.test/_hb/"),
        (b"default-src 'none'", b"default-src 'none'; script-src shop.test/_hb/; connect-src shop.test/_hb/"),
        (
            b"default-src a.test;",
            b"default-src a.test; script-src a.test shop.test/_hb/; connect-src a.test shop.test/_hb/",
        ),
        (b"form-action 'none';base-uri 'none'", b"form-action shop.test/_hb/;base-uri 'none'"),
        (
            b"connect-src a.test, form-action b.test",
            b"connect-src a.test shop.test/_hb/,form-action b.test shop.test/_hb/",
        ),
        (b"sandbox", b"sandbox"),
        (b"trusted-types a; img-src *", b"trusted-types a holdback; img-src *"),
        (b"trusted-types 'none'", b"trusted-types holdback"),
        (b"trusted-types a *", b"trusted-types a *"),
    ],
)
@pytest.mark.parametrize("name", [CSP, REPORT_ONLY])
def test_a_choice_may_be_sent(name: bytes, policy: bytes, expected: bytes) -> None:
    headers = [(b"x-other", b"connect-src a.test"), (name, policy)]
    [other, (_, found)] = with_endpoints(headers, b"shop.test/_hb/")
    assert found == expected
    assert other == headers[0]


def source(code: bytes) -> bytes:
    return b"'sha256-" + base64.b64encode(hashlib.sha256(code).digest()) + b"'"


def test_hashes_are_added_and_nothing_else() -> None:
    script, style = source(b"S"), source(b"T")
    [(_, policy)] = with_hashes([(CSP, b"default-src 'none'; script-src 'self'; img-src *")], [b"S"], b"T")
    assert policy == b"default-src 'none';script-src 'self' " + script + b"; img-src *; style-src " + style


def test_each_script_has_its_hash() -> None:
    [(_, policy)] = with_hashes([(CSP, b"script-src 'self'; style-src *")], [b"S", b"T"], b"")
    assert policy.startswith(b"script-src 'self' " + source(b"S") + b" " + source(b"T") + b";")


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ((CSP, b"script-src 'self'"), True),
        ((CSP, b"sandbox allow-scripts"), False),
        ((CSP, b"img-src *, sandbox"), False),
        ((CSP, b"sandbox allow-scripts allow-same-origin"), True),
        ((REPORT_ONLY, b"sandbox"), True),
        ((b"permissions-policy", b"geolocation=(), sync-xhr=()"), False),
        ((b"permissions-policy", b"geolocation=()"), True),
        ((b"feature-policy", b"Sync-XHR 'none'"), False),
    ],
)
def test_whether_a_page_may_wait_for_an_answer(line: tuple[bytes, bytes], asks: bool) -> None:
    assert inline([line]).asks is asks
    assert inline([line, (CSP, b"default-src 'self'")]).asks is asks


def test_a_policy_that_allows_inline_is_left_alone() -> None:
    headers = [(CSP, b"script-src 'unsafe-inline'"), (b"x", b"script-src 'self'")]
    assert with_hashes(headers, [b"S"], b"T") == headers


@pytest.mark.parametrize(
    ("policy", "admitted"),
    [
        (b"img-src 'self'", b"img-src 'self'"),
        (b"style-src 'unsafe-inline' x.test", b"style-src 'unsafe-inline' x.test"),
        (b"form-action 'none'", b"form-action shop.test/_hb/"),
        (b"connect-src a.test; img-src *", b"connect-src a.test shop.test/_hb/; img-src *"),
        (b"style-src a.test", b"style-src a.test HASH"),
        (
            b"default-src 'none'",
            b"default-src 'none'; style-src HASH; script-src shop.test/_hb/; connect-src shop.test/_hb/",
        ),
        (
            b"connect-src a.test,form-action 'none'",
            b"connect-src a.test shop.test/_hb/ ,form-action shop.test/_hb/",
        ),
    ],
)
def test_a_policy_in_the_markup_lets_in_what_is_ours_and_nothing_else(policy: bytes, admitted: bytes) -> None:
    style_hash = b"'sha256-%b'" % base64.b64encode(hashlib.sha256(b"p{}").digest())
    assert admitting(policy, b"shop.test/_hb/", b"p{}") == admitted.replace(b"HASH", style_hash)
