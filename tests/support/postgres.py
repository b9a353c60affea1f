"""A PostgreSQL server of the suite's own: a cluster in a temporary folder, on a free port of loopback."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .processes import Process, children, free_port, until

_INSTALLED = Path("/usr/lib/postgresql")


def _binaries() -> Path:
    found = sorted(_INSTALLED.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    assert found, "PostgreSQL is not installed: `.ci/programs postgresql` does that"
    return found[-1]


def _as_nobody_special() -> list[str]:
    """The server refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []


class Postgres:
    """A server that can be killed and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._run(
            "initdb", "--auth=trust", "--username=holdback", "--encoding=UTF8", "-D", str(folder / "data")
        )
        self.process = self._started()

    def url(self, database: str) -> str:
        """The address of a database, which is made if it is not there."""
        if self.query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{database}'") != "1":
            self.query("postgres", f"CREATE DATABASE {database}")
        return f"postgresql://holdback@127.0.0.1:{self.port}/{database}"

    def query(self, database: str, statement: str) -> str:
        """What ``psql`` prints for a statement."""
        return self._run("psql", "-XAtq", *self._address(), "-d", database, "-c", statement).strip()

    def kill(self) -> None:
        """End it without a word to anybody, as a machine that loses its power does."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self._folder / "data"))
        self.process.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send it to every process of the server's."""
        for pid in [self.process.pid, *children(self.process.pid)]:
            os.kill(pid, number)

    def start(self) -> None:
        """Start it again."""
        self.process = self._started()

    def _address(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "holdback"]

    def _started(self) -> Process:
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}"]
        argv = [
            *_as_nobody_special(),
            _binaries() / "postgres",
            "-D",
            self._folder / "data",
            "-p",
            str(self.port),
        ]
        process = Process([*argv, *settings], cwd=self._folder)
        ready = [str(_binaries() / "pg_isready"), *self._address()]
        until(lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, "PostgreSQL")
        return process

    def _run(self, program: str, *arguments: str) -> str:
        argv = [*_as_nobody_special(), str(_binaries() / program), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=self._folder)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def postgres_running() -> Iterator[Postgres]:
    """A server until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="holdback-postgres-"))
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.process.stop()
        shutil.rmtree(folder, ignore_errors=True)
