"""Bodies as the SDKs of many years send them: coded or not, and not always saying so.

The order is fixed: what ``Content-Encoding`` names, then gzip by its first bytes, then a form whose ``data`` is JSON or
base64 of JSON (perhaps gzip again), then the same in the query, then JSON. Nothing comes out larger than
:data:`MOST_BYTES`.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import brotli
import zstandard

from ..endpoints.posted import Malformed

MOST_BYTES = 20 * 1024 * 1024
"""As much as PostHog takes in a batch."""
_GZIP = b"\x1f\x8b\x08"
_MOST_CODINGS = 3
_MOST_FIELDS = 100
_SLICE = 1024
"""Coded bytes that brotli and zstd are given at a time: neither takes a limit for what comes out."""


def decoded(body: bytes, coding: str, query: Mapping[str, str]) -> Any:
    """What a request says, as JSON values. Raises :class:`Malformed`."""
    codings = [name.strip().lower() for name in coding.split(",") if name.strip()]
    if len(codings) > _MOST_CODINGS:
        raise Malformed(f"at most {_MOST_CODINGS} content codings may lie on top of one another")
    for name in reversed(codings):
        # A page's script can't set the header of a request to another coding than its library does: believe the bytes.
        if name in ("gzip", "x-gzip") and not body.startswith(_GZIP):
            continue
        body = _uncoded(body, name)
    if body.startswith(_GZIP):
        body = _inflated(body, zlib.MAX_WBITS | 16)
    return _said(body, query)


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form but for the events; none where it is packed, or no form."""
    try:
        fields = parse_qsl(body.decode("ascii"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: value for name, value in fields if name != "data"}


def _uncoded(body: bytes, coding: str) -> bytes:
    match coding:
        case "gzip" | "x-gzip":
            return _inflated(body, zlib.MAX_WBITS | 16)
        case "deflate":
            return _inflated(body, zlib.MAX_WBITS if body[:1] and body[0] & 0x0F == 8 else -zlib.MAX_WBITS)
        case "br":
            return _pieces(brotli.Decompressor().process, body)
        case "zstd":
            return _pieces(
                zstandard.ZstdDecompressor(max_window_size=1 << 23).decompressobj().decompress, body
            )
        case "identity":
            return body
    raise Malformed(f'the content coding "{coding}" is none of gzip, deflate, br and zstd')


def _inflated(body: bytes, bits: int) -> bytes:
    inflating = zlib.decompressobj(bits)
    try:
        whole = inflating.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise Malformed(f"the body can't be decompressed: {error}") from None
    if len(whole) > MOST_BYTES:
        raise _too_much()
    if not inflating.eof:
        raise Malformed("the compressed body was cut off")
    return whole


def _pieces(decompress: Any, body: bytes) -> bytes:
    whole = bytearray()
    try:
        for at in range(0, len(body), _SLICE):
            whole += decompress(body[at : at + _SLICE])
            if len(whole) > MOST_BYTES:
                raise _too_much()
    except (brotli.error, zstandard.ZstdError) as error:
        raise Malformed(f"the body can't be decompressed: {error}") from None
    return bytes(whole)


def _too_much() -> Malformed:
    return Malformed(f"the body must not be longer than {MOST_BYTES} bytes when it is decompressed")


def _said(body: bytes, query: Mapping[str, str]) -> Any:
    if not body.strip():
        return _of_text(query["data"]) if query.get("data") else {}
    if body.lstrip()[:1] in (b"{", b"["):
        return _json(body)
    fields = dict(
        parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    )
    if data := fields.get("data"):
        return _of_text(data)
    return _of_text(body.decode("utf-8", "replace"))


def _of_text(text: str) -> Any:
    """JSON, or base64 of JSON or of gzip: in a form that was not quoted a plus has become a space."""
    if text.lstrip()[:1] in ("{", "["):
        return _json(text.encode("utf-8", "replace"))
    try:
        raw = base64.b64decode(text.strip().replace(" ", "+") + "==", altchars=None, validate=False)
    except (binascii.Error, ValueError):
        raise Malformed("the body is neither JSON nor base64 of it") from None
    return _json(_inflated(raw, zlib.MAX_WBITS | 16) if raw.startswith(_GZIP) else raw)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8", "replace"), parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        raise Malformed("the body must be JSON") from None
