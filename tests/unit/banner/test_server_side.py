"""Whether what a server says of somebody may be kept: by their newest answers, wherever these are."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from holdback.banner.consent.recorded import Recorded
from holdback.banner.endpoints.context import Context
from holdback.banner.sdks.events import Told
from holdback.banner.sdks.server_side import ServerSide
from holdback.store.events.event import Event
from holdback.store.log.records import NewRecord
from holdback.store.store import Store

from tests.support.desk import counter

ONE, OTHER = "5b0c1b0e-0000-4000-8000-000000000001", "5b0c1b0e-0000-4000-8000-000000000002"


@dataclass
class Scene:
    """A store in which Ada was called so in two browsers, and has agreed in the first."""

    context: Context
    store: Store
    now: float = 1_790_000_000.0

    async def says(self, visitor: str, kind: str, *, analytics: bool) -> None:
        await self.store.ledger.append(NewRecord(visitor, kind, {"analytics": analytics}))

    async def kept(self, name: str = "ada", key: str = "") -> list[str | None]:
        """As whose what a server says of *name* is kept."""
        told = Told("bought", "", datetime.now(UTC), {}, person=name, aliases=(name,), key=key)
        return [one.visitor for one in await ServerSide(self.context, self.store.events).allowed([told])]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    with counter(tmp_path) as there:
        recorded = Recorded()
        recorded.heed(there.store.spool)
        scene = Scene(there.desk, there.store)
        scene.context = replace(
            there.desk, recorded=recorded, exempt=frozenset({"key of the orders"}), clock=lambda: scene.now
        )
        there.store.ledger._clock = lambda: scene.now
        await scene.says(ONE, "grant", analytics=True)
        for visitor in (ONE, OTHER):
            await there.store.events.add([Event("seen", visitor=visitor, aliases=("ada",))])
        recorded.follow(there.store.ledger)
        yield scene
        recorded.close()


async def test_who_has_agreed_and_nobody_else(scene: Scene) -> None:
    assert await scene.kept() == [ONE]
    assert await scene.kept("bob") == []
    assert await scene.kept("bob", "key of the orders") == [None]
    assert await scene.kept("ada", "key of the orders") == [None], "that key is not about anybody's agreement"


async def test_an_answer_counts_as_long_as_a_cookie(scene: Scene) -> None:
    scene.now += scene.context.lifetime
    assert await scene.kept() == [ONE]
    scene.now += 1
    assert await scene.kept() == []


@pytest.mark.parametrize(
    ("kind", "analytics", "still"),
    [
        ("withdrawal", False, False),
        ("partial", False, False),
        ("partial", True, True),
        ("refusal", False, False),
        ("signal", False, False),
        ("signal", True, True),
        ("expired", False, False),
        ("disclosed", False, True),
    ],
)
async def test_the_newest_answer_counts(scene: Scene, kind: str, analytics: bool, still: bool) -> None:
    scene.now += 1
    await scene.says(ONE, kind, analytics=analytics)
    assert await scene.kept() == ([ONE] if still else [])


async def test_a_browser_in_which_the_answer_has_ended_speaks_for_nobody(scene: Scene) -> None:
    await scene.says(OTHER, "refusal", analytics=False)
    assert await scene.kept() == []
    await scene.says(OTHER, "expired", analytics=False)
    assert await scene.kept() == [ONE]


async def test_a_refusal_that_waits_for_the_log_counts(scene: Scene) -> None:
    waiting = NewRecord(OTHER, "withdrawal", {"analytics": False})
    scene.store.spool.add({"record": asdict(waiting), "at": int(scene.now)})
    assert await scene.kept() == []


async def test_a_log_that_lost_records_bears_nothing_out(scene: Scene) -> None:
    scene.store.ledger.claim(1000)
    assert await scene.kept() == []
