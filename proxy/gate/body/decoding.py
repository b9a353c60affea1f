"""Content codings, taken off as the body streams (RFC 9110 §8.4), with a cap on what may come out."""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli
import zstandard

from ...http.headers import Headers, first, tokens
from ..messages import BrokenBody

EXPANSION = 100
"""How many bytes may come out for one that went in, beyond ``FREE_BYTES``. Pages are coded to a tenth, tables to a
fiftieth; gzip at its best, which is nothing but repetition, to a thousandth."""
FREE_BYTES = 16 * 1024 * 1024
PIECE = 64 * 1024
"""Decoded bytes that are handed on at a time, so that others are served between."""
MOST_CODINGS = 4
"""Codings on top of one another; nobody uses two."""

_SLICE = 1024
_SMALL_SLICE = 32
"""Coded bytes that zstd is given at a time, once it has shown that it expands much: it takes no limit."""
_WINDOW = 8 * 1024 * 1024
"""Bytes that a zstd frame may refer back to (RFC 9659)."""


class Decoder(Protocol):
    """Takes one coding off, piece by piece."""

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded bytes of *chunk*, in pieces of a bounded size. Raises :class:`BrokenBody`."""

    def finish(self) -> None:
        """The coded body has ended. Raises :class:`BrokenBody` where it was cut short."""


class _Zlib:
    """gzip (several members, RFC 1952 §2.2) and deflate (zlib-wrapped or, as some servers send it, bare)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = self._fresh()
        self._started = False

    def _fresh(self) -> "zlib._Decompress":
        return zlib.decompressobj(zlib.MAX_WBITS | 16 if self._gzip else zlib.MAX_WBITS)

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        if not self._gzip and not self._started and chunk and chunk[0] & 0x0F != 8:
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        self._started = self._started or bool(chunk)
        while chunk:
            yield self._inner.decompress(chunk, PIECE)
            chunk = self._inner.unconsumed_tail
            if self._inner.eof:
                chunk = self._inner.unused_data
                if not self._gzip or not chunk.strip(b"\0"):
                    return
                self._inner = self._fresh()

    def finish(self) -> None:
        if self._started and not self._inner.eof:
            raise BrokenBody("the coded body was cut short")


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._started = False

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        if not chunk:
            return
        self._started = True
        yield bytes(self._inner.process(chunk, output_buffer_limit=PIECE))
        while not self._inner.can_accept_more_data():
            yield bytes(self._inner.process(b"", output_buffer_limit=PIECE))

    def finish(self) -> None:
        if self._started and not self._inner.is_finished():
            raise BrokenBody("the coded body was cut short")


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        self._started = False
        self._slice = _SLICE

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        position = 0
        while position < len(chunk) and not self._inner.eof:
            self._started = True
            piece = self._inner.decompress(chunk[position : position + self._slice])
            position += self._slice
            if len(piece) > PIECE:
                self._slice = _SMALL_SLICE
            yield piece

    def finish(self) -> None:
        if self._started and not self._inner.eof:
            raise BrokenBody("the coded body was cut short")


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
        self._codings = codings
        self._decoders = [_CODINGS[coding]() for coding in reversed(codings)]
        self._in = 0
        self._out = 0

    def again(self) -> "Decoding":
        """The same for the body from its first byte on."""
        return Decoding(self._codings)

    def pieces(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """The decoded bytes of *chunk*, in pieces of a bounded size; where nothing is coded, *chunk*.

        Raises :class:`BrokenBody` on bad, cut or bomb-like input.
        """
        if not self._decoders:
            yield chunk
            return
        together: list[bytes] = []
        size = 0
        try:
            for piece in self._small_pieces(chunk, last):
                together.append(piece)
                size += len(piece)
                if size >= PIECE:
                    yield b"".join(together)
                    together, size = [], 0
        except BrokenBody:
            yield b"".join(together)
            raise
        if together:
            yield b"".join(together)

    def feed(self, chunk: bytes, last: bool) -> bytes:
        """All of :meth:`pieces`."""
        return b"".join(self.pieces(chunk, last))

    def _small_pieces(self, chunk: bytes, last: bool) -> Iterator[bytes]:
        """The same in pieces of what few coded bytes hold, so that a bomb is found before it is big."""
        try:
            for start in range(0, len(chunk), _SLICE):
                piece = chunk[start : start + _SLICE]
                self._in += len(piece)
                yield from self._decoded(piece, 0)
            if last:
                for decoder in self._decoders:
                    decoder.finish()
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise BrokenBody(f"the body can't be decoded: {error}") from error

    def _decoded(self, piece: bytes, depth: int) -> Iterator[bytes]:
        if depth == len(self._decoders):
            yield piece
            return
        for decoded in self._decoders[depth].decode(piece):
            self._out += len(decoded)
            if self._out > FREE_BYTES + EXPANSION * self._in:
                raise BrokenBody("the body expands beyond all measure")
            yield from self._decoded(decoded, depth + 1)


UNCODED = Decoding([])
"""Takes nothing off, and so has nothing to remember: one serves all."""


def decoding(headers: Headers) -> Decoding | None:
    """What takes the codings off that *headers* name; None where one of them is unknown, or there are too many."""
    if first(headers, b"content-encoding") is None:
        return UNCODED
    codings = [coding for coding in tokens(headers, b"content-encoding") if coding != b"identity"]
    if len(codings) > MOST_CODINGS or any(coding not in _CODINGS for coding in codings):
        return None
    return Decoding(codings)
