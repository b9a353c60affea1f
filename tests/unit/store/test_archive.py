"""The archive for auditors: what is in it, that it is always the same, and what is changed in it afterwards."""

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from holdback.store.export import archive
from holdback.store.log.verify import Fault, Verified
from holdback.store.proof.kit import verify as kit
from holdback.store.store import LOG_FILE, open_store, reading, vault_of

from tests.support.forger import NOTICE_HASH, RECORDS, SAVED, Forger, made_log, person


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("log")
    made_log(data)
    return data


def _written(data: Path, *, opened: bool = True) -> bytes:
    output = BytesIO()
    with reading(data, LOG_FILE) as database:
        archive.write(database, output, vault_of(database, data) if opened else None)
    return output.getvalue()


@pytest.fixture(scope="module")
def packed(original: Path) -> Path:
    path = original / "log.tar.gz"
    path.write_bytes(_written(original))
    return path


@pytest.fixture
def folder(packed: Path, tmp_path: Path) -> Path:
    shutil.unpack_archive(packed, tmp_path / "unpacked", "gztar", filter="data")
    return tmp_path / "unpacked"


def test_the_same_log_gives_the_same_bytes(original: Path, packed: Path) -> None:
    assert _written(original) == packed.read_bytes()


def test_it_holds_everything_that_a_check_needs(packed: Path) -> None:
    with tarfile.open(packed) as tar:
        names = set(tar.getnames())

    assert names >= {"README.md", "verify.py", "verifier.txt", "key.pem", "checkpoint", "checkpoints.jsonl"}
    assert {name for name in names if name.startswith("tile/")} == {
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    }
    assert {f"notices/{NOTICE_HASH}.html", "records.jsonl"} < names
    assert [name for name in names if name.startswith("rules/")]


@pytest.mark.parametrize("form", ["packed", "folder"])
def test_packed_and_unpacked_hold(packed: Path, folder: Path, original: Path, form: str) -> None:
    saved = (original / "saved").read_text()
    result = archive.check(packed if form == "packed" else folder, saved=saved)

    assert isinstance(result, Verified)
    assert result.size == RECORDS


def test_records_that_come_meanwhile_are_left_out(original: Path, tmp_path: Path) -> None:
    """An archive is made of what the first checkpoint that it read covers, however the log grows under it."""
    shutil.copytree(original, tmp_path / "copy")
    forger = Forger(tmp_path / "copy")
    forger.run(f"DELETE FROM heads WHERE size > {SAVED}")
    (tmp_path / "half.tar.gz").write_bytes(_written(forger.data))
    result = archive.check(tmp_path / "half.tar.gz")

    assert isinstance(result, Verified), result
    assert result.size == SAVED


def test_an_erased_person_leaves_a_leaf_that_still_verifies(original: Path, tmp_path: Path) -> None:
    shutil.copytree(original, tmp_path / "copy")
    forger = Forger(tmp_path / "copy")
    forger.erase(person(2))
    (tmp_path / "log.tar.gz").write_bytes(_written(forger.data))
    with kit.opened(str(tmp_path / "log.tar.gz")) as opened:
        found = kit.Audit(opened, kit.chain_in(opened)).run()

    assert found["size"] == RECORDS + 1
    assert found["stripped"] == 4
    with kit.opened(str(tmp_path / "log.tar.gz")) as opened:
        assert person(2).encode() not in b"".join(opened.lines)


