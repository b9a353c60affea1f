"""One archive of the whole log for an auditor who trusts nobody: it is checked by a program inside it, or by hand.

The files: every record with its leaf and what the leaf commits to, the hash tiles (C2SP tlog-tiles), every signed
checkpoint, notices and editions of the rules under their hashes, the public key in two forms, ``README.md`` and
``verify.py``. The same log gives the same bytes, whoever makes the archive and when.
"""

import base64
import gzip
import io
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, select

from ..engine import schema
from ..engine.database import Database
from ..engine.dialects import streamed
from ..engine.errors import StoreUnavailable
from ..keys.log_signer import chain_of, rotations
from ..log import accounting, rows, texts
from ..log.memory import ANCHORS
from ..log.vault import Vault
from ..log.verify import Fault, Verified
from ..proof import merkle
from ..proof.key_chain import Chain
from ..proof.kit import verify as kit
from ..proof.notes import BadNote, Checkpoint, Verifier
from ..proof.tiles import TileReader
from .log_lines import Told

_KIT = Path(__file__).parents[1] / "proof" / "kit"


def write(
    database: Database, output: IO[bytes], vault: Vault | None, told: Told = lambda _unreadable: None
) -> Checkpoint:
    """Write the archive (tar, gzip) to *output*; the checkpoint that it ends with. Raises :class:`StoreUnavailable`.

    Each record comes with its opening, by which its fields are checked against its leaf; no key goes into an archive.
    Without a *vault* what is about people is withheld, and the rest is checked all the same. So it is of a record that
    its person's key does not open, of which *told* is told.

    Records that are appended meanwhile are left out: all is cut at the checkpoint that was read first.
    """
    anchors = list(
        _anchors(database.folder / ANCHORS)
    )  # first: one that is made meanwhile is of a larger log
    with database.reading() as connection:
        newest, time_ms, chain = _newest(connection)
        with (
            gzip.GzipFile("", "wb", 6, output, mtime=0) as packed,
            tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as tar,
        ):
            for name, data in (*anchors, *_files(connection, newest, chain)):
                _add(tar, name, io.BytesIO(data), len(data), time_ms)
            with tempfile.TemporaryFile() as lines:
                lines.writelines(_records(connection, newest.size, vault, told))
                length = lines.tell()
                lines.seek(0)
                _add(tar, kit.RECORDS, lines, length, time_ms)
    return newest


def check(path: Path, *, verifier: Verifier | None = None, saved: str | None = None) -> Verified | Fault:
    """Check an archive, or the folder that it was unpacked to, by the program that lies in it, and every signature.

    *verifier* and *saved* are as in :func:`..verify.verify`. Raises ``OSError`` where it can't be read.
    """
    try:
        with kit.opened(str(path)) as archive:
            chain = kit.chain_in(archive, str(verifier) if verifier else None, _holds)
            found = kit.Audit(archive, chain, saved, every_signature=True).run()
    except kit.Refused as refused:
        return Fault(refused.reason, refused.index)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        return Fault(f"this is no archive of a log: {error}")
    return Verified(**{name: found[name] for name in Verified.__slots__})


def check_receipt(receipt: object, *, verifier: Verifier | None = None) -> list[int] | Fault:
    """Check a visitor's receipt; the indexes of its records."""
    try:
        found = kit.check_receipt(receipt, str(verifier) if verifier else None, _holds)
    except kit.Refused as refused:
        return Fault(refused.reason, refused.index)
    return list(found["records"])


def _holds(public: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _newest(connection: Connection) -> tuple[Checkpoint, int, Chain]:
    heads = schema.heads.c
    row = connection.execute(select(heads.note, heads.time_ms).order_by(heads.size.desc()).limit(1)).first()
    if row is None:
        raise StoreUnavailable("the log has no checkpoint")
    try:
        return Checkpoint.parse(row.note), row.time_ms, chain_of(connection)
    except BadNote as error:
        raise StoreUnavailable(str(error)) from error


def _add(tar: tarfile.TarFile, name: str, data: IO[bytes], length: int, time_ms: int) -> None:
    """A member that says nothing about the machine that made it."""
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = length, time_ms // 1000, 0o644
    tar.addfile(member, data)


def _files(connection: Connection, newest: Checkpoint, chain: Chain) -> Iterator[tuple[str, bytes]]:
    yield "README.md", (_KIT / "README.md").read_bytes()
    yield "verify.py", (_KIT / "verify.py").read_bytes()
    yield "verifier.txt", f"{chain.first}\n".encode()
    if links := rotations(connection):
        yield kit.ROTATIONS, "".join(f"{line}\n" for line in links).encode()
    public = Ed25519PublicKey.from_public_bytes(chain.at(newest.size).public)
    yield "key.pem", public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    heads = schema.heads.c
    query = select(heads.size, heads.note).where(heads.size <= newest.size).order_by(heads.size)
    notes = list(connection.execute(query))
    yield "checkpoint", notes[-1].note.encode()
    lines = (json.dumps({"size": size, "note": note}, ensure_ascii=False) for size, note in notes)
    yield "checkpoints.jsonl", "".join(f"{line}\n" for line in lines).encode()
    if (account := accounting.kept(connection)) is not None:
        yield kit.STRIPPED, f"{account.text()}\n".encode()
    yield from _texts(connection)
    yield from _tiles(connection, newest.size)


def _anchors(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Timestamps of checkpoints, and these checkpoints; those too that are larger than the log has become."""
    for path in sorted(folder.glob("*.*")):
        if path.stem.isdigit():
            yield f"anchors/{path.name}", path.read_bytes()


def _texts(connection: Connection) -> Iterator[tuple[str, bytes]]:
    notices, facts = schema.notices.c, schema.facts.c
    for named, html in connection.execute(select(notices.hash, notices.html).order_by(notices.hash)):
        yield f"notices/{named}.html", bytes(html)
    for kind in (texts.RULES, texts.SETTINGS):
        query = select(facts.name, facts.value).where(facts.name.startswith(kind)).order_by(facts.name)
        for name, text in connection.execute(query):
            yield f"{name}.json", text.encode()


def _tiles(connection: Connection, size: int) -> Iterator[tuple[str, bytes]]:
    read, level, hashes = TileReader(connection), 0, size
    while hashes:
        for number in range(-(-hashes // merkle.TILE_WIDTH)):
            width = min(merkle.TILE_WIDTH, hashes - number * merkle.TILE_WIDTH)
            tile = read(level, number)[: width * merkle.HASH_BYTES]
            yield kit.tile_name(level, number, width), tile
        level, hashes = level + 1, hashes // merkle.TILE_WIDTH


def _records(connection: Connection, size: int, vault: Vault | None, told: Told) -> Iterator[bytes]:
    query = rows.query(vault).where(schema.records.c.idx < size)
    with streamed(connection, query, 1000) as found:
        for row in found:
            record, opening = rows.read_or_told(row, vault, told)
            line = {
                **record.line(),
                "leaf": row.leaf.decode(),
                "salt": _text(row.salt),
                "payload": _text(row.payload),
                "opening": _text(opening),
            }
            yield json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _text(data: Iterable[int] | None) -> str | None:
    return None if data is None else base64.b64encode(bytes(data)).decode()
