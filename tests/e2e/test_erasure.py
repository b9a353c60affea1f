"""Somebody wants to be forgotten, while the proxy serves."""

import json
from pathlib import Path

from tests.support.holdback_process import Holdback, holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor

JSON = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")]


def _traces(data: Path, text: str) -> list[str]:
    """The files of *data* in which the bytes of *text* are."""
    return [path.name for path in data.iterdir() if text.encode() in path.read_bytes()]


def _chosen(proxy: Holdback, name: str) -> tuple[Visitor, str]:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    event = json.dumps({"event": name, "properties": {"secret": f"of {name}"}}).encode()
    assert json.loads(visitor.post("/_hb/events", event, JSON).body) == {"stored": 1}
    return visitor, str(proxy.records()[-1]["id"])


def test_one_of_many_is_forgotten(origin: Origin, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(origin.url, data, options=["--workers", "2"]) as proxy:
        before = [_chosen(proxy, f"other {number}")[1] for number in range(3)]
        visitor, id_ = _chosen(proxy, "somebody")
        after = _chosen(proxy, "another")[1]
        visitor.jar["_ga"] = "1"
        visitor.get()
        assert "_ga=1" in origin.last.get("cookie")

        exported = proxy.command("subject", "export", id_)
        rows = [json.loads(line) for line in exported.stdout.splitlines()]
        assert (rows[0]["what"], rows[0]["kind"], rows[0]["id"]) == ("record", "grant", id_)
        events = [row for row in rows if row["what"] == "event"]
        assert {"secret": "of somebody"} in [event["properties"] for event in events]
        assert {event["visitor"] for event in events} == {id_}

        erased = proxy.command("subject", "erase", id_, "--json")
        assert erased.returncode == 0, erased.stderr
        assert json.loads(erased.stdout) == {
            "records": 1,
            "events": len(events),
            "index": 5,
            "settled": True,
        }
        assert _traces(data, id_) == []
        assert _traces(data, "of somebody") == []
        assert _traces(data, before[0])

        def forgotten() -> bool:
            visitor.jar["_ga"] = "1"
            visitor.get()
            return "_ga" not in origin.last.get("cookie")

        until(forgotten, "the cookie to grant nothing")
        for _ in range(8):  # whichever worker answers
            assert forgotten()

        records = proxy.records()
        assert [record["id"] for record in records] == [*before, "", after, ""]
        assert records[5]["kind"] == "erased"
        assert {event["visitor"] for event in proxy.events() if event["event"] != "page view"} == {
            *before,
            after,
        }
        assert proxy.command("log", "verify").returncode == 0
        archive = tmp_path / "log.tar.gz"
        written = proxy.command("log", "export", "--format", "archive", "--output", str(archive))
        assert written.returncode == 0, written.stderr
        checked = holdback("log", "verify", "--archive", str(archive))
        assert checked.returncode == 0, checked.stderr

        again = proxy.command("subject", "erase", id_)
        assert (again.returncode, again.stderr) == (1, f"holdback: Nothing is kept of {id_}.\n")
        assert len(proxy.records()) == 6
        visitor.choose("accept-all")
        assert proxy.records()[-1]["id"] not in (id_, "")
