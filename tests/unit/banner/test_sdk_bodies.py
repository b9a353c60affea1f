"""What SDKs send, in all the ways in which they have sent it; and bodies that nobody should send."""

import base64
import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote, quote_plus

import brotli
import pytest
import zstandard
from holdback.banner.endpoints.posted import Malformed
from holdback.banner.sdks import amplitude, mixpanel, posthog
from holdback.banner.sdks.decoding import MOST_BYTES, decoded

SAID = {"event": "hello", "properties": {"distinct_id": "d", "text": "grün ?>~ plus"}}
RAW = json.dumps(SAID, ensure_ascii=False).encode()
BASE64 = base64.b64encode(RAW).decode()
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
packed = partial(gzip.compress, mtime=0)
"""The same bytes whenever they are packed: they are in the tests' names, which must not differ between processes."""


@pytest.mark.parametrize(
    ("body", "coding", "query"),
    [
        (RAW, "", {}),
        (packed(RAW), "gzip", {}),
        (packed(RAW), "", {}),
        (RAW, "gzip", {}),
        (zlib.compress(RAW), "deflate", {}),
        (zlib.compress(RAW)[2:-4], "deflate", {}),
        (brotli.compress(RAW), "br", {}),
        (zstandard.compress(RAW), "zstd", {}),
        (brotli.compress(packed(RAW)), "gzip, br", {}),
        (f"data={quote(BASE64)}&compression=base64".encode(), "", {}),
        (f"data={BASE64}".encode(), "", {}),
        (f"data={quote_plus(RAW.decode())}".encode(), "", {}),
        (f"data={quote(base64.b64encode(packed(RAW)).decode())}".encode(), "", {}),
        (packed(f"data={quote(BASE64)}".encode()), "", {}),
        (BASE64.encode(), "", {}),
        (b"", "", {"data": BASE64}),
        (b"", "", {"data": RAW.decode()}),
    ],
)
def test_every_way_says_the_same(body: bytes, coding: str, query: dict[str, str]) -> None:
    assert decoded(body, coding, query) == SAID


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"{", ""),
        (b"\xff\xfe", ""),
        (packed(RAW)[:-9], ""),
        (packed(b"\0" * (MOST_BYTES + 1)), ""),
        (zstandard.compress(b" " * (MOST_BYTES + 1)), "zstd"),
        (brotli.compress(b" " * (MOST_BYTES + 1)), "br"),
        (b"not gzip", "br"),
        (RAW, "compress"),
        (RAW, "br, br, br, br"),
        (b"[" * 100_000, ""),
        (b"data=%00%01", ""),
    ],
)
def test_what_can_not_be_read_is_told(body: bytes, coding: str) -> None:
    with pytest.raises(Malformed):
        decoded(body, coding, {})


def test_posthog_in_each_era() -> None:
    earlier = NOW - timedelta(seconds=10)
    event = {
        "event": "hello",
        "uuid": "u1",
        "timestamp": earlier.isoformat(),
        "properties": {"token": "t", "a": 1},
    }
    for said in (event, [event], {"api_key": "k", "batch": [event], "sent_at": NOW.isoformat()}):
        [told] = posthog.events(said, NOW)
        assert (told.name, told.id, told.time, dict(told.properties)) == ("hello", "u1", earlier, {"a": 1})
    [old] = posthog.events({"event": "hello", "offset": 2500, "properties": {}}, NOW)
    assert old.time == NOW - timedelta(milliseconds=2500)


def test_a_clock_that_is_years_off_is_put_right_by_when_it_sent() -> None:
    wrong = datetime(2031, 1, 1, tzinfo=UTC)
    batch = [{"event": "a", "timestamp": (wrong - timedelta(minutes=3)).isoformat(), "properties": {}}]
    [told] = posthog.events({"batch": batch, "sent_at": wrong.isoformat()}, NOW)
    assert told.time == NOW - timedelta(minutes=3)
    [unsaid] = posthog.events({"batch": batch}, NOW)
    assert unsaid.time == NOW
    [amp] = amplitude.events(
        {"client_upload_time": "1999-01-01T00:00:10Z", "events": [{"event_type": "a", "time": 915148800000}]},
        NOW,
    )
    assert amp.time == NOW - timedelta(seconds=10)


def test_mixpanel_tracks_and_speaks_of_people() -> None:
    said = [
        {
            "event": "hello",
            "properties": {"token": "t", "time": NOW.timestamp() - 5, "$insert_id": "i", "x": 2},
        }
    ]
    [told] = mixpanel.events("track/", said, NOW)
    assert (told.id, told.time, told.properties["x"]) == ("i", NOW - timedelta(seconds=5), 2)
    [person] = mixpanel.events("engage/", [{"$token": "t", "$distinct_id": "d", "$set": {"plan": "x"}}], NOW)
    assert (person.name, person.properties) == ("$identify", {"$set": {"plan": "x"}, "distinct_id": "d"})
    assert mixpanel.answer("track/", {"verbose": "1"}) == {"error": None, "status": 1}
    assert mixpanel.answer("track/", {}) == 1


def test_the_path_of_the_page_is_kept_without_its_query() -> None:
    properties = {"$current_url": "https://shop.test/cart?mail=a@b"}
    [told] = posthog.events({"event": "a", "properties": properties}, NOW)
    assert told.path == "/cart"


@pytest.mark.parametrize(
    "said",
    [
        "text",
        [1],
        {"event": 5},
        {"event": " "},
        {"event": "a", "properties": [1]},
        {"event": "a", "properties": {"x": "y" * 300_000}},
    ],
)
def test_what_is_no_event_is_told(said: object) -> None:
    with pytest.raises(Malformed):
        list(posthog.events(said, NOW))


def test_text_that_no_database_takes_is_made_to_fit() -> None:
    text = json.loads(
        '{"event": "h\\u0000i", "properties": {"a\\ud800": "\\udfff", "n": 1e999, "emoji": "\\ud83d\\ude00"}}'
    )
    [told] = posthog.events(text, NOW)
    assert told.name == "h\ufffdi"
    assert told.properties == {"a\ufffd": "\ufffd", "emoji": "\U0001f600"}


def test_the_remote_configuration_is_no_way_to_put_a_script_into_the_page() -> None:
    assert posthog.answer("array/</script><b>/config.js") == b""
    named = posthog.answer('array/a"]=alert(1);<b/config.js')
    assert isinstance(named, bytes)
    assert b"<" not in named
    assert b'"a\\"]=alert(1);\\u003cb"' in named
