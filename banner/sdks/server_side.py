"""What the site's own server says of people: it has no cookie of theirs, so the log is asked whether they agreed.

A person is known by what an SDK called them in a browser of somebody who had agreed. What is said of them is kept as
long as an answer of theirs stands that allows it, and none in any of their browsers refuses it. What is said of anybody
else is held, and counted. A key that the owner exempts is for what needs no consent, such as the shop's own orders.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from ...proxy.rules.model import Purpose
from ...store.events.events import Events
from ...store.log.answers import Answer
from ..endpoints.context import Context
from .events import Told

_OF_A_PAGE = ("cookie", "origin", "referer", "sec-fetch-site")


def is_server(request: Request) -> bool:
    """Whether no browser's page sent this.

    With what it posts a page says at least where it is (Fetch, "Origin"); where it may keep that to itself, a picture's
    address over plain HTTP, its browser still says what it is and in which languages. Node's own ``fetch`` says ``*``.
    """
    lines = request.headers
    return (
        not any(name in lines for name in _OF_A_PAGE)
        and not lines.get("user-agent", "").startswith("Mozilla/")
        and lines.get("accept-language", "*") == "*"
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that may be stored: ``visitor`` is the id of the person who has agreed, None where the key is exempt."""

    told: Told
    visitor: str | None


class ServerSide:
    """Tells which of a server's events may be stored."""

    def __init__(self, context: Context, events: Events) -> None:
        self._context = context
        self._events = events

    async def allowed(self, told: Sequence[Told]) -> list[Kept]:
        """Those of *told* that may be stored. Raises ``StoreUnavailable`` where that can't be told."""
        exempt = self._context.exempt
        asked = {name for one in told if one.key not in exempt for name in one.aliases}
        known = await self._known(asked) if asked else {}
        found = []
        for one in told:
            visitor = next((known[name] for name in one.aliases if name in known), None)
            if visitor is not None or one.key in exempt:
                found.append(Kept(one, visitor))
        return found

    async def _known(self, names: set[str]) -> dict[str, str]:
        """Of these *names* those whose person has agreed, and refuses nowhere: with the visitor who said so last."""
        recorded = self._context.recorded
        called = await asyncio.to_thread(self._events.visitors_of, names)
        visitors = {tag for tags in called.values() for tag in tags}
        if not visitors or recorded.in_doubt:
            return {}
        since_ms = int((self._context.clock() - self._context.lifetime) * 1000)
        answers = await self._context.ledger.answers(visitors, Purpose.ANALYTICS.value, since_ms)
        answers |= dict.fromkeys(recorded.refusing() & visitors, Answer("", allows=False))
        found = {}
        for name, tags in called.items():
            theirs = [answer for tag, answer in answers.items() if tag in tags]
            if theirs and all(answer.allows for answer in theirs):
                found[name] = theirs[0].id
        return found