def _edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def _lines(change: Callable[[list[str]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        lines = (folder / "records.jsonl").read_text().splitlines(keepends=True)
        change(lines)
        (folder / "records.jsonl").write_text("".join(lines))

    return apply


CHANGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "the readable choice of a record": (
        _edit("records.jsonl", '"purposes":{"analytics":true', '"purposes":{"analytics":false'),
        "another purposes",
    ),
    "the readable time of a record": (_edit("records.jsonl", '"time":"20', '"time":"19'), "another time"),
    "the readable kind of a record": (
        _edit("records.jsonl", '"kind":"grant"', '"kind":"gift"'),
        "another kind",
    ),
    "a line is gone": (_lines(lambda lines: lines.pop(7)), "record 7 is missing"),
    "the last line is gone": (_lines(lambda lines: lines.pop()), "record 299 is missing"),
    "a line is there twice": (_lines(lambda lines: lines.append(lines[-1])), "behind the newest checkpoint"),
    "a line is no JSON": (_lines(lambda lines: lines.insert(3, "{\n")), "record 3 is not readable"),
    "a salt is gone": (_lines(lambda lines: lines.__setitem__(0, _without_salt(lines[0]))), "only a part"),
    "a tile is gone": (lambda folder: (folder / "tile/0/000").unlink(), "record 0"),
    "an upper tile is changed": (
        lambda folder: (folder / "tile/1/000.p/1").write_bytes(b"x" * 32),
        "tile/1/000.p/1",
    ),
    "a tile too many": (
        lambda folder: (folder / "tile/0/002").write_bytes(b"x" * 32),
        "belongs to no record",
    ),
    "a notice is gone": (lambda folder: (folder / f"notices/{NOTICE_HASH}.html").unlink(), "is missing"),
    "a notice is another": (_edit(f"notices/{NOTICE_HASH}.html", "ask", "act"), "was replaced"),
    "the checkpoint's size": (_edit("checkpoint", "\n300\n", "\n299\n"), "has not signed"),
    "an older checkpoint's root": (lambda folder: _fork_a_checkpoint(folder), "has not signed"),
    "the newest checkpoint is an older one": (
        lambda folder: (folder / "checkpoint").write_text(_notes(folder)[-2]),
        "not the file checkpoint",
    ),
    "the key": (_edit("verifier.txt", "+", "+0"), "does not fit its own hash"),
}


def _without_salt(line: str) -> str:
    return json.dumps({**json.loads(line), "salt": None}) + "\n"


def _notes(folder: Path) -> list[str]:
    return [json.loads(line)["note"] for line in (folder / "checkpoints.jsonl").read_text().splitlines()]


def _fork_a_checkpoint(folder: Path) -> None:
    notes = _notes(folder)
    root = notes[2].split("\n")[2]
    notes[2] = notes[2].replace(root, notes[3].split("\n")[2])
    (folder / "checkpoints.jsonl").write_text("".join(json.dumps({"note": note}) + "\n" for note in notes))


ODD: list[object] = [None, 1e400, "x", [], {}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["records.jsonl", "checkpoints.jsonl"])
def test_a_line_may_say_anything(folder: Path, name: str, odd: object) -> None:
    """Each value of a record, of its leaf and of a checkpoint in turn, and each left out."""
    whole = (folder / name).read_text().splitlines()
    for line in _with(json.loads(whole[5]), odd):
        (folder / name).write_text("\n".join([*whole[:5], json.dumps(line), *whole[6:]]) + "\n")
        found = archive.check(folder)
        assert isinstance(found, Fault) or _means(line) == _means(json.loads(whole[5])), line
        assert isinstance(found, Fault) or line.get("size", 0) != odd, line
    for text in ("[" * 20_000, "null", "[]"):
        (folder / name).write_text("\n".join([*whole[:5], text, *whole[6:]]) + "\n")
        assert isinstance(archive.check(folder), Fault)


def _with(said: dict[str, Any], odd: object) -> Iterator[dict[str, Any]]:
    for name in said:
        yield {**said, name: odd}
        yield {key: value for key, value in said.items() if key != name}
    if "leaf" in said:
        for leaf in _with(json.loads(said["leaf"]), odd):
            yield {**said, "leaf": json.dumps(leaf, sort_keys=True, separators=(",", ":"))}


def _means(said: dict[str, Any]) -> dict[str, Any]:
    """What a line says: nothing is as good as an empty thing, and the size stands in the signed text as well."""
    return {name: value for name, value in said.items() if value and name != "size"}


@pytest.mark.parametrize(("change", "reason"), CHANGED.values(), ids=CHANGED)
def test_what_is_changed_in_the_archive_is_told(
    folder: Path, change: Callable[[Path], None], reason: str
) -> None:
    change(folder)
    result = archive.check(folder)

    assert isinstance(result, Fault)
    assert reason in result.reason


def test_an_archive_with_two_files_of_one_name_is_refused(packed: Path, tmp_path: Path) -> None:
    """Readers differ in which of the two they show."""
    with tarfile.open(packed) as old, tarfile.open(tmp_path / "two.tar", "w") as new:
        for member in [*old.getmembers(), old.getmember("checkpoint")]:
            new.addfile(member, old.extractfile(member))
    result = archive.check(tmp_path / "two.tar")

    assert isinstance(result, Fault)
    assert "two files checkpoint" in result.reason


def test_by_hand_as_the_readme_says(folder: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("OpenSSL's program is not installed")
    [signature, record] = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    told = subprocess.run(["bash", "-ec", signature], cwd=folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "Verified Successfully" in told.stdout
    told = subprocess.run(["bash", "-ec", record], cwd=folder, capture_output=True, text=True, check=False)
    [by_leaf, by_tile] = told.stdout.splitlines()
    assert by_leaf == by_tile
    [opening] = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", opening], cwd=folder, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("True\nTrue {")
    assert person(0) in told.stdout


def test_the_program_is_one_file_of_the_standard_library_for_old_pythons() -> None:
    tree = ast.parse(Path(kit.__file__).read_text(), feature_version=(3, 8))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}

    assert {module.partition(".")[0] for module in modules} <= sys.stdlib_module_names | {"__future__"}


# RFC 8032 section 7.1, tests 1 to 3
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "text", "signature"), RFC_8032)
def test_signatures_as_the_standard_has_them(public: str, text: str, signature: str) -> None:
    key, message, signed = (bytes.fromhex(part) for part in (public, text, signature))
    order = 2**252 + 27742317777372353535851937790883648493
    malleable = (int.from_bytes(signed[32:], "little") + order).to_bytes(32, "little")

    assert kit.ed25519_holds(key, signed, message)
    assert not kit.ed25519_holds(key, signed, message + b".")
    assert not kit.ed25519_holds(key, bytes([signed[0] ^ 1]) + signed[1:], message)
    assert not kit.ed25519_holds(key, signed[:32] + malleable, message)
    assert not kit.ed25519_holds(key, signed[:-1], message)
    assert not kit.ed25519_holds(b"\xff" * 32, signed, message)


def test_tiles_are_named_as_the_standard_has_them() -> None:
    assert kit.tile_name(0, 1_234_067, 256) == "tile/0/x001/x234/067"
    assert kit.tile_name(1, 0, 5) == "tile/1/000.p/5"


def test_rules_that_start_in_a_store_are_kept_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    try:
        for _ in range(2):
            store.ledger.publish(rules="edition", settings="{}")
    finally:
        store.close()
    digest = hashlib.sha256(b"edition").hexdigest()

    assert Forger(tmp_path).rows("SELECT name FROM facts WHERE name LIKE 'rules/%'") == [(f"rules/{digest}",)]
