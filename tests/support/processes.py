"""Real programs for tests: started on loopback, waited for, and always cleaned up with all they started."""

import fcntl
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_PORTS = range(20_000, 30_000)
"""Below those that the kernel gives to whoever asks for any port (from 32768 on, ip(7)): nobody gets one by chance."""
_AT_LEAST = 5
"""Times that is asked for what is waited for."""
_taken: list[IO[str]] = []
"""Files that are locked as long as this process lives, one for each port that it was given."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no other test of this machine is given."""
    folder = Path(tempfile.gettempdir()) / "holdback-test-ports"
    folder.mkdir(exist_ok=True)
    for port in random.sample(_PORTS, 200):
        lock = (folder / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _taken.append(lock)
        return port
    raise AssertionError("of 200 ports none is free")


def until[T](found: Callable[[], T | None], what: str, seconds: float = 30) -> T:
    """Ask *found* until it gives something true; AssertionError that names *what* after *seconds*.

    A machine that stands still for a while, as virtual ones do, is not taken for a program that does: a few times it is
    asked in any case.
    """
    deadline, asked = time.monotonic() + seconds, 0
    while True:
        result = found()
        if result:
            return result
        asked += 1
        if time.monotonic() > deadline and asked >= _AT_LEAST:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that the one of this *pid* has started, oldest first."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
        if parent == pid:
            found.append(int(status.parent.name))
    return sorted(found)


class Process:
    """A program in a process group of its own, its output kept in a file.

    Used as a context manager, it is stopped with everything that it started, whatever happens.
    """

    def __init__(
        self, argv: Sequence[object], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self._log = tempfile.NamedTemporaryFile("rb", prefix="holdback-test-", suffix=".log")  # noqa: SIM115
        self.argv = [str(part) for part in argv]
        with open(self._log.name, "wb") as output:
            self._popen = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        self.pid = self._popen.pid

    @property
    def output(self) -> str:
        """What it has written so far, on both streams."""
        return Path(self._log.name).read_text("utf-8", "replace")

    @property
    def returncode(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._popen.poll()

    def ready(self, found: Callable[[], object], seconds: float = 60) -> None:
        """Wait until *found* gives something true; say what the program wrote if it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not found():
            if self.returncode is not None or time.monotonic() > deadline:
                state = "still starting" if self.returncode is None else f"ended with {self.returncode}"
                output = self.output
                self.stop()
                raise AssertionError(f"{' '.join(self.argv)}: {state}; it wrote:\n{output}")
            time.sleep(0.03)

    def listening(self, port: int, seconds: float = 60) -> None:
        """Wait until somebody listens on *port*."""
        self.ready(lambda: _listens(port), seconds)

    def terminate(self) -> None:
        """SIGTERM for the program alone; how it ends is for the caller to see."""
        self._popen.terminate()

    def kill(self) -> None:
        """SIGKILL for the whole group, workers included, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def stop(self, seconds: float = 15) -> None:
        """SIGTERM for the program, SIGKILL for what is left of its group after *seconds*."""
        if self.returncode is None:
            self._popen.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
        self.kill()
        self._log.close()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It answers nothing until the block ends, and then everything."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # all of it is gone already
            os.killpg(self.pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
