"""Pages leave coded: which coding, when not, and what the head says of it."""

import gzip
import zlib

import brotli
import pytest
import zstandard
from holdback.proxy.assembly.assembly import gate_config
from holdback.proxy.gate.body import compressing
from holdback.proxy.gate.body.compressing import CODINGS, Coding, accepted
from holdback.proxy.gate.body.decoding import decoding
from holdback.proxy.gate.decisions import Forward
from holdback.proxy.gate.messages import ResponsePlan, Unreadable
from holdback.proxy.http.headers import Headers, first
from holdback.proxy.settings.model import Settings

from tests.support.filtering import fed
from tests.support.gates import NOW, TestGate, head

HTML = (b"content-type", b"text/html; charset=utf-8")
PAGE = b"<!doctype html><html><head><title>x</title></head><body>" + b"<p>Hello</p>" * 500 + b"</body></html>"
DECODERS = {
    b"zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    b"br": brotli.decompress,
    b"gzip": lambda data: zlib.decompress(data, 31),
}


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([b"gzip, deflate, br, zstd"], b"zstd"),
        ([b"gzip, deflate, br"], b"br"),
        ([b"gzip"], b"gzip"),
        ([b"GZIP"], b"gzip"),
        ([b"gzip", b"br"], b"br"),
        ([b"br;q=0.5, gzip;q=0.8"], b"gzip"),
        ([b"br;q=0, gzip"], b"gzip"),
        ([b"br ; q=0.9 , gzip ; q=0.9"], b"br"),
        ([b"*"], b"zstd"),
        ([b"zstd;q=0, *;q=0.3"], b"br"),
        ([b"gzip;q=0.5, identity;q=0.9"], None),
        ([b"identity"], None),
        ([b"deflate"], None),
        ([b""], None),
        ([b"gzip;q=x"], None),
        ([b"gzip;q=0"], None),
        ([], None),
    ],
)
def test_the_best_that_is_accepted(lines: list[bytes], name: bytes | None) -> None:
    best = accepted([(b"accept-encoding", line) for line in lines])
    assert (best.name if best else None) == name


def planned(
    accept: bytes, *lines: tuple[bytes, bytes], status: int = 200, dest: str = "document"
) -> ResponsePlan:
    asked = [(b"accept-encoding", accept)] if accept else []
    decision = TestGate().gate.request(head("/", *asked, dest=dest), NOW)
    assert isinstance(decision, Forward)
    return decision.visit.response(status, [HTML, *lines])


def body_of(plan: ResponsePlan, *chunks: bytes) -> bytes:
    assert plan.body is not None
    return b"".join(fed(plan.body, chunk, number == len(chunks) - 1) for number, chunk in enumerate(chunks))


UNCODED = body_of(planned(b""), PAGE)


