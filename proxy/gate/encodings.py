"""Content codings, taken off as the body streams (RFC 9110 §8.4), with a cap on what may come out."""

import zlib
from collections.abc import Callable
from typing import Protocol

import brotli
import zstandard

from ..headers import Headers, first, tokens
from .decisions import BrokenBody

EXPANSION = 1_000
"""How many bytes may come out for one that went in, beyond ``FREE_BYTES``."""
FREE_BYTES = 16 * 1024 * 1024

_SLICE = 1024
"""Coded bytes are taken in slices, so that a bomb is noticed after one slice's worth and not after all."""


class Decoder(Protocol):
    """Takes one coding off, piece by piece."""

    def decode(self, chunk: bytes) -> bytes:
        """The decoded bytes of *chunk*. Raises :class:`BrokenBody`."""

    def finish(self) -> bytes:
        """What is left at the end. Raises :class:`BrokenBody` where the coded body was cut short."""


class _Zlib:
    """gzip (several members, RFC 1952 §2.2) and deflate (zlib-wrapped or, as some servers send it, bare)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = self._fresh()
        self._started = False

    def _fresh(self) -> "zlib._Decompress":
        return zlib.decompressobj(zlib.MAX_WBITS | 16 if self._gzip else zlib.MAX_WBITS)

    def decode(self, chunk: bytes) -> bytes:
        if not self._gzip and not self._started and chunk and chunk[0] & 0x0F != 8:
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        self._started = self._started or bool(chunk)
        out = b""
        while chunk:
            out += self._inner.decompress(chunk)
            chunk = self._inner.unused_data if self._inner.eof else b""
            if chunk:
                if not self._gzip or not chunk.strip(b"\0"):
                    break
                self._inner = self._fresh()
        return out

    def finish(self) -> bytes:
        if self._started and not self._inner.eof:
            raise BrokenBody("the coded body was cut short")
        return b""


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._started = False

    def decode(self, chunk: bytes) -> bytes:
        if not chunk:
            return b""
        self._started = True
        out = bytes(self._inner.process(chunk, output_buffer_limit=FREE_BYTES))
        if not self._inner.can_accept_more_data():
            raise BrokenBody("the body expands beyond all measure")
        return out

    def finish(self) -> bytes:
        if self._started and not self._inner.is_finished():
            raise BrokenBody("the coded body was cut short")
        return b""


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self._started = False

    def decode(self, chunk: bytes) -> bytes:
        if not chunk or self._inner.eof:
            return b""
        self._started = True
        return self._inner.decompress(chunk)

    def finish(self) -> bytes:
        if self._started and not self._inner.eof:
            raise BrokenBody("the coded body was cut short")
        return b""


_CODINGS: dict[bytes, Callable[[], Decoder]] = {
    b"gzip": lambda: _Zlib(gzip=True),
    b"x-gzip": lambda: _Zlib(gzip=True),
    b"deflate": lambda: _Zlib(gzip=False),
    b"br": _Brotli,
    b"zstd": _Zstd,
}

DECODABLE = frozenset(_CODINGS) | {b"identity"}
"""Codings that a page may come in and still be rewritten."""


class Decoding:
    """All codings of one response, outermost last as the header lists them."""

    def __init__(self, codings: list[bytes]) -> None:
        self._decoders = [_CODINGS[coding]() for coding in reversed(codings)]
        self._in = 0
        self._out = 0

    def feed(self, chunk: bytes, last: bool) -> bytes:
        """The decoded bytes of *chunk*. Raises :class:`BrokenBody` on bad, cut or bomb-like input."""
        if not self._decoders:
            return chunk
        out: list[bytes] = []
        try:
            for start in range(0, len(chunk), _SLICE):
                out.append(self._slice(chunk[start : start + _SLICE]))
            if last:
                out.append(self._finish())
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise BrokenBody(f"the body can't be decoded: {error}") from error
        return b"".join(out)

    def _slice(self, piece: bytes) -> bytes:
        self._in += len(piece)
        for decoder in self._decoders:
            piece = decoder.decode(piece)
        self._out += len(piece)
        if self._out > FREE_BYTES + EXPANSION * self._in:
            raise BrokenBody("the body expands beyond all measure")
        return piece

    def _finish(self) -> bytes:
        rest = b""
        for decoder in self._decoders:
            rest = (decoder.decode(rest) if rest else b"") + decoder.finish()
        return rest


_NONE = Decoding([])
"""Takes nothing off, and so has nothing to remember: one serves all."""


def decoding(headers: Headers) -> Decoding | None:
    """What takes the codings off that *headers* name; None where one of them is unknown."""
    if first(headers, b"content-encoding") is None:
        return _NONE
    codings = [coding for coding in tokens(headers, b"content-encoding") if coding != b"identity"]
    if any(coding not in _CODINGS for coding in codings):
        return None
    return Decoding(codings)
