"""Passes events on to a PostHog of the owner's own, as long as their visitors agree: each at least once.

An event waits on the disk until it was acknowledged. Events of visitors who do not agree any more when their turn comes
are left out. A server that is away, or busy, or refuses, is asked again after a while that doubles, up to five minutes,
and ``holdback today`` says why nothing arrives.
"""

import asyncio
import gzip
import json
import logging
import os
import random
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ...store.engine.errors import StoreUnavailable
from ...store.events.outbox import LEASE, Outbox, Waiting
from ...store.keys.keyring import BadKeys
from ...store.log.ledger import Ledger
from ..rules.model import Purpose
from . import posthog

_EVERY = 1.0
"""Seconds between two looks for what waits."""
_MOST = 500
_PATIENCE = LEASE / 2
_LONGEST = 300.0
"""Seconds after which a server that did not take it is asked again, at most."""
_TOO_LARGE = 413

_log = logging.getLogger("holdback")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where events go: the address of a PostHog, and the key of its project."""

    url: str
    key: str


class Refused(Exception):
    """The destination did not take it. ``after`` is in how many seconds it wants to be asked again, if it said so."""

    def __init__(self, reason: str, status: int = 0, after: float = 0.0) -> None:
        super().__init__(reason)
        self.status = status
        self.after = after


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would be followed by a GET, and everything in it lost."""

    def redirect_request(self, *_arguments: object) -> None:
        """No."""


class Relay:
    """Passes on what is in *outbox* to *destination*, for whom *ledger* says that they agree since *lifetime* seconds
    at most."""

    def __init__(self, outbox: Outbox, destination: Destination, ledger: Ledger, lifetime: int) -> None:
        self._outbox = outbox
        self._to = destination
        self._ledger = ledger
        self._lifetime = lifetime
        self._opener = build_opener(_NoRedirects)
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._told = ""

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End; what was not acknowledged waits for whoever goes on."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            with suppress(StoreUnavailable):
                await asyncio.to_thread(self._outbox.leave)

    async def _run(self) -> None:
        while True:
            try:
                mine = await asyncio.to_thread(self._outbox.take)
                while mine and await self._step(_MOST):
                    mine = await asyncio.to_thread(self._outbox.take)
                pause = _EVERY if mine else LEASE / 4
                self._failures = 0
            except Refused as error:
                pause = await self._put_off(error)
            except (StoreUnavailable, BadKeys) as error:
                pause = self._later(0)
                self._tell(f"{error}")
            except Exception:
                # Whatever it was, the events are on the disk: who goes on later loses nothing, and who ends would.
                pause = self._later(0)
                _log.exception("events could not be passed on")
            await asyncio.sleep(pause)

    async def _step(self, most: int) -> bool:
        """Pass some on; False where nothing waits. Raises :class:`Refused`."""
        waiting = await asyncio.to_thread(self._outbox.waiting, most)
        if not waiting:
            return False
        allowed = await self._allowed(waiting)
        if allowed:
            try:
                await asyncio.to_thread(self._send, allowed)
            except Refused as error:
                if error.status != _TOO_LARGE or len(waiting) == 1:
                    raise
                return await self._step(len(waiting) // 2)
        await asyncio.to_thread(self._outbox.done, waiting[-1].number)
        self._told = ""
        return True

    async def _allowed(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Those of whom the newest answer still allows it. What is about nobody who was ever asked is among them."""
        visitors = {one.visitor for one in waiting if one.visitor}
        since_ms = int((time.time() - self._lifetime) * 1000)
        answers = await self._ledger.answers(visitors, Purpose.ANALYTICS.value, since_ms) if visitors else {}
        agreeing = {tag for tag, answer in answers.items() if answer.allows}
        return [
            one
            for one in waiting
            if "missing" not in one.said and (not one.visitor or one.visitor in agreeing)
        ]

    def _send(self, waiting: Sequence[Waiting]) -> None:
        events = [posthog.event(one.number, one.said) for one in waiting]
        body = gzip.compress(
            json.dumps(posthog.batch(self._to.key, events)).encode("utf-8", "surrogatepass"), 1
        )
        lines = {"Content-Type": "application/json", "Content-Encoding": "gzip", "User-Agent": "holdback"}
        request = Request(f"{self._to.url}/batch/", body, lines)  # noqa: S310 - a setting, which is one of HTTP
        try:
            with self._opener.open(request, timeout=_PATIENCE) as answer:
                answer.read()
        except HTTPError as error:
            after = error.headers.get("retry-after", "")
            error.close()
            wait = float(after) if after.isdecimal() else 0.0
            raise Refused(f"it answered {error.code} {error.reason}", error.code, wait) from None
        except (OSError, HTTPException) as error:
            raise Refused(f"it can't be reached: {getattr(error, 'reason', error)}") from None

    async def _put_off(self, error: Refused) -> float:
        trouble = f"events can't be passed on to {self._to.url}: {error}"
        self._tell(trouble)
        with suppress(StoreUnavailable):
            await asyncio.to_thread(self._outbox.failed, trouble)
        return self._later(error.after)

    def _later(self, asked: float) -> float:
        """In how many seconds to try again: not all processes of all hosts at the same moment."""
        self._failures += 1
        wait = min(2.0 ** min(self._failures, 10), _LONGEST)
        return min(max(asked, wait * random.uniform(0.5, 1.0)), 3600.0)  # noqa: S311 - nothing secret

    def _tell(self, trouble: str) -> None:
        if trouble != self._told:  # once, not with each try
            _log.warning("%s", trouble)
        self._told = trouble


def holder() -> str:
    """A name for this process, which no other has at the same time."""
    return f"{socket.gethostname()} {os.getpid()} {os.urandom(4).hex()}"
