"""Headers that would make a browser talk to a tracker."""

import pytest
from holdback.proxy.gate.exits import filtered


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
        (b"report-to", b'{"group":"x","max_age":1,"endpoints":[{"url":"https://tracker.test/r"}]}', None),
        (b"report-to", b"not json", None),
        (b"speculation-rules", b'"https://tracker.test/rules.json"', None),
        (b"sourcemap", b"https://tracker.test/x.map", None),
        (b"alt-svc", b'h3=":443"', None),
        (b"x-other", b"https://tracker.test/", b"https://tracker.test/"),
    ],
)
def test_filtered(name: bytes, value: bytes, kept: bytes | None) -> None:
    assert filtered([(name, value)], held) == ([] if kept is None else [(name, kept)])
