"""``holdback log anchor`` against a real authority (OpenSSL), and what OpenSSL says of the anchors that are kept."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from holdback.proxy.command.app import run
from holdback.store.export import archive
from holdback.store.log.verify import Fault, Verified
from holdback.store.proof import timestamps
from holdback.store.store import LOG_FILE, reading, vault_of

from tests.support.forger import RECORDS, Forger, made_log
from tests.support.stamping import TimestampAuthority, stamping

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL's program is not installed")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimestampAuthority]:
    with stamping(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimestampAuthority]:
    with stamping(tmp_path_factory.mktemp("stranger")) as running:
        yield running


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("log")
    made_log(data)
    return data


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "data")
    return tmp_path / "data"


def _anchor(data: Path, *more: str) -> int:
    return run(["log", "anchor", "--data", str(data), *more])


def _openssl(folder: Path, root: Path, message: str = "300.checkpoint") -> bool:
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", message, "-in", "300.tsr", "-CAfile", root],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def test_openssl_accepts_what_is_kept(
    data: Path, authority: TimestampAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _anchor(data, "--authority", authority.url, "--root", str(authority.root), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["size"] == RECORDS
    [path] = timestamps.kept(data)
    assert str(path) == said["path"]
    assert _openssl(path.parent, authority.root)


def test_openssl_refuses_another_checkpoint_and_another_authority(
    data: Path, authority: TimestampAuthority, stranger: TimestampAuthority
) -> None:
    assert _anchor(data, "--authority", authority.url) == 0
    folder = data / "anchors"
    shutil.copy(data / "saved", folder / "other")

    assert not _openssl(folder, authority.root, "other")
    assert not _openssl(folder, stranger.root)


def test_what_an_authority_did_not_sign_is_not_kept(
    data: Path,
    authority: TimestampAuthority,
    stranger: TimestampAuthority,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _anchor(data, "--authority", authority.url, "--root", str(stranger.root)) == 1
    assert "does not hold" in capsys.readouterr().err
    assert _anchor(data, "--authority", authority.url.replace("/tsa", "/other")) == 1
    assert "is no timestamp" in capsys.readouterr().err
    assert _anchor(data, "--authority", "http://127.0.0.1:1/tsa") == 1
    assert _anchor(data, "--authority", "file:///etc/passwd") == 2
    assert not list(timestamps.kept(data))


def test_an_anchored_checkpoint_convicts_who_cuts_the_log(
    data: Path, authority: TimestampAuthority, tmp_path: Path
) -> None:
    assert _anchor(data, "--authority", authority.url) == 0
    held, cut = tmp_path / "held.tar.gz", tmp_path / "forked"
    with held.open("wb") as output, reading(data, LOG_FILE) as database:
        archive.write(database, output, vault_of(database, data))
    result = archive.check(held)
    assert isinstance(result, Verified), result

    forger = Forger(data)
    forger.set_leaf(41, kind="grant-of-everything")
    forger.rewrite()
    with cut.open("wb") as output, reading(data, LOG_FILE) as database:
        archive.write(database, output, vault_of(database, data))
    assert isinstance(archive.check(cut), Fault)


def test_a_kept_anchor_is_checked(data: Path, authority: TimestampAuthority) -> None:
    from cryptography.x509 import load_pem_x509_certificates

    roots = load_pem_x509_certificates(authority.root.read_bytes())
    assert _anchor(data, "--authority", authority.url) == 0
    [path] = timestamps.kept(data)

    assert timestamps.check(path, roots).size == RECORDS
    shutil.copy(data / "saved", path.with_suffix(".checkpoint"))
    with pytest.raises(timestamps.BadAnchor, match="does not hold"):
        timestamps.check(path, roots)