@pytest.mark.parametrize("pieces", [1, 3, 40])
@pytest.mark.parametrize("name", DECODERS)
def test_a_coded_page_is_the_page(name: bytes, pieces: int) -> None:
    plan = planned(name)
    size = -(-len(PAGE) // pieces)
    coded = body_of(plan, *(PAGE[start : start + size] for start in range(0, len(PAGE), size)))
    assert DECODERS[name](coded) == UNCODED
    assert first(plan.headers, b"content-encoding") == name
    assert b"Accept-Encoding" in (first(plan.headers, b"vary") or b"")
    assert len(coded) < len(UNCODED) / 2


@pytest.mark.parametrize("name", DECODERS)
def test_what_has_come_can_be_read_at_once(name: bytes) -> None:
    plan = planned(name)
    assert plan.body is not None
    sent = fed(plan.body, PAGE[: PAGE.index(b"</p>", 3000) + 4], last=False)
    readable = decoding([(b"content-encoding", name)])
    assert readable is not None
    assert readable.feed(sent, last=False).endswith(b"<p>Hello</p>")


def test_a_coded_page_of_the_site_is_coded_anew() -> None:
    plan = planned(b"br", (b"content-encoding", b"gzip"))
    assert brotli.decompress(body_of(plan, gzip.compress(PAGE))) == UNCODED
    assert [value for name, value in plan.headers if name == b"content-encoding"] == [b"br"]


def test_the_same_page_is_coded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = TestGate()
    begun: list[bytes] = []

    def counted(which: Coding, data: bytes) -> bytes:
        begun.append(data)
        return bytes(brotli.compress(data))

    monkeypatch.setattr(compressing, "_coded", counted)

    def coded() -> bytes:
        decision = gate.gate.request(head("/", (b"accept-encoding", b"br")), NOW)
        assert isinstance(decision, Forward)
        return body_of(decision.visit.response(200, [HTML]), PAGE + b"<!-- once -->")

    assert coded() == coded()
    assert len(begun) == 1


@pytest.mark.parametrize(
    ("lines", "dest", "coded"),
    [
        ([], "document", True),
        ([], "iframe", True),
        ([], "empty", True),
        ([(b"content-length", b"900")], "empty", False),
        ([(b"content-length", b"900")], "document", True),
        ([(b"cache-control", b"no-transform")], "document", False),
        ([(b"cache-control", b"max-age=9, No-Transform")], "document", False),
    ],
)
def test_what_is_coded(lines: Headers, dest: str, coded: bool) -> None:
    plan = planned(b"br", *lines, dest=dest)
    assert (first(plan.headers, b"content-encoding") == b"br") == coded
    body = body_of(plan, PAGE)
    assert (b"Hello" in body) != coded


def test_a_page_without_a_type_is_not_coded() -> None:
    """Firefox does not sniff what is coded (seen in 153): it would offer the page for saving."""
    decision = TestGate().gate.request(head("/", (b"accept-encoding", b"br")), NOW)
    assert isinstance(decision, Forward)
    plan = decision.visit.response(200, [])
    assert first(plan.headers, b"content-encoding") is None
    assert b"Hello" in body_of(plan, PAGE)


@pytest.mark.parametrize(
    ("content_type", "status", "dest"),
    [
        (b"text/event-stream", 200, "empty"),
        (b"application/json", 200, "empty"),
        (b"image/svg+xml", 200, "document"),
        (b"text/html", 206, "document"),
        (b"text/html", 304, "document"),
        (b"text/html", 204, "document"),
        (b"text/css", 200, "style"),
    ],
)
def test_what_is_not_rewritten_is_as_the_site_sent_it(content_type: bytes, status: int, dest: str) -> None:
    decision = TestGate().gate.request(head("/", (b"accept-encoding", b"br, gzip"), dest=dest), NOW)
    assert isinstance(decision, Forward)
    plan = decision.visit.response(status, [(b"content-type", content_type), (b"accept-ranges", b"bytes")])
    assert plan.body is None
    assert first(plan.headers, b"content-encoding") is None


def test_the_tag_tells_codings_apart_and_the_head_is_that_of_the_page() -> None:
    tags = {
        first(planned(accept, (b"etag", b'"1"')).headers, b"etag")
        for accept in (b"", b"gzip", b"br", b"zstd")
    }
    assert len(tags) == 1 + len(CODINGS)


def test_a_page_that_can_t_be_read_goes_out_in_the_sites_own_coding() -> None:
    plan = planned(b"br", (b"content-encoding", b"gzip"))
    with pytest.raises(Unreadable) as unread:
        body_of(plan, b"nothing of gzip")
    assert unread.value.raw == b"nothing of gzip"
    assert first(plan.as_it_is().headers, b"content-encoding") == b"gzip"


def test_a_revalidation_in_another_coding_is_none() -> None:
    gate = TestGate()
    tag = first(planned(b"br", (b"etag", b'"1"')).headers, b"etag") or b""
    for accept, asked in ((b"br", b'"1"'), (b"gzip", None)):
        decision = gate.gate.request(head("/", (b"accept-encoding", accept), (b"if-none-match", tag)), NOW)
        assert isinstance(decision, Forward)
        assert first(decision.headers, b"if-none-match") == asked


@pytest.mark.parametrize(
    ("upstream", "asked"),
    [
        ("http://127.0.0.1:9000", b"identity"),
        ("http://localhost:9000", b"identity"),
        ("http://web:9000", b"identity"),
        ("http://10.0.3.4", b"identity"),
        ("http://[::1]:9000", b"identity"),
        ("http://shop.internal", b"identity"),
        ("https://www.shop.example", b"zstd, br, gzip"),
        ("https://93.184.215.14", b"zstd, br, gzip"),
    ],
)
def test_a_site_from_afar_is_asked_for_coded_pages(upstream: str, asked: bytes) -> None:
    config = gate_config(Settings(upstream=upstream))
    gate = TestGate(config=config).gate
    for dest, sent in (("document", asked), ("image", b"gzip")):
        decision = gate.request(head("/", (b"accept-encoding", b"gzip"), dest=dest), NOW)
        assert isinstance(decision, Forward)
        assert first(decision.headers, b"accept-encoding") == sent
