"""Django's admin behind ``holdback serve``: log in, be protected against forgery, upload and download 100 MB."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority
from tests.support.chromium import Console, choose, chromium
from tests.support.holdback_process import Holdback
from tests.support.http_client import Answer, opened
from tests.support.sites import Site, django_admin
from tests.support.visitor import Visitor, forms

if TYPE_CHECKING:
    from .conftest import Put

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("django")]

USER, PASSWORD = "ada", "an engine of difference"
LOGIN = "/admin/login/?next=/admin/"
ADD = "/admin/django_project/document/add/"
BLOCK = bytes(range(256)) * 4096
BLOCKS = 100


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with django_admin(tmp_path_factory.mktemp("django"), USER, PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: Site, behind_holdback: "Put") -> Holdback:
    return behind_holdback(site.url)


def _log_in(visitor: Visitor, **changed: str) -> Answer:
    page = visitor.get(LOGIN).text
    [form] = [form for form in forms(page) if "csrfmiddlewaretoken" in form.hidden]
    fields = {**form.hidden, "username": USER, "password": PASSWORD, **changed}
    return visitor.form(LOGIN, fields)


def test_log_in_and_out(proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    assert visitor.get("/admin/").status == 302

    answer = _log_in(visitor)

    assert (answer.status, answer.get("location")) == (302, "/admin/")
    assert {"sessionid", "csrftoken"} <= set(visitor.jar)
    home = visitor.get("/admin/")
    assert home.status == 200
    assert "Site administration" in home.text
    token = next(form.hidden["csrfmiddlewaretoken"] for form in forms(home.text) if "logout" in form.action)
    visitor.form("/admin/logout/", {"csrfmiddlewaretoken": token})
    assert visitor.get("/admin/").status == 302


@pytest.mark.parametrize("action", ["accept-all", "reject-all"])
def test_the_session_outlives_choices(proxy: Holdback, action: str) -> None:
    visitor = Visitor(proxy)
    _log_in(visitor)
    visitor.choose(action, page="/admin/")

    assert visitor.signed
    assert visitor.get("/admin/").status == 200


def test_forgery_is_still_refused(proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    assert _log_in(visitor, csrfmiddlewaretoken="A" * 64).status == 403

    headers = [("Origin", "http://evil.test")]
    page = visitor.get(LOGIN).text
    hidden = next(form.hidden for form in forms(page) if "csrfmiddlewaretoken" in form.hidden)
    assert visitor.form(LOGIN, {**hidden, "username": USER, "password": PASSWORD}, headers).status == 403


def test_tls_ends_at_the_proxy(site: Site, behind_holdback: "Put", authority: Authority) -> None:
    """Django checks ``Origin`` and ``Referer`` against the scheme that it is told."""
    certificate = authority.certificate("127.0.0.1")
    options = ["--tls-certificate", str(certificate.chain), "--tls-key", str(certificate.key)]
    secure = behind_holdback(site.url, options=options, tls=authority.client_context())
    visitor = Visitor(secure)
    page = visitor.get(LOGIN).text
    hidden = next(form.hidden for form in forms(page) if "csrfmiddlewaretoken" in form.hidden)
    headers = [("Origin", secure.url), ("Referer", secure.url + LOGIN)]
    answer = visitor.form(LOGIN, {**hidden, "username": USER, "password": PASSWORD}, headers)

    assert answer.status == 302
    assert visitor.get("/admin/").status == 200


def test_100_megabytes_up_and_down(site: Site, proxy: Holdback) -> None:
    visitor = Visitor(proxy)
    _log_in(visitor)
    page = visitor.get(ADD).text
    [form] = [
        form for form in forms(page) if "logout" not in form.action and "csrfmiddlewaretoken" in form.hidden
    ]
    headers, pieces = _multipart({**form.hidden, "title": "big", "_save": "Save"})
    with opened(proxy.port, "POST", ADD, [*headers, *visitor.cookies()], pieces) as answer:
        assert answer.status == 302

    expected = hashlib.sha256(BLOCK * BLOCKS).hexdigest()
    [stored] = (site.folder / "media" / "documents").glob("big*")
    assert _sha256(stored) == expected
    received = hashlib.sha256()
    with opened(proxy.port, "GET", "/documents/1", visitor.cookies()) as answer:
        assert answer.getheader("Content-Length") == str(len(BLOCK) * BLOCKS)
        while piece := answer.read(1 << 20):
            received.update(piece)
    assert received.hexdigest() == expected


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _multipart(fields: dict[str, str]) -> tuple[list[tuple[str, str]], Iterator[bytes]]:
    line = "holdback-test-boundary"
    head = "".join(
        f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
    tail = f"\r\n--{line}--\r\n"
    length = len(head) + len(BLOCK) * BLOCKS + len(tail)

    def pieces() -> Iterator[bytes]:
        yield head.encode()
        for _ in range(BLOCKS):
            yield BLOCK
        yield tail.encode()

    return [
        ("Content-Type", f"multipart/form-data; boundary={line}"),
        ("Content-Length", str(length)),
    ], pieces()


@pytest.mark.browser
def test_a_person_works_in_the_admin(proxy: Holdback, tmp_path: Path) -> None:
    picture = tmp_path / "picture.txt"
    picture.write_text("not much of a picture")
    with chromium() as browser:
        page = browser.new_page(locale="en-GB")
        console = Console(page)
        page.goto(f"{proxy.url}/admin/")
        choose(page, "reject-all")
        page.fill("#id_username", USER)
        page.fill("#id_password", PASSWORD)
        page.click("input[type=submit]")
        page.wait_for_url("**/admin/")
        page.goto(proxy.url + ADD)
        page.fill("#id_title", "A picture")
        page.set_input_files("#id_file", picture)
        page.click("input[name=_save]")
        page.wait_for_selector(".messagelist .success")
        assert "was added successfully" in page.inner_text(".messagelist")
        assert {"sessionid", "csrftoken", "hb"} <= {cookie["name"] for cookie in page.context.cookies()}
        assert not console.errors
