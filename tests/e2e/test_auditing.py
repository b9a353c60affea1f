"""What an auditor and a visitor take away from a running proxy, checked by ``verify.py`` alone."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support.holdback_process import Holdback, holdback
from tests.support.visitor import Visitor


def test_an_archive_and_a_receipt_of_a_running_proxy(proxy: Holdback, tmp_path: Path) -> None:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    visitor.choose("reject-all", page="/_hb/choices")
    Visitor(proxy).choose("reject-all", headers=[("Sec-GPC", "1")])
    (tmp_path / "saved").write_bytes(proxy.fetch("/_hb/log/checkpoint").body)
    Visitor(proxy).choose("accept-all")
    exported = proxy.command("log", "export", "--format", "archive", "--output", str(tmp_path / "log.tar.gz"))
    assert exported.returncode == 0, exported.stderr
    with tarfile.open(tmp_path / "log.tar.gz") as tar:
        tar.extractall(tmp_path / "log", filter="data")
    key = (tmp_path / "log" / "verifier.txt").read_text().strip()
    (tmp_path / "receipt.json").write_bytes(visitor.get("/_hb/receipt?data").body)

    archive = _verified(tmp_path, "--checkpoint", str(tmp_path / "saved"), "--key", key, "--every-signature")
    receipt = _verified(tmp_path, "--receipt", str(tmp_path / "receipt.json"), "--key", key)
    assert (archive["size"], archive["saved"]) == (6, 5)
    assert receipt["records"] == [2, 3]
    assert list((tmp_path / "log" / "rules").iterdir())


def _verified(folder: Path, *options: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", folder / "log" / "verify.py", "--json", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_second_custodian_polls_a_running_proxy(proxy: Holdback, tmp_path: Path) -> None:
    key = json.loads(proxy.command("log", "verify", "--json").stdout)["verifier"]
    poll = ["log", "keep", f"{proxy.url}/_hb/log", "--folder", str(tmp_path / "kept"), "--json"]
    sizes = []
    for number in range(3):
        Visitor(proxy).choose("accept-all")
        done = holdback(*poll, *(["--key", key] if not number else []))
        assert done.returncode == 0, done.stderr
        sizes.append(json.loads(done.stdout)["size"])

    assert sizes == [sizes[0], sizes[0] + 1, sizes[0] + 2]
    newest = tmp_path / "kept" / f"{sizes[-1]}.checkpoint"
    assert proxy.command("log", "verify", "--checkpoint", str(newest)).returncode == 0


def test_the_archive_of_a_log_with_an_erased_person(proxy: Holdback, tmp_path: Path) -> None:
    visitor = Visitor(proxy)
    visitor.choose("accept-all")
    receipt = json.loads(visitor.get("/_hb/receipt?data").body)
    person = receipt["hasConsentRecord"][0]["hasDataSubject"].removeprefix("urn:uuid:")
    (tmp_path / "saved").write_bytes(proxy.fetch("/_hb/log/checkpoint").body)
    erased = proxy.command("subject", "erase", person)
    assert erased.returncode == 0, erased.stderr
    archive = str(tmp_path / "log.tar.gz")
    assert proxy.command("log", "export", "--format", "archive", "--output", archive).returncode == 0
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "log", filter="data")

    found = _verified(tmp_path, "--checkpoint", str(tmp_path / "saved"))
    assert found["stripped"] == 1
    assert person not in (tmp_path / "log" / "records.jsonl").read_text()
