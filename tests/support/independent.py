"""A check of an archive by programs that nobody here wrote.

OpenSSL checks the signature. ``sigstore`` (PyPI), which reads the same formats for its own log, reads the signed note
and the checkpoint in it, and verifies for each record that its leaf is in the tree (RFC 6962). The standard library
hashes what leaves and notices commit to. Our own code only looks up proofs in the tiles: a wrong one can't make
anything hold.
"""

import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from holdback.store.proof import merkle
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote
from sigstore.errors import VerificationError

_TILE = re.compile(r"tile/(\d+)/(\d{3})(?:\.p/\d+)?")


class NotConvinced(Exception):
    """What the independent check has against an archive."""


def convinced(folder: Path, *, key: Path | None = None, saved: Path | None = None) -> None:
    """Check the unpacked archive in *folder*. Raises :class:`NotConvinced`.

    *key* is a PEM file that was got by another way, *saved* a checkpoint from earlier.
    """
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    key = key or folder / "key.pem"
    head = _head(folder / "checkpoint", key)
    if len(lines) != head.log_size:
        raise NotConvinced("the checkpoint is of another size")
    _in_tree(folder, lines, head)
    if saved is not None:
        earlier = _head(saved, key)
        if earlier.log_size > head.log_size:
            raise NotConvinced("the log was longer before")
        _in_tree(folder, lines[: earlier.log_size], earlier)
    _committed(lines)
    for notice in (folder / "notices").iterdir():
        if hashlib.sha256(notice.read_bytes()).hexdigest() != notice.stem:
            raise NotConvinced("a notice is not what its name says")


def _head(path: Path, key: Path) -> LogCheckpoint:
    note = SignedNote.from_text(path.read_text())
    text, signature = path.with_name("signed-text"), path.with_name("signature")
    text.write_text(note.note)
    signature.write_bytes(base64.b64decode(note.signatures[0].signature))
    done = subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-rawin",
            "-pubin",
            "-inkey",
            key,
            "-in",
            text,
            "-sigfile",
            signature,
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise NotConvinced("openssl refuses the signature")
    return LogCheckpoint.from_text(note.note)


def _in_tree(folder: Path, lines: list[dict[str, Any]], head: LogCheckpoint) -> None:
    tiles = {}
    for path in (folder / "tile").rglob("*"):
        named = _TILE.fullmatch(path.relative_to(folder).as_posix())
        if named and path.is_file():
            tiles[int(named[1]), int(named[2])] = path.read_bytes()
    for index, line in enumerate(lines):
        proof = SimpleNamespace(
            log_index=index,
            tree_size=head.log_size,
            root_hash=bytes.fromhex(head.log_hash),
            hashes=merkle.inclusion_proof(lambda *named: tiles[named], index, head.log_size),
        )
        entry: Any = SimpleNamespace(
            _inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=line["leaf"].encode())
        )
        try:
            verify_merkle_inclusion(entry)
        except VerificationError as error:
            raise NotConvinced(f"sigstore refuses the proof of record {index}") from error


def _committed(lines: list[dict[str, Any]]) -> None:
    last = 0
    for index, line in enumerate(lines):
        leaf = json.loads(line["leaf"])
        if leaf["time"] < last:
            raise NotConvinced(f"record {index} is older than the one before")
        last = leaf["time"]
        if line["payload"] is not None:
            kept = base64.b64decode(line["salt"]) + base64.b64decode(line["payload"])
            if hashlib.sha256(kept).hexdigest() != leaf["commitment"]:
                raise NotConvinced(f"record {index} is not what its leaf commits to")
            if line["opening"] is not None:
                opening, committed = (
                    base64.b64decode(line["opening"]),
                    base64.b64decode(line["payload"])[16:48],
                )
                if (
                    hashlib.sha256(opening).digest() != committed
                    or json.loads(opening[16:])["id"] != line["id"]
                ):
                    raise NotConvinced(f"record {index} does not say what its leaf commits to")
