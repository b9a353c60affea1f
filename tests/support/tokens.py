"""Drives our tokenizer as html5lib-tests expect one to be driven, and puts its spans into their words.

What they expect of a tree builder or a decoder, and ours leaves to others, is done here: references in text are
decoded, NULs replaced, line ends normalised.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdback.proxy.markup.reading.attributes import attributes
from holdback.proxy.markup.reading.entities import decode_attribute, decode_text
from holdback.proxy.markup.reading.tokenizer import Content, Kind, Token, Tokenizer

type Words = list[Any]

_STATES = {
    "Data state": None,
    "PLAINTEXT state": Content.PLAINTEXT,
    "RCDATA state": Content.RAW,
    "RAWTEXT state": Content.RAW,
    "Script data state": Content.SCRIPT,
    "CDATA section state": None,
}
_CDATA = b"<![CDATA["


@dataclass(frozen=True)
class Case:
    """One case in one initial state."""

    name: str
    text: str
    state: str
    last_tag: str
    expected: Words


def folder() -> Path | None:
    """Where html5lib-tests are: under ``$HOLDBACK_SHARED``, or in ``shared`` next to the project."""
    roots = [
        os.environ.get("HOLDBACK_SHARED"),
        *(parent / "shared" for parent in Path(__file__).resolve().parents),
    ]
    for root in roots:
        found = Path(root) / "data" / "html5lib-tests" / "tokenizer" if root else None
        if found is not None and found.is_dir():
            return found
    return None


def cases(path: Path) -> Iterator[Case]:
    """The cases of one file, each in each of its initial states."""
    for number, test in enumerate(json.loads(path.read_text("utf-8")).get("tests", [])):
        text, expected = test["input"], test["output"]
        if test.get("doubleEscaped"):
            text, expected = _unescaped(text), _unescaped(expected)
        for state in test.get("initialStates", ["Data state"]):
            if state == "Script data state" and test.get("lastStartTag", "script") != "script":
                continue  # script data comes behind <script> only, and nothing else can end it
            name = f"{path.stem}-{number} {test['description']} [{state}]"
            yield Case(name, text, state, test.get("lastStartTag", "x"), _normal(expected))


def every_byte(data: bytes) -> Iterator[list[bytes]]:
    """*data* whole, byte by byte, and cut in two at every byte."""
    yield [data]
    yield [data[at : at + 1] for at in range(len(data))]
    yield from ([data[:at], data[at:]] for at in range(1, len(data)))


def encoded(case: Case) -> bytes:
    """What the tokenizer is fed for a case."""
    data = case.text.encode("utf-8", "surrogatepass")
    return _CDATA + data if case.state == "CDATA section state" else data


def tokens(case: Case, chunks: list[bytes]) -> Words:
    """What our tokenizer makes of a case that comes in *chunks*."""
    tokenizer = Tokenizer()
    if case.state == "CDATA section state":
        tokenizer.cdata = True
    elif case.state != "Data state":
        tokenizer.read_raw(b"script" if "Script" in case.state else case.last_tag.encode())
        tokenizer.content = _STATES[case.state] or Content.DATA
    spans: list[tuple[Token, bytes, Content]] = []
    for chunk in chunks:
        tokenizer.feed(chunk)
        spans += _drain(tokenizer)
    tokenizer.end()
    spans += _drain(tokenizer)
    return _normal(list(_words(spans, rcdata="RCDATA" in case.state)))


def _drain(tokenizer: Tokenizer) -> Iterator[tuple[Token, bytes, Content]]:
    content = tokenizer.content
    while (token := tokenizer.next()) is not None:
        yield token, tokenizer.buffer[token.start : token.end], content
        content = tokenizer.content


def _words(spans: list[tuple[Token, bytes, Content]], *, rcdata: bool) -> Iterator[list[Any]]:
    pending = b""
    for token, span, content in spans:
        if token.kind in (Kind.COMMENT, Kind.CDATA, Kind.DOCTYPE):
            pending += span
            if token.finished or token is spans[-1][0]:
                yield from _markup(token.kind, pending, finished=token.finished)
                pending = b""
            continue
        if token.kind is Kind.TEXT:
            yield ["Raw" if content is not Content.DATA and not rcdata else "Text", span, content]
        elif token.finished:
            yield _tag(token, span)
    if pending:
        yield from _markup(Kind.COMMENT, pending, finished=False)


def _markup(kind: Kind, span: bytes, *, finished: bool) -> Iterator[list[Any]]:
    if kind is Kind.DOCTYPE:
        yield ["DOCTYPE"]
    elif kind is Kind.CDATA:
        yield ["Raw", span[len(_CDATA) :].removesuffix(b"]]>" if finished else b""), Content.DATA]
    elif span != b"</>":
        yield ["Comment", _text(_comment(span, finished=finished)).replace("\0", "\N{REPLACEMENT CHARACTER}")]


def _comment(span: bytes, *, finished: bool) -> bytes:
    if not span.startswith(b"<!--"):
        body = span[1:] if span.startswith(b"<?") else span[2:]
        return body[:-1] if finished else body
    body = span[4:]
    if not finished:
        return re.sub(rb"(?:--!|--?)\Z", b"", body)
    return b"" if body in (b">", b"->") else re.sub(rb"--!?>\Z", b"", body)


def _tag(token: Token, span: bytes) -> list[Any]:
    name = _name(token.name)
    if token.kind is Kind.END:
        return ["EndTag", name]
    found = attributes(span, token.name_end - token.start, len(span))
    values: dict[str, str] = {}
    for attribute in found:
        value = decode_attribute(_text(attribute.value)).replace("\0", "\N{REPLACEMENT CHARACTER}")
        values.setdefault(_name(attribute.name), value)
    closing = span.endswith(b"/>") and not (found and found[-1].end == len(span) - 1)
    return ["StartTag", name, values, True] if closing else ["StartTag", name, values]


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass").replace("\r\n", "\n").replace("\r", "\n")


def _normal(words: Words) -> Words:
    """Text in one piece, its references decoded where they count; DOCTYPE without its details."""
    normal: Words = []
    for kind, *rest in words:
        if kind in ("Text", "Raw") and normal and normal[-1][0] == kind and normal[-1][2] is rest[1]:
            normal[-1][1] += rest[0]
        else:
            normal.append(["DOCTYPE"] if kind == "DOCTYPE" else [kind, *rest])
    return [word for word in _merged([_decoded(word) for word in normal]) if word != ["Character", ""]]


def _decoded(word: list[Any]) -> list[Any]:
    if word[0] not in ("Text", "Raw"):
        return word
    text = _text(word[1])
    if word[0] == "Text":
        text = decode_text(text)
    if word[2] is not Content.DATA:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return ["Character", text]


def _merged(words: Words) -> Words:
    merged: Words = []
    for word in words:
        if word[0] == "Character" and merged and merged[-1][0] == "Character":
            merged[-1] = ["Character", merged[-1][1] + word[1]]
        else:
            merged.append(word)
    return merged


def _unescaped(value: Any) -> Any:
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    if isinstance(value, dict):
        return {_unescaped(key): _unescaped(item) for key, item in value.items()}
    if isinstance(value, str):
        return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), value)
    return value
