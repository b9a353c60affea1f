"""Content codings taken off in pieces of any size; bad, cut and bomb-like bodies are told."""

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from holdback.proxy.gate.body.decoding import FREE_BYTES, PIECE, Decoding, decoding
from holdback.proxy.gate.messages import BrokenBody

TEXT = random.Random(7).randbytes(5_000) + b"<html>" * 2_000
CODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstandard.compress,
}


def decode(coder: list[bytes], body: bytes, size: int) -> bytes:
    stream = Decoding(coder)
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    return b"".join(stream.feed(piece, last=index == len(pieces) - 1) for index, piece in enumerate(pieces))


@pytest.mark.parametrize("size", [1, 7, 1_024, 100_000])
@pytest.mark.parametrize("coding", CODERS)
def test_any_chunking(coding: bytes, size: int) -> None:
    assert decode([coding], CODERS[coding](TEXT), size) == TEXT


@pytest.mark.parametrize("coding", CODERS)
def test_a_cut_body_is_broken(coding: bytes) -> None:
    with pytest.raises(BrokenBody):
        decode([coding], CODERS[coding](TEXT)[:-9], 1_000)


@pytest.mark.parametrize("coding", CODERS)
def test_what_came_out_before_a_body_broke_is_passed_on(coding: bytes) -> None:
    """And in pieces of a size that is worth a look at each, but never of megabytes."""
    body = CODERS[coding](TEXT * 50)
    came: list[bytes] = []
    with pytest.raises(BrokenBody):
        came.extend(Decoding([coding]).pieces(body[:-9], last=True))
    assert (TEXT * 50).startswith(b"".join(came))
    assert len(came) <= len(TEXT) * 50 / PIECE + 2
    if coding != b"zstd":  # which takes no limit: a slice of it makes what it makes
        assert max(map(len, came)) <= 2 * PIECE


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"zstd"])
def test_garbage_is_broken(coding: bytes) -> None:
    with pytest.raises(BrokenBody):
        decode([coding], b"\xff not coded at all" * 50, 100)


@pytest.mark.parametrize("coding", [b"br", b"zstd"])
def test_a_bomb_is_noticed(coding: bytes) -> None:
    bomb = CODERS[coding](bytes(3 * FREE_BYTES))
    with pytest.raises(BrokenBody, match="beyond all measure"):
        decode([coding], bomb, 65_536)


def test_bare_deflate_and_several_gzip_members() -> None:
    bare = zlib.compressobj(wbits=-15)
    assert decode([b"deflate"], bare.compress(TEXT) + bare.flush(), 333) == TEXT
    assert decode([b"gzip"], gzip.compress(TEXT) + gzip.compress(b"more") + b"\0\0", 333) == TEXT + b"more"


def test_two_codings() -> None:
    assert decode([b"gzip", b"br"], brotli.compress(gzip.compress(TEXT)), 500) == TEXT


def test_an_unknown_coding_has_no_decoder() -> None:
    assert decoding([(b"content-encoding", b"gzip, exi")]) is None
    assert decoding([(b"content-encoding", b"identity")]) is not None


def test_an_empty_body_is_not_cut_short() -> None:
    assert decode([b"gzip"], b"", 1) == b""
