"""Anchors: RFC 3161 timestamps of checkpoints. An authority that is none of us says when a history stood as it does.

An anchor is two files in the folder ``anchors`` beside the log: ``<size>.checkpoint``, the signed note, and
``<size>.tsr``, the authority's answer over these very bytes. Both are public, and OpenSSL reads them:
``openssl ts -verify -data 7.checkpoint -in 7.tsr -CAfile root.pem``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from .notes import Checkpoint

FOLDER = "anchors"

type Ask = Callable[[bytes], bytes]
"""Sends a timestamp request (DER) to an authority; the answer's bytes."""


class BadAnchor(Exception):
    """An authority's answer that proves nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint and when it was stamped. ``path`` is the authority's answer."""

    size: int
    time: datetime
    path: Path


def stamp(data: Path, note: str, ask: Ask, roots: list[x509.Certificate]) -> Anchor:
    """Have the checkpoint in *note* stamped, and keep the anchor in the data folder. Raises :class:`BadAnchor`.

    With *roots* the authority's signature and chain are checked before anything is kept; without them only that the
    answer is to this request.
    """
    message = note.encode()
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = ask(request.as_bytes())
    response = _decoded(answer)
    imprint = response.tst_info.message_imprint.message
    if response.tst_info.nonce != request.nonce or imprint != request.message_imprint.message:
        raise BadAnchor("the authority has answered another request")
    if roots:
        _verify(response, message, roots)
    size = Checkpoint.parse(note).size
    folder = data / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    (folder / f"{size}.checkpoint").write_bytes(message)
    path = folder / f"{size}.tsr"
    path.write_bytes(answer)
    return Anchor(size, response.tst_info.gen_time, path)


def check(path: Path, roots: list[x509.Certificate]) -> Anchor:
    """The anchor whose authority's answer is at *path*, checked against its checkpoint and *roots*.

    Raises :class:`BadAnchor`, and ``OSError`` where a file is missing.
    """
    message = path.with_suffix(".checkpoint").read_bytes()
    response = _decoded(path.read_bytes())
    _verify(response, message, roots)
    return Anchor(Checkpoint.parse(message.decode()).size, response.tst_info.gen_time, path)


def kept(data: Path) -> Iterator[Path]:
    """The authorities' answers in a data folder, oldest first."""
    return iter(sorted((data / FOLDER).glob("*.tsr"), key=lambda path: int(path.stem)))


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(answer)
    except ValueError as error:
        raise BadAnchor(f"the authority's answer is no timestamp: {error}") from error
    if response.status not in (0, 1):  # granted, granted with changes (RFC 3161 section 2.4.2)
        raise BadAnchor(f"the authority refuses: {', '.join(response.status_string) or response.status}")
    return response


def _verify(response: TimeStampResponse, message: bytes, roots: list[x509.Certificate]) -> None:
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise BadAnchor(f"the timestamp does not hold: {error}") from error
