"""Software nobody here wrote, started as its documentation says, to be put behind the proxy."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django.contrib.admin as admin

from .http_client import fetch
from .processes import Process, free_port

BIN = Path(sys.executable).parent
PROJECTS = Path(__file__).parents[1] / "sites"
NODE = PROJECTS / "node"
STREAMLIT = BIN.parent / "streamlit" / "bin" / "streamlit"
"""In an environment of its own: it wants other versions of what Holdback uses."""


@dataclass(frozen=True)
class Site:
    """A running site."""

    port: int
    process: Process
    folder: Path

    @property
    def url(self) -> str:
        """Its address, for ``--upstream``."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def django_admin(folder: Path, user: str, password: str) -> Iterator[Site]:
    """Django's admin with one model that has a file, served by granian; *user* may sign in."""
    env = {"SITE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "django_project.settings"}
    account = {"DJANGO_SUPERUSER_PASSWORD": password, "DJANGO_SUPERUSER_USERNAME": user}
    create = ["createsuperuser", "--noinput", "--email", "owner@shop.test"]
    for task in (["migrate", "--run-syncdb", "-v", "0"], create):
        subprocess.run(
            [sys.executable, "-m", "django", *task],
            env={**os.environ, **env, **account, "PYTHONPATH": str(PROJECTS)},
            check=True,
            capture_output=True,
        )
    port = free_port()
    serve = ["--interface", "wsgi", "--no-ws", "--port", str(port), "--backpressure", "16"]
    styles = ["--static-path-mount", str(Path(admin.__file__).parent / "static")]
    serve += [*styles, "django_project.wsgi:application"]
    with Process([BIN / "granian", *serve], env=env, cwd=PROJECTS) as process:
        process.ready(lambda: _status(port, "/admin/login/") == 200)
        yield Site(port, process, folder)


@contextmanager
def jupyterlab(folder: Path, token: str) -> Iterator[Site]:
    """JupyterLab on *folder*, entered with *token*."""
    port = free_port()
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.allow_root": True,
        "ServerApp.open_browser": False,
        "IdentityProvider.token": token,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    private = {name: str(folder / ".jupyter") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    env = {**private, "JUPYTER_RUNTIME_DIR": str(folder / ".runtime"), "IPYTHONDIR": str(folder / ".ipython")}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    with Process([BIN / "jupyter-lab", *arguments], env=env, cwd=folder) as process:
        process.ready(lambda: _status(port, f"/api/status?token={token}") == 200)
        yield Site(port, process, folder)


@contextmanager
def mkdocs_material(folder: Path, config: str, pages: dict[str, str]) -> Iterator[Site]:
    """A site that MkDocs Material builds from *pages*, on Python's own web server (HTTP/1.0)."""
    (folder / "docs").mkdir(parents=True)
    (folder / "mkdocs.yml").write_text(config, "utf-8")
    for name, text in pages.items():
        (folder / "docs" / name).write_text(text, "utf-8")
    subprocess.run(
        [BIN / "mkdocs", "build", "--quiet"],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    port = free_port()
    serve = ["-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder / "site")]
    with Process([sys.executable, *serve]) as process:
        process.ready(lambda: _status(port, "/") == 200)
        yield Site(port, process, folder)


@contextmanager
def nextjs(folder: Path) -> Iterator[Site]:
    """A shop of Next.js's App Router, built and served as its documentation says."""
    shop = folder / "shop"
    shutil.copytree(NODE / "shop", shop)
    (shop / "node_modules").symlink_to(NODE / "node_modules")
    (shop / "package.json").write_text('{"private": true}')
    program = [NODE / "node_modules" / ".bin" / "next"]
    quiet = {"NEXT_TELEMETRY_DISABLED": "1"}
    build = subprocess.run(
        [*program, "build"], cwd=shop, env={**os.environ, **quiet}, capture_output=True, text=True
    )
    assert build.returncode == 0, build.stdout + build.stderr
    port = free_port()
    with Process([*program, "start", "-p", str(port), "-H", "127.0.0.1"], env=quiet, cwd=shop) as process:
        process.ready(lambda: _status(port, "/basket") == 200)
        yield Site(port, process, folder)


@contextmanager
def node_red(folder: Path) -> Iterator[Site]:
    """Node-RED without a flow."""
    port = free_port()
    command = [NODE / "node_modules" / ".bin" / "node-red", "--userDir", folder, "--port", str(port)]
    options = [
        "-D",
        "telemetry.enabled=false",
        "-D",
        "telemetry.updateNotification=false",
        "-D",
        "uiHost=127.0.0.1",
    ]
    with Process([*command, *options], cwd=folder) as process:
        process.ready(lambda: _status(port, "/settings") == 200)
        yield Site(port, process, folder)


@contextmanager
def streamlit(folder: Path, script: str) -> Iterator[Site]:
    """A page that Streamlit makes of *script*."""
    (folder / "page.py").write_text(script, "utf-8")
    port = free_port()
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    options += ["--browser.gatherUsageStats", "false"]
    with Process(
        [STREAMLIT, "run", folder / "page.py", *options], env={"HOME": str(folder)}, cwd=folder
    ) as process:
        process.ready(lambda: _status(port, "/_stcore/health") == 200)
        yield Site(port, process, folder)


def _status(port: int, target: str) -> int:
    try:
        return fetch(port, target).status
    except OSError:
        return 0
