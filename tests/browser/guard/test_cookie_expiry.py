"""When a written cookie has expired already: proxy and guard say what the browser itself does.

Scripts delete a cookie by writing it with a moment that is past. A held one is shown to the script that has just
written it, so that it finds cookies to work; one that it deletes it must not find.
"""

import time

import pytest
from holdback.proxy.gate.sightings import lifetime

from .support import Opened

pytestmark = [pytest.mark.browser, pytest.mark.both_engines]

KEPT = [
    "",
    "; path=/",
    "; max-age=60",
    "; Max-Age = 60",
    ";MAX-AGE=060",
    "; max-age=60 ; path=/",
    "; expires=Fri, 31 Dec 2038 23:59:59 GMT",
    "; expires=Fri, 31-Dec-2038 23:59:59 GMT",
    "; Expires = Fri, 31 Dec 2038 23:59:59 GMT",
    "; expires=never",
    "; expires=",
    "; max-age=",
    "; max-age=soon",
    "; max-age=-",
    "; max-age=0x",
    "; max-age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=60",
    "; max-age=0; max-age=60",
    "; expires=Thu, 01 Jan 1970 00:00:00 GMT; expires=Fri, 31 Dec 2038 23:59:59 GMT",
    "; max-age=0; max-age=soon",
    "; expires=Mon, 26 Oct 2015 07:28:00 GMT; expires=never",
    "; path=/; comment=max-age=0",
    "; xmax-age=0",
]
DELETED = [
    "; max-age=0",
    "; max-age=-1",
    ";Max-Age=0;path=/",
    "; max-age = -99 ",
    "; max-age=0 ; path=/",
    "; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "; expires=Thu, 01-Jan-1970 00:00:01 GMT",
    "; expires=Thu, 01-Jan-70 00:00:01 GMT",
    "; EXPIRES=Wed, 31 Dec 2025 23:59:59 GMT",
    "; expires=Wed, 31 Dec 2025 23:59:59 UTC; path=/",
    "; max-age=60; max-age=0",
    "; max-age=0; expires=Fri, 31 Dec 2038 23:59:59 GMT",
    "; expires=Fri, 31 Dec 2038 23:59:59 GMT; max-age=-1",
    "; path=/; expires=Mon, 26 Oct 2015 07:28:00 GMT; samesite=lax",
]
DIFFERS = "; max-age=-"
"""Firefox takes this for a zero and deletes the cookie, Chromium for nothing (RFC 6265, 5.2.2). We say it is kept."""
ANSWERS = """(all) => all.map((attributes) => {
  document.cookie = 'plain=1; max-age=0';
  const after = (name) => {
    document.cookie = name + '=1';
    document.cookie = name + '=2' + attributes;
    return document.cookie.includes(name + '=');
  };
  return [after('plain'), after('acme_id')];
})"""


def test_all_three_say_the_same(opened: Opened) -> None:
    by_browser_and_guard = opened("<p>A page</p>").evaluate(ANSWERS, KEPT + DELETED)
    by_proxy = []
    for attributes in KEPT + DELETED:
        seconds = lifetime(f"plain=2{attributes}".encode(), time.time())
        by_proxy.append(seconds is None or seconds > 0)
    found = [
        (attributes, *says, proxy)
        for attributes, says, proxy in zip(KEPT + DELETED, by_browser_and_guard, by_proxy, strict=True)
    ]
    found = [(attributes, own or attributes == DIFFERS, *ours) for attributes, own, *ours in found]
    wanted = [(attributes, *[attributes in KEPT] * 3) for attributes in KEPT + DELETED]
    assert [pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]] == []
