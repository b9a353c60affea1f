"""The wheel holds everything that the source tree does, and runs without it.

An editable install finds what no wheel would: this is the one test that runs what owners get.
"""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.http_client import fetch
from tests.support.origin import origin_running
from tests.support.processes import Process, free_port, until

ROOT = Path(__file__).parents[3]
PACKAGES = ("proxy", "banner", "store")
LEFT_OUT = ("banner/static/guard/",)
"""Folders of the tree that are not installed: the readable sources of the guard, which is installed built."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "*.so")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source],
        check=True,
        capture_output=True,
    )
    [built] = folder.glob("*.whl")
    return built


def test_everything_is_in_it(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    tree = {
        f"holdback/{path.relative_to(ROOT).as_posix()}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and not path.relative_to(ROOT).as_posix().startswith(LEFT_OUT)
    }
    assert tree - packed == set()
    assert {name for name in packed if name.startswith("holdback/")} - tree == set()
    assert any(name.endswith("licenses/LICENSE") for name in packed)
    assert any(name.endswith("data/NOTICE") for name in packed)


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``holdback`` of a fresh environment, which takes the dependencies from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("scratch")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    [packages] = folder.glob("lib/python*/site-packages")
    # A folder that a .pth file names has its own .pth files ignored: the editable install stays out of sight.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where: list[str | Path] = [python, "-c", "import holdback.proxy; print(holdback.proxy.__file__)"]
    found = subprocess.run(where, check=True, capture_output=True, text=True, cwd=folder).stdout
    assert Path(found.strip()).is_relative_to(folder)
    return folder / "bin" / "holdback"


def test_it_serves(command: Path, tmp_path: Path) -> None:
    port = free_port()
    with (
        origin_running() as origin,
        Process(
            [
                command,
                "serve",
                "--upstream",
                origin.url,
                "--listen",
                f"127.0.0.1:{port}",
                "--data",
                tmp_path / "data",
            ],
            cwd=tmp_path,
        ) as process,
    ):
        process.listening(port)
        page = fetch(port, "/", [("Accept", "text/html"), ("Sec-Fetch-Dest", "document")])
        assert "<hb-notice" in page.text
        assert fetch(port, "/_hb/healthz").status == 200
        # A worker may answer before the process that started it says so.
        line = f"Holdback listens on http://127.0.0.1:{port}"
        until(lambda: line in process.output, "a line that says where it listens")
    for arguments in (["log", "verify", "--data", tmp_path / "data"], ["check"], ["rules", "explain", "_ga"]):
        done = subprocess.run(
            [command, *arguments], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr
