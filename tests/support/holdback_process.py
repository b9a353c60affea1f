"""``holdback serve`` as an owner runs it: the real command, real processes, a data folder of its own."""

import io
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from holdback.proxy.command.app import run
from holdback.proxy.rules.rulebook import Rulebook

from .http_client import Answer, Lines, fetch
from .processes import Process, free_port, until

EVERYTHING = json.dumps(list(Rulebook.load([]).services))
"""The ids of all known services, as an environment variable has them."""
COMMAND = Path(sys.executable).with_name("holdback")


class Holdback:
    """One running proxy, and the command on its data."""

    def __init__(
        self,
        process: Process,
        port: int,
        data: Path,
        arguments: Sequence[str],
        env: Mapping[str, str],
        tls: ssl.SSLContext | None,
    ):
        self.process, self.port, self.data = process, port, data
        self._arguments, self._env, self._tls = arguments, env, tls

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def fetch(
        self,
        target: str = "/",
        headers: Lines = (),
        *,
        method: str = "GET",
        body: bytes = b"",
        host: str = "",
    ) -> Answer:
        """One request through the proxy."""
        return fetch(self.port, target, headers, method=method, body=body, host=host, tls=self._tls)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``holdback`` with *arguments* on this proxy's data."""
        return holdback(*arguments, "--data", str(self.data))

    def records(self) -> list[dict[str, Any]]:
        """What ``holdback log export`` says, line by line."""
        return self._exported("log", "export")

    def events(self) -> list[dict[str, Any]]:
        """What ``holdback events export`` says, line by line."""
        return self._exported("events", "export")

    def _exported(self, *arguments: str) -> list[dict[str, Any]]:
        """The lines of a command that tests ask again and again: it runs in the test's own process, where all that it
        imports is there already. Tests of the commands themselves start them.
        """
        output = io.StringIO()
        with redirect_stdout(output):
            status = run([*arguments, "--data", str(self.data)])
        assert status == 0, arguments
        return [json.loads(line) for line in output.getvalue().splitlines()]

    def restart(self, *more: str) -> None:
        """Stop, and start again on the same port and data."""
        self.process.stop()
        self.process = _started([*self._arguments, *more], self.port, self._env)

    def reopened(self, processes: int) -> None:
        """Wait until each of so many *processes*, which started without their store, says that it can be used.

        To ask ``readyz`` a few times is not enough: who asks one after the other may be answered by the same one.
        """
        until(lambda: self.process.output.count("the store can be used again") == processes, "the store", 40)


def holdback(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; its output is text."""
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


@contextmanager
def serving(
    upstream: str,
    data: Path,
    *,
    options: Sequence[str] = (),
    config: str = "",
    env: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Holdback]:
    """``holdback serve`` in front of *upstream* until the block ends.

    *config* is the text of a settings file; *tls* is what a client of it needs when *options* name a certificate. The
    site uses every service that is known and is not read before, but where *env* says something else.
    """
    port = free_port()
    arguments = [
        "serve",
        "--upstream",
        upstream,
        "--listen",
        f"127.0.0.1:{port}",
        "--data",
        str(data),
        *options,
    ]
    if config:
        data.mkdir(parents=True, exist_ok=True)
        file = data.parent / f"{data.name}.toml"
        file.write_text(config, "utf-8")
        arguments += ["--config", str(file)]
    given = {"HOLDBACK_SITE__USES": EVERYTHING, "HOLDBACK_SITE__READ_AT_START": "0", **(env or {})}
    proxy = Holdback(_started(arguments, port, given), port, data, arguments, given, tls)
    try:
        yield proxy
    finally:
        proxy.process.stop()


def _started(arguments: Sequence[str], port: int, env: Mapping[str, str]) -> Process:
    process = Process([COMMAND, *arguments], env=env)
    process.listening(port)
    return process
