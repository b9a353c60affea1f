"""Rounds of faults under choices that never stop: killed, copied, the store away, the disk full, the server killed,
paused or gone.

Whatever happens in whatever order: who was answered is in the log, what was withdrawn grants nothing, ``readyz`` says
no while nothing can be recorded, and the service comes back by itself.
"""

import asyncio
import os
import random
import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.holdback_process import holdback
from tests.support.origin import Origin
from tests.support.postgres import Postgres, postgres_running
from tests.support.processes import children, until
from tests.support.visitor import Visitor, choice_form, visitor_id

from .test_postgres import Host, host

AT_ONCE = 6
"""Visitors who choose at the same time."""


@dataclass
class Crowd:
    """Visitors who choose, and some of whom take it back, until they are sent home."""

    port: int
    fields: dict[str, str]
    answered: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    """Cookies that must grant nothing any more: the refusal was answered."""

    async def visit(self, luck: random.Random) -> None:
        """One visitor after the other."""
        while True:
            status, cookie = await self._choose("accept-all")
            if status == 303:
                self.answered.append(visitor_id(cookie))
                if luck.random() < 0.2:
                    status, _ = await self._choose("reject-all", cookie)
                    if status == 303:
                        self.withdrawn.append(cookie)
            await asyncio.sleep(0.05)

    async def _choose(self, action: str, cookie: str = "") -> tuple[int, str]:
        """The status, 0 where nobody answered, and the cookie that was set."""
        body = urlencode({**self.fields, "action": action})
        head = f"POST /_hb/choice HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n"
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        head += f"Cookie: hb={cookie}\r\n" if cookie else ""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(f"{head}\r\n{body}".encode())
                answer = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).decode("latin-1")
            finally:
                writer.close()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return 0, ""
        lines = answer.split("\r\n")
        set_ = [
            line.split("=", 1)[1].split(";")[0]
            for line in lines
            if line.lower().startswith("set-cookie: hb=")
        ]
        return int(answer[9:12]), set_[0] if set_ else ""


@dataclass
class Rounds:
    """The proxy, what may happen to it, and what is known for certain."""

    shop: Host
    origin: Origin
    crowd: Crowd
    server: Postgres | None
    folder: Path
    copies: int = 0
    spared_until: float = 0.0

    @property
    def faults(self) -> list[Callable[[], None]]:
        """What may happen in a round."""
        always = [self.killed, self.worker_killed]
        if self.server is None:
            return [*always, self.copied, self.log_away, self.disk_full]
        return [*always, self.server_killed, self.server_paused, self.gone_at_the_start]

    def is_ready(self) -> bool:
        """What ``readyz`` says."""
        try:
            return self.shop.proxy.fetch("/_hb/readyz").status == 200
        except OSError:
            return False

    def killed(self) -> None:
        """The whole group, as when the machine has no memory left."""
        os.killpg(self.shop.proxy.process.pid, signal.SIGKILL)
        self.shop.proxy.process.kill()
        self.shop.proxy.restart()

    def worker_killed(self) -> None:
        """One worker; the one that is started then is no worse.

        The server takes it for a loop, and ends, where a worker dies within 5.5 seconds of its start.
        """
        time.sleep(max(0.0, self.spared_until - time.monotonic()))
        self.spared_until = time.monotonic() + 10
        os.kill(children(self.shop.proxy.process.pid)[-1], signal.SIGKILL)

    def copied(self) -> None:
        """A copy while everybody writes is a log that holds."""
        self.copies += 1
        copy = self.folder / f"copy-{self.copies}"
        copy.mkdir()
        with (
            closing(sqlite3.connect(self.shop.proxy.data / "log.db")) as source,
            closing(sqlite3.connect(copy / "log.db")) as target,
        ):
            source.backup(target)
        done = holdback("log", "verify", "--data", str(copy))
        assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(copy)

    def log_away(self) -> None:
        """The file is renamed, and put back."""
        log = self.shop.proxy.data / "log.db"
        log.rename(log.with_name("away.db"))
        until(lambda: not self.is_ready(), "readyz that says no", 10)
        self.nothing_withdrawn_grants()
        log.with_name("away.db").rename(log)

    def disk_full(self) -> None:
        """No file grows any more, and then there is room again."""
        processes = [self.shop.proxy.process.pid, *children(self.shop.proxy.process.pid)]
        self._limit(processes, 0)
        until(lambda: not self.is_ready(), "readyz that says no", 30)
        self.nothing_withdrawn_grants()
        self._limit(processes, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(processes: list[int], most: int) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                resource.prlimit(process, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def server_killed(self) -> None:
        """PostgreSQL loses its power, and gets it back."""
        assert self.server is not None
        self.server.kill()
        until(lambda: not self.is_ready(), "readyz that says no", 30)
        self.nothing_withdrawn_grants()
        self.server.start()

    def server_paused(self) -> None:
        """It hangs for a moment, and goes on."""
        assert self.server is not None
        self.server.signal(signal.SIGSTOP)
        time.sleep(2)
        self.server.signal(signal.SIGCONT)

    def gone_at_the_start(self) -> None:
        """It is away while the proxy is stopped and started."""
        assert self.server is not None
        self.server.kill()
        self.shop.proxy.restart()
        assert not self.is_ready()
        self.nothing_withdrawn_grants()
        self.server.start()

    def nothing_withdrawn_grants(self) -> None:
        """Some of those who withdrew, the newest among them."""
        for cookie in self.crowd.withdrawn[-3:]:
            until(partial(self._is_served, cookie), "a page", 30)
            assert self.origin.last.get("x-holdback-purposes") == ""

    def _is_served(self, cookie: str) -> bool:
        """A visit whose connection was waiting for a worker that was killed is none."""
        try:
            return self.shop.proxy.fetch("/", [("Cookie", f"hb={cookie}")]).status == 200
        except OSError:
            return False


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def server(request: pytest.FixtureRequest) -> Iterator[Postgres | None]:
    with ExitStack() as stack:
        yield stack.enter_context(postgres_running()) if request.param == "PostgreSQL" else None


@pytest.mark.parametrize("many", [5, pytest.param(100, marks=pytest.mark.long)])
async def test_nothing_answered_is_missing_and_nothing_withdrawn_grants(
    server: Postgres | None, origin: Origin, tmp_path: Path, many: int
) -> None:
    seed = random.randrange(1 << 32)
    luck = random.Random(seed)
    print(f"seed {seed}")
    url = server.url("shop") if server is not None else ""
    with host(url, origin, tmp_path / "data", "--workers", "2") as shop:
        fields = choice_form(Visitor(shop.proxy).get().text).hidden
        rounds = Rounds(shop, origin, Crowd(shop.proxy.port, fields), server, tmp_path)
        visitors = [asyncio.create_task(rounds.crowd.visit(luck)) for _ in range(AT_ONCE)]
        try:
            for number in range(many):
                await asyncio.sleep(luck.random())
                fault = rounds.faults[number] if number < len(rounds.faults) else luck.choice(rounds.faults)
                print(f"{number}: {fault.__name__}, {len(rounds.crowd.answered)} answered")
                await asyncio.to_thread(fault)
                await asyncio.to_thread(
                    until, rounds.is_ready, f"a proxy that is ready after: {fault.__doc__}", 60
                )
                before = len(rounds.crowd.answered)
                await asyncio.to_thread(
                    until, lambda then=before: len(rounds.crowd.answered) > then, "a choice", 30
                )
                await asyncio.to_thread(rounds.nothing_withdrawn_grants)
        finally:
            for visitor in visitors:
                visitor.cancel()
            await asyncio.gather(*visitors, return_exceptions=True)
        shop.proxy.process.stop()
        recorded = {record["id"] for record in shop.records()}
        assert set(rounds.crowd.answered) <= recorded
        withdrawn = {record["id"] for record in shop.records() if record["kind"] == "withdrawal"}
        assert {visitor_id(cookie) for cookie in rounds.crowd.withdrawn} <= withdrawn
        shop.verifies()
