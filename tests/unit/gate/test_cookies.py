"""What goes on to the site and what does not, pair by pair."""

import pytest
from holdback.proxy.gate.headers import cookies

HELD = {"_ga", "_fbp"}


@pytest.mark.parametrize(
    ("header", "passed", "held", "own"),
    [
        (b"", b"", (), ()),
        (b"sessionid=1", b"sessionid=1", (), ()),
        (b"_ga=GA1.2.3", b"", ("_ga",), ()),
        (b"a=1; _ga=2; b=3", b"a=1; b=3", ("_ga",), ()),
        (b"_ga=1; _ga=2", b"", ("_ga",), ()),
        (b"a=1;_ga=2;b=3", b"a=1; b=3", ("_ga",), ()),
        (b" _ga =1; a = 1 ", b"a = 1", ("_ga",), ()),
        (b"_ga", b"", ("_ga",), ()),
        (b"=_ga", b"=_ga", (), ()),
        (b'a=_ga; x="_ga=1"', b'a=_ga; x="_ga=1"', (), ()),
        (b"hb=signed; a=1; hb=other", b"a=1", (), ("signed", "other")),
        (b"_GA=1", b"_GA=1", (), ()),
        (b";;; ;a=1;;", b"a=1", (), ()),
        (b"a=b=c; _fbp=x=y", b"a=b=c", ("_fbp",), ()),
        (b"caf\xc3\xa9=1; _ga=2", b"caf\xc3\xa9=1", ("_ga",), ()),
    ],
)
def test_sift(header: bytes, passed: bytes, held: tuple[str, ...], own: tuple[str, ...]) -> None:
    assert cookies.sift(header, "hb", HELD.__contains__) == cookies.Sifted(passed, held, own)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"_ga=1; Path=/; HttpOnly", "_ga"),
        (b" _ga = 1", "_ga"),
        (b"_ga", "_ga"),
        (b"; Path=/", ""),
        (b"\t_ga\t=1", "_ga"),
    ],
)
def test_set_name(line: bytes, name: str) -> None:
    assert cookies.set_name(line) == name


@pytest.mark.parametrize(
    "written",
    [b"_ga", b"\xa0_ga", b"_ga\x85", b"%5Fga", b"%5fga", b"\x1c_ga", b".ga", b"%20_ga", b"+_ga", b" ga"],
)
def test_whatever_some_site_reads_as_a_held_name_is_held(written: bytes) -> None:
    sifted = cookies.sift(b"a=1;" + written + b"=2; b=3", "hb", lambda name: name == "_ga")
    assert sifted.passed == (b"a=1; ga=2; b=3" if written == b" ga" else b"a=1; b=3")


@pytest.mark.parametrize(
    ("header", "later", "passed"),
    [
        (b"a=1; hb-later=1; b=2", True, b"a=1; b=2"),
        (b"hb-later=", True, b""),
        (b"hb-later2=1", False, b"hb-later2=1"),
        (b"a=hb-later", False, b"a=hb-later"),
    ],
)
def test_that_the_notice_was_closed_is_ours_to_know(header: bytes, later: bool, passed: bytes) -> None:
    sifted = cookies.sift(header, "hb", lambda _name: False)
    assert (sifted.later, sifted.passed) == (later, passed)
