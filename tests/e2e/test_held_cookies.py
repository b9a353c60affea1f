"""Before a choice a tracking cookie passes in neither direction, whatever kind of answer carries it."""

import pytest

from tests.support.holdback_process import Holdback
from tests.support.origin import HTML, PAGE, Origin
from tests.support.recording import Reply
from tests.support.visitor import Visitor

SESSION = "sessionid=s3cr3t; HttpOnly; Path=/; SameSite=Lax"
TRACKER = "_ga=GA1.1.1.1; Domain=shop.test; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT"
PIXEL = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"

ANSWERS = {
    "page": ("GET", Reply(PAGE, lines=[HTML])),
    "page that is not there": ("GET", Reply(PAGE, 404, [HTML])),
    "head of a page": ("HEAD", Reply(PAGE, lines=[HTML])),
    "nothing": ("GET", Reply(b"", 204)),
    "redirect": ("GET", Reply(b"", 302, [("Location", "/elsewhere")])),
    "not modified": ("GET", Reply(b"", 304, [("ETag", '"1"')])),
    "image": ("GET", Reply(PIXEL, lines=[("Content-Type", "image/gif")])),
    "XHR": ("GET", Reply(b'{"a": 1}', lines=[("Content-Type", "application/json")])),
    "answer to a post": ("POST", Reply(b"ok", lines=[("Content-Type", "text/plain")])),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("agreed", [False, True], ids=["before a choice", "after accept"])
def test_both_directions(proxy: Holdback, origin: Origin, kind: str, agreed: bool) -> None:
    method, reply = ANSWERS[kind]
    origin.pages["/thing"] = Reply(
        reply.body, reply.status, [("Set-Cookie", SESSION), ("Set-Cookie", TRACKER), *reply.lines]
    )
    visitor = Visitor(proxy)
    if agreed:
        visitor.choose("accept-all")
    cookie = (
        f"_ga=GA1.1.1.1; sessionid=s3cr3t; _gid=2{f'; hb={visitor.signed}' if agreed else ''}; theme=dark"
    )

    answer = proxy.fetch("/thing", [("Cookie", cookie), ("Accept", "*/*")], method=method)

    assert answer.status == reply.status
    assert answer.all("set-cookie") == (
        [SESSION, TRACKER] if agreed else _with_expiry(answer.all("set-cookie"))
    )
    kept = "_ga=GA1.1.1.1; sessionid=s3cr3t; _gid=2; theme=dark" if agreed else "sessionid=s3cr3t; theme=dark"
    assert origin.last.get("cookie") == kept
    if kind in ("image", "XHR", "answer to a post"):
        assert answer.body == reply.body


def _with_expiry(lines: list[str]) -> list[str]:
    """The site's own line comes first and alone; others may only take held cookies away."""
    others = [line for line in lines if line != SESSION]
    assert all("Max-Age=0" in line and line.split("=")[0] in ("_ga", "_gid") for line in others), others
    return [SESSION, *others] if lines[:1] == [SESSION] else [*others, SESSION]


def test_two_lines_stay_two(proxy: Holdback, origin: Origin) -> None:
    lines = ["a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/", "b=2; Path=/, c=3", "a=1; Path=/sub"]
    origin.pages["/two"] = Reply(b"x", lines=[("Set-Cookie", line) for line in lines])

    assert proxy.fetch("/two").all("set-cookie") == lines


def test_the_site_never_sees_the_signed_cookie(proxy: Holdback, origin: Origin) -> None:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    visitor.get("/thing")

    assert "hb=" not in origin.last.get("cookie")
    assert set(origin.last.get("x-holdback-purposes").split(",")) == {
        "preferences",
        "analytics",
        "marketing",
        "media",
    }


def test_a_client_cannot_say_what_is_released(proxy: Holdback, origin: Origin) -> None:
    proxy.fetch("/thing", [("X-Holdback-Purposes", "analytics,marketing")])

    assert origin.last.get("x-holdback-purposes") == ""
    assert [name for name, _ in origin.last.headers].count("x-holdback-purposes") == 1


def test_purposes_are_apart(proxy: Holdback, origin: Origin) -> None:
    visitor = Visitor(proxy)
    visitor.choose("save", ("purpose", "analytics"))
    visitor.jar |= {"_ga": "1", "_fbp": "2", "sessionid": "3"}
    visitor.get("/thing")

    assert origin.last.get("cookie") == "_ga=1; sessionid=3"
    assert origin.last.get("x-holdback-purposes") == "analytics"


def test_withdrawing_takes_cookies_back(proxy: Holdback, origin: Origin) -> None:
    origin.pages["/thing"] = Reply(PAGE, lines=[HTML, ("Set-Cookie", TRACKER), ("Set-Cookie", SESSION)])
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    visitor.get("/thing")
    assert {"_ga", "sessionid"} <= set(visitor.jar)

    visitor.choose("reject-all")

    assert "_ga" not in visitor.jar
    assert visitor.jar["sessionid"] == "s3cr3t"
    visitor.get("/thing")
    assert "_ga" not in visitor.jar
