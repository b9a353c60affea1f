"""Events in SQLite, PostgreSQL and ClickHouse: how many are kept a second, and how soon questions are answered.

    PYTHONPATH=. python benchmarks/events.py [--events 200000]

The same events, in the same batches, one engine after the other in one run. Durable means synced to the disk that holds
the temporary folder (set TMPDIR to choose it). ClickHouse is the library that its makers publish, behind a small HTTP
server of the suite's in Python, which it shares the machine with: a server of its own does better.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from holdback.store.events import figures
from holdback.store.events.event import Circumstances, Event
from holdback.store.events.figures import VIEW, Period
from holdback.store.events.tables import EventTables
from holdback.store.store import Store, StoreLocation

from tests.support.clickhouse import clickhouse_running
from tests.support.postgres import postgres_running

START = datetime(2026, 11, 1, tzinfo=UTC)
BATCH, AT_ONCE = 500, 32
VISITORS = [str(uuid.uuid4()) for _ in range(400)]
ROUNDS = 5


def event(number: int) -> Event:
    visitor = number % len(VISITORS)
    said = {"n": number, "$browser": "Chrome", "$screen_width": 1920, "title": "A page of the shop"}
    seen = Circumstances("news.test", "news", device="phone", country="DE")
    path, person = f"/shop/{number % 50}", f"customer {visitor}"
    moment = START + timedelta(seconds=number)
    return Event(VIEW, moment, said, VISITORS[visitor], path, f"posthog:{number}", person, (), seen)


async def fill(store: Store, events: list[Event]) -> float:
    """Events a second."""
    batches = [events[at : at + BATCH] for at in range(0, len(events), BATCH)]
    began = time.perf_counter()
    for at in range(0, len(batches), AT_ONCE):
        await asyncio.gather(*(store.events.add(batch) for batch in batches[at : at + AT_ONCE]))
    return len(events) / (time.perf_counter() - began)


def asked(question: Callable[[EventTables], object], where: StoreLocation) -> float:
    """Milliseconds, connection included, as a command takes them."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with where.reading_events() as tables:
            question(tables)
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    options = parser.parse_args()
    events = [event(number) for number in range(options.events)]
    since = int(START.timestamp() * 1000)
    period = Period(since, since + options.events * 1000)
    questions: dict[str, Callable[[EventTables], object]] = {
        "visits": lambda tables: figures.visits(tables, period),
        "top pages": lambda tables: figures.top(tables, period, "path", 20),
        "trend": lambda tables: figures.trend(tables, period, 3_600_000),
    }
    first = 0.0
    with ExitStack() as servers:
        places = {
            "SQLite": {},
            "PostgreSQL": {"url": servers.enter_context(postgres_running()).url("events")},
            "ClickHouse": {"events_url": servers.enter_context(clickhouse_running()).url},
        }
        for name, urls in places.items():
            with tempfile.TemporaryDirectory(prefix="holdback-bench-") as folder:
                where = StoreLocation(Path(folder), **urls)
                store = where.open()
                rate = asyncio.run(fill(store, events))
                first = first or rate
                answers = ", ".join(
                    f"{what} {asked(question, where):.0f} ms" for what, question in questions.items()
                )
                print(f"{name}: {rate:,.0f} events/s ({rate / first:.2f} of SQLite); {answers}", flush=True)
                store.close()


if __name__ == "__main__":
    main()
