"""Events from pages: what is taken, and the sentence for what is not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from holdback.banner.endpoints.posted import Malformed
from holdback.banner.endpoints.posted_events import Incoming, incoming
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_790_000_000.0
AT = datetime.fromtimestamp(NOW, UTC)


def test_one_event_and_a_list_of_them() -> None:
    assert incoming({"event": " signup ", "properties": {"plan": "free"}}, NOW) == [
        Incoming("signup", {"plan": "free"}, AT)
    ]
    assert [event.name for event in incoming([{"event": "a"}, {"event": "b"}], NOW)] == ["a", "b"]
    assert incoming([], NOW) == []


@pytest.mark.parametrize(
    ("time", "kept"),
    [
        ("2026-09-21T14:00:00Z", "2026-09-21T14:00:00+00:00"),
        ("2026-09-21T16:00:00+02:00", "2026-09-21T14:00:00+00:00"),
        ("2031-01-01T00:00:00Z", AT.isoformat()),
        ("1999-01-01T00:00:00Z", AT.isoformat()),
    ],
)
def test_an_events_own_time_stands_where_it_can_be_true(time: str, kept: str) -> None:
    assert incoming({"event": "a", "time": time}, NOW)[0].time.isoformat() == kept


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (None, "must be an object"),
        ("a", "must be an object"),
        ([[]], "must be an object"),
        ({}, '"event" must be'),
        ({"event": ""}, '"event" must be'),
        ({"event": "  "}, '"event" must be'),
        ({"event": 7}, '"event" must be'),
        ({"event": "a" * 201}, '"event" must be'),
        ({"event": "a", "properties": []}, '"properties" must be'),
        ({"event": "a", "properties": {str(n): n for n in range(201)}}, '"properties" must be'),
        ({"event": "a", "properties": {"deep": {"a": {"b": {"c": {"d": {"e": 1}}}}}}}, "nested deeper"),
        ({"event": "a", "propertys": {}}, 'no "propertys"'),
        ({"event": "a", "time": 7}, '"time" must be'),
        ({"event": "a", "time": "yesterday"}, '"time" must be'),
        ({"event": "a", "time": "2026-09-21T14:00:00"}, '"time" must be'),
        ({"event": "a\0"}, "valid Unicode"),
        ({"event": "a", "properties": {"\ud800": 1}}, "valid Unicode"),
        ({"event": "a", "properties": {"n": float("nan")}}, "finite numbers"),
        ([{"event": "a"}] * 501, "at most 500"),
    ],
)
def test_what_is_wrong_is_said(body: Any, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        incoming(body, NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values | st.dictionaries(st.sampled_from(["event", "properties", "time"]), json_values))
def test_whatever_comes_is_taken_whole_or_refused(body: Any) -> None:
    try:
        taken = incoming(body, NOW)
    except Malformed:
        return
    for event in taken:
        json.dumps(event.properties, allow_nan=False).encode()
