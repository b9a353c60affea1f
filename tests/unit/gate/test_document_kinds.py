"""What a request is for."""

import pytest
from holdback.proxy.gate.body.document_kinds import Kind, is_by_worker, kind_of


@pytest.mark.parametrize(
    ("mode", "destination", "kind"),
    [
        ("navigate", "document", Kind.DOCUMENT),
        ("navigate", "iframe", Kind.FRAME),
        ("navigate", "frame", Kind.FRAME),
        ("navigate", "object", Kind.FRAME),
        ("navigate", "embed", Kind.FRAME),
        ("navigate", "empty", Kind.DOCUMENT),  # passed on by a service worker
        ("navigate", None, Kind.DOCUMENT),
        ("navigate", "nonsense", Kind.DOCUMENT),
        ("same-origin", "empty", Kind.FRAGMENT),
        ("cors", "empty", Kind.FRAGMENT),
        ("no-cors", "image", Kind.ASSET),
        ("cors", "script", Kind.ASSET),
        ("same-origin", "worker", Kind.WORKER),
        ("same-origin", "serviceworker", Kind.WORKER),
        (None, "document", Kind.DOCUMENT),
        (None, "empty", Kind.FRAGMENT),
    ],
)
def test_by_fetch_metadata(mode: str | None, destination: str | None, kind: Kind) -> None:
    lines = [(b"accept", b"text/html")]
    if mode is not None:
        lines.append((b"sec-fetch-mode", mode.encode()))
    if destination is not None:
        lines.append((b"sec-fetch-dest", destination.encode()))
    assert kind_of(lines) is kind


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        (b"x-requested-with", b"XMLHttpRequest", Kind.FRAGMENT),
        (b"x-requested-with", b"com.facebook.katana", Kind.DOCUMENT),  # an in-app browser shows a page
        (b"hx-request", b"true", Kind.FRAGMENT),
        (b"x-own", b"1", Kind.DOCUMENT),
    ],
)
def test_by_what_libraries_send(name: bytes, value: bytes, kind: Kind) -> None:
    assert kind_of([(b"accept", b"text/html"), (name, value)]) is kind


@pytest.mark.parametrize(
    ("accept", "kind"),
    [(b"text/html,*/*", Kind.DOCUMENT), (b"*/*", Kind.UNTOLD), (b"image/*", Kind.ASSET), (None, Kind.UNTOLD)],
)
def test_by_what_is_accepted(accept: bytes | None, kind: Kind) -> None:
    assert kind_of([(b"accept", accept)] if accept else []) is kind


WORKER = (b"referer", b"https://shop.test/sw.js?v=2")
PAGE = (b"referer", b"https://shop.test/basket?from=/sw.js")
PASSED_ON = (b"upgrade-insecure-requests", b"1")
HTML = (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
ANY = (b"accept", b"*/*")


@pytest.mark.parametrize(
    ("mode", "lines", "kind", "by_worker"),
    [
        pytest.param(
            "navigate", [HTML, PASSED_ON], Kind.DOCUMENT, False, id="Chromium: fetch(event.request)"
        ),
        pytest.param(
            "same-origin", [HTML, PASSED_ON], Kind.DOCUMENT, False, id="Firefox: fetch(event.request)"
        ),
        pytest.param(
            "same-origin", [HTML, PASSED_ON, WORKER], Kind.DOCUMENT, False, id="fetch(event.request, options)"
        ),
        pytest.param("cors", [ANY, WORKER], Kind.UNTOLD, True, id="fetch(event.request.url) and cache.add()"),
        pytest.param("cors", [ANY, PAGE], Kind.FRAGMENT, False, id="a page's fetch()"),
        pytest.param("same-origin", [HTML, PAGE], Kind.FRAGMENT, False, id="a page's fetch() of markup"),
        pytest.param(
            "same-origin",
            [(b"accept", b"text/html, application/xhtml+xml"), WORKER],
            Kind.FRAGMENT,
            False,
            id="Turbo's fetch(), passed on with options",
        ),
        pytest.param(
            "same-origin",
            [ANY, WORKER, (b"x-requested-with", b"swup")],
            Kind.FRAGMENT,
            False,
            id="swup's fetch(), passed on with options",
        ),
    ],
)
def test_what_a_service_worker_fetches(
    mode: str, lines: list[tuple[bytes, bytes]], kind: Kind, by_worker: bool
) -> None:
    """As Chromium 156 and Firefox 153 ask."""
    headers = [*lines, (b"sec-fetch-mode", mode.encode()), (b"sec-fetch-dest", b"empty")]
    assert (kind_of(headers), is_by_worker(headers)) == (kind, by_worker)


def test_a_module_that_imports_another_is_no_worker() -> None:
    headers = [ANY, WORKER, (b"sec-fetch-mode", b"cors"), (b"sec-fetch-dest", b"script")]
    assert (kind_of(headers), is_by_worker(headers)) == (Kind.ASSET, False)


def test_each_kind_has_a_mark_of_its_own() -> None:
    """It stands in entity tags: what a script fetched must not be revalidated as the document at its address."""
    assert len({kind.mark for kind in Kind}) == len(Kind)
