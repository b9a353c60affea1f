"""Headers that would make a browser talk to a tracker."""

import pytest
from holdback.proxy.gate.headers.fetching import filtered


def held(url: str) -> bool:
    return "tracker.test" in url


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        (b"link", b"<https://tracker.test/a.js>; rel=preload", None),
        (b"link", b"</own.css>; rel=preload", b"</own.css>; rel=preload"),
        (
            b"link",
            b"</a.css>; rel=preload; as=style, <https://tracker.test>; rel=preconnect, </b>; rel=next",
            b"</a.css>; rel=preload; as=style, </b>; rel=next",
        ),
        (b"link", b'</x>; rel=preload; imagesrcset="https://tracker.test/p 1x, /own 2x"', None),
        (b"link", b"nonsense https://tracker.test", None),
        (b"refresh", b"5; url=https://tracker.test/", None),
        (b"refresh", b"0;URL='https://tracker.test/'", None),
        (b"refresh", b"0; /next", b"0; /next"),
        (b"refresh", b"300", b"300"),
        (b"reporting-endpoints", b'default="https://tracker.test/r"', None),
        (b"reporting-endpoints", b'default="https://own.test/r"', b'default="https://own.test/r"'),
        (b"reporting-endpoints", b'a="https://tracker.test/r", b="/r";x="1,2"', b'b="/r";x="1,2"'),
        (b"report-to", b'{"group":"x","max_age":1,"endpoints":[{"url":"https://tracker.test/r"}]}', None),
        (b"report-to", b"not json", None),
        (
            b"report-to",
            b'{"endpoints":[{"url":"/r"}]}, {"endpoints":[{"url":"https://tracker.test/r"}]}',
            b'{"endpoints": [{"url": "/r"}]}',
        ),
        (b"attribution-reporting-register-trigger", b"{}", None),
        (b"observe-browsing-topics", b"?1", None),
        (b"permissions-policy", b'ch-ua-model=(self "https://tracker.test")', b"ch-ua-model=(self )"),
        (b"permissions-policy", b"ch-ua-model=*, camera=*", b"ch-ua-model=(self), camera=*"),
        (b"permissions-policy", b"camera=(), ch-dpr=(*)", b"camera=(), ch-dpr=(self)"),
        (b"feature-policy", b"ch-dpr https://tracker.test https://own.test", b"ch-dpr https://own.test"),
        (
            b"content-security-policy",
            b"default-src 'self'; report-uri https://tracker.test/c /own; img-src *",
            b"default-src 'self'; report-uri /own; img-src *",
        ),
        (
            b"content-security-policy-report-only",
            b"default-src 'self';report-uri //tracker.test/c",
            b"default-src 'self';",
        ),
        (
            b"content-security-policy",
            b"img-src https://tracker.test; Report-URI /own",
            b"img-src https://tracker.test; Report-URI /own",
        ),
        (b"speculation-rules", b'"https://tracker.test/rules.json"', None),
        (b"sourcemap", b"https://tracker.test/x.map", None),
        (b"alt-svc", b'h3=":443"', None),
        (b"x-other", b"https://tracker.test/", b"https://tracker.test/"),
    ],
)
def test_filtered(name: bytes, value: bytes, kept: bytes | None) -> None:
    assert filtered([(name, value)], held) == ([] if kept is None else [(name, kept)])


def test_a_policy_for_network_errors_goes_with_its_endpoint() -> None:
    nel = (b"nel", b'{"report_to":"x","max_age":9}')
    theirs = (b"report-to", b'{"group":"x","max_age":9,"endpoints":[{"url":"https://tracker.test/r"}]}')
    own = (b"report-to", b'{"group":"x","max_age":9,"endpoints":[{"url":"/r"}]}')
    assert filtered([theirs, nel], held) == [(b"nel", b'{"report_to":"default","max_age":0}')]
    assert filtered([own, nel], held) == [own, nel]
