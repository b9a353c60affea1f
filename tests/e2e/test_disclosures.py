"""What is handed out of a person is on record, with theirs, and goes with them; a copy of the data begins no log."""

import json
import shutil
from pathlib import Path

from tests.support.holdback_process import holdback, serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor, visitor_id


def test_what_is_handed_out_is_on_record(origin: Origin, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(origin.url, data) as proxy:
        visitor = Visitor(proxy)
        visitor.choose("accept-all")
        id_ = visitor_id(visitor.signed)
        kinds = [record["kind"] for record in proxy.records()]
        assert "disclosed" not in kinds, "what an owner reads themself is not handed out"

        assert proxy.command("subject", "export", id_, "--for", "the person").returncode == 0
        assert proxy.command("log", "export", "--format", "csv", "--for", "Example Auditors").returncode == 0
        assert proxy.command("log", "export", "--withhold", "--for", "nobody").returncode == 0
        assert proxy.command("events", "export", "--for", "Example Analysts").returncode == 0
        until(lambda: sum(record["kind"] == "disclosed" for record in proxy.records()) == 3, "three records")
        found = [record for record in proxy.records() if record["kind"] == "disclosed"]
        assert [(one["disclosed"]["what"], one["disclosed"]["to"], one["id"]) for one in found] == [
            ("subject export", "the person", id_),
            ("log export", "Example Auditors", ""),
            ("events export", "Example Analysts", ""),
        ]
        assert found[1]["disclosed"]["format"] == "csv"
        assert all(one["disclosed"]["by"] for one in found)

        [kept] = [
            json.loads(line)
            for line in proxy.command("subject", "export", id_).stdout.splitlines()
            if '"disclosed"' in line
        ]
        assert kept["disclosed"]["to"] == "the person"
        shown = proxy.command("log", "show").stdout
        assert "log export, for Example Auditors, by " in shown
        receipt = json.loads(visitor.get("/_hb/receipt?data").body)
        assert len(receipt["hasConsentRecord"]) == 1, "a receipt is of choices"
        visitor.get("/")
        assert origin.last.get("x-holdback-purposes") != "", "the choice stands"

        assert proxy.command("subject", "erase", id_).returncode == 0
        left = [record for record in proxy.records() if record["kind"] == "disclosed"]
        assert [one.get("missing", "") for one in left].count("stripped") == 2
        assert proxy.command("log", "verify").returncode == 0
        archive = tmp_path / "log.tar.gz"
        assert proxy.command("log", "export", "--format", "archive", "--output", str(archive)).returncode == 0
        assert holdback("log", "verify", "--archive", str(archive)).returncode == 0


def test_a_copy_begins_no_history_of_its_own(origin: Origin, tmp_path: Path) -> None:
    with serving(origin.url, tmp_path / "data") as proxy:
        visitor = Visitor(proxy)
        visitor.choose("accept-all")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "data", copy)
    before = holdback("log", "checkpoint", "--data", str(copy)).stdout
    exported = holdback("subject", "export", visitor_id(visitor.signed), "--data", str(copy))
    assert exported.returncode == 0, exported.stderr
    assert holdback("log", "checkpoint", "--data", str(copy)).stdout == before


def test_where_it_can_t_be_put_on_record_the_owner_is_told(origin: Origin, tmp_path: Path) -> None:
    with serving(origin.url, tmp_path / "data") as proxy:
        visitor = Visitor(proxy)
        visitor.choose("accept-all")
    spool = tmp_path / "data" / "refusals.spool"
    spool.unlink()
    spool.mkdir()
    exported = holdback("subject", "export", visitor_id(visitor.signed), "--data", str(tmp_path / "data"))
    assert exported.returncode == 0
    assert "not on record" in exported.stderr
